using HookAot.Backends;

namespace HookAot.Host;

/// <summary>
/// Who else on the host may drop or reject what we accept: an accept is final in its own base chain only (nft(8)).
/// </summary>
internal static class OtherFirewalls
{
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

    /// <summary>The base chains of nftables that are not iptables'; none where nft is not installed.</summary>
    public static IReadOnlyList<NftChain> BaseChains() =>
        [.. NftChain.Parse(Nft("list", "chains")).Where(chain => !chain.IsIptables)];

    /// <summary>
    /// Whether a chain stops translated connections on their way through the host. libvirt's own is not meant: the
    /// rules in it that let ours through are ours.
    /// </summary>
    public static bool Stops(NftChain chain) =>
        chain.Hook == "forward" && !chain.IsLibvirts && chain.Stops(List(chain.ToString()));

    /// <summary>What "nft list chain" says; empty if there is no such chain.</summary>
    /// <param name="chain">"inet firewalld filter_FORWARD".</param>
    public static string List(string chain) => Nft(["list", "chain", .. chain.Split(' ')]);

    /// <summary>What "nft -a list table" says; empty if there is no such table.</summary>
    public static string ListTable(string family, string table) => Nft("-a", "list", "table", family, table);

    private static string Nft(params string[] arguments)
    {
        const int MaxOutput = 16 * 1024 * 1024;
        const int Patience = 30_000;
        if (HostPaths.Nft is not { } nft) return "";
        var listed = Child.Run(nft, arguments, "", lockFd: -1, Deadline.In(Patience), MaxOutput);
        return listed.Succeeded ? listed.Output : "";
    }
}
