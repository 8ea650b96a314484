using HookAot.Backends;

namespace HookAot.Host;

/// <summary>
/// Who else on the host may drop or reject what we accept: an accept is final in its own base chain only (nft(8)).
/// </summary>
internal static class OtherFirewalls
{
    private const string FirewalldConfig = "/etc/firewalld/firewalld.conf";

    // What iptables-nft makes.
    private static readonly string[] IptablesTables = ["filter", "nat", "mangle", "raw", "security"];

    /// <summary>
    /// The variant of iptables that has libvirt's rules, while ours has none of them; null if there is none.
    /// </summary>
    public static string? LibvirtsIptables(HostPaths paths) =>
        OtherIptables.Read(paths) is { HasLibvirts: true } other && !OtherIptables.HasLibvirtsRules(paths.Iptables!)
            ? other.Tool
            : null;

    /// <summary>
    /// The variant of iptables, beside the one that we write to, in which rules of ours are; null if none.
    /// </summary>
    public static string? OursElsewhere(HostPaths paths, bool ipv4 = true) =>
        OtherIptables.Read(paths, ipv4) is { HasOurs: true } other ? other.Tool : null;

    /// <summary>Whether a chain is in libvirt's own table.</summary>
    public static bool IsLibvirts(NftChain chain) => chain.Table == "libvirt_network";

    /// <summary>
    /// The nftables chains at the forward hook that are not iptables'; none where nft is not installed.
    /// </summary>
    public static IReadOnlyList<NftChain> ForwardChains() => AtForwardHook(Nft("list", "chains") ?? "");

    /// <summary>
    /// Whether a chain drops translated connections: by its policy, and no rule of its own accepts them.
    /// </summary>
    public static bool Drops(NftChain chain)
    {
        if (!chain.Drops) return false;
        var rules = Nft("list", "chain", chain.Family, chain.Table, chain.Name) ?? "";
        return !rules.Split('\n').Any(AcceptsTranslated);
    }

    /// <summary>Whether firewalld drops what others translate (StrictForwardPorts, firewalld 2.3 and later).</summary>
    public static bool FirewalldIsStrict(IReadOnlyList<NftChain> forwarding)
    {
        if (!forwarding.Any(chain => chain.Table == "firewalld")) return false;
        try
        {
            return File.ReadLines(FirewalldConfig).Any(IsStrict);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static bool IsStrict(string line) => line.Replace(" ", "", StringComparison.Ordinal)
        .Equals("StrictForwardPorts=yes", StringComparison.OrdinalIgnoreCase);

    private static bool AcceptsTranslated(string rule) =>
        rule.Contains("ct status dnat", StringComparison.Ordinal) && rule.Contains("accept", StringComparison.Ordinal);

    private static List<NftChain> AtForwardHook(string listing) =>
        [.. NftChain.Parse(listing).Where(chain => chain.Hook == "forward" && !IsIptables(chain))];

    private static bool IsIptables(NftChain chain) => chain.Family == "ip" && IptablesTables.Contains(chain.Table);

    private static string? Nft(params string[] arguments)
    {
        const int MaxOutput = 16 * 1024 * 1024;
        const int Patience = 30_000;
        if (HostPaths.Find("nft") is not { } nft) return null;
        var listed = Child.Run(nft, arguments, "", lockFd: -1, Deadline.In(Patience), MaxOutput);
        return listed.Succeeded ? listed.Output : null;
    }
}
