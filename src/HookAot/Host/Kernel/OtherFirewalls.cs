using HookAot.Backends;

namespace HookAot.Host;

/// <summary>Who else on the host may drop or reject what we accept: an accept is final in its own base chain only (nft(8)).</summary>
internal static class OtherFirewalls
{
    private const string FirewalldConfig = "/etc/firewalld/firewalld.conf";

    // What iptables-nft makes.
    private static readonly string[] IptablesTables = ["filter", "nat", "mangle", "raw", "security"];

    /// <summary>A variant of iptables beside ours in which libvirt's rules are, while they are not in ours; null if there is none.</summary>
    public static string? LibvirtsIptables(HostPaths paths, IptablesListing ours)
    {
        const string Rejecting = "LIBVIRT_FWI";
        if (ours.Chain("filter", Rejecting) is not null || Path.GetDirectoryName(paths.Iptables) is not { } directory) return null;
        foreach (var variant in new[] { "iptables-legacy", "iptables-nft" })
        {
            var tool = Path.Combine(directory, variant);
            if (KernelRules.Read(paths with { Iptables = tool }, lockFd: -1, out _)?.Chain("filter", Rejecting) is not null) return tool;
        }

        return null;
    }

    /// <summary>The nftables chains at the forward hook that are not iptables'.</summary>
    public static IReadOnlyList<NftChain> ForwardChains() =>
        [.. NftChain.Parse(Nft("list", "chains")).Where(c => c.Hook == "forward" && !(c.Family is "ip" && IptablesTables.Contains(c.Table)))];

    /// <summary>Whether a chain drops translated connections: by its policy, and no rule of its own accepts them.</summary>
    public static bool Drops(NftChain chain) => chain.Drops
        && !Nft("list", "chain", chain.Family, chain.Table, chain.Name).Split('\n')
            .Any(l => l.Contains("ct status dnat", StringComparison.Ordinal) && l.Contains("accept", StringComparison.Ordinal));

    private static string Nft(params string[] arguments)
    {
        const int MaxOutput = 16 * 1024 * 1024;
        const int Patience = 30_000;
        if (HostPaths.Find("nft") is not { } nft) return "";
        var listed = Child.Run(nft, arguments, "", lockFd: -1, Deadline.In(Patience), MaxOutput);
        return listed.Succeeded ? listed.Output : "";
    }

    /// <summary>Whether firewalld drops what others translate (StrictForwardPorts, firewalld 2.3 and later).</summary>
    public static bool FirewalldIsStrict(IReadOnlyList<NftChain> forwarding)
    {
        try
        {
            return forwarding.Any(c => c.Table == "firewalld")
                && File.ReadLines(FirewalldConfig).Any(l => l.Replace(" ", "", StringComparison.Ordinal).Equals("StrictForwardPorts=yes", StringComparison.OrdinalIgnoreCase));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
