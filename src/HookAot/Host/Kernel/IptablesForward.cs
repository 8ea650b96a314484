using HookAot.Backends;

namespace HookAot.Host;

/// <summary>
/// What of iptables is in this network namespace, asked of the kernel: no process, and no answer that grows with the
/// rules of others.
/// </summary>
internal static class IptablesForward
{
    /// <summary>
    /// Whether FORWARD of iptables may stop what nftables translates: docker's and ufw's policy is DROP, and libvirt's
    /// LIBVIRT_FWI rejects. A chain in which nothing is stops nothing; one that cannot be read may, since an accept too
    /// many does no harm, and one that is taken out cuts guests off.
    /// </summary>
    /// <param name="ipv4">Whether iptables is asked about; else ip6tables.</param>
    public static bool MayStop(bool ipv4)
    {
        if (IsLegacyInUse(ipv4)) return true;

        var family = Family(ipv4);
        if (NfTables.Chains(family, "filter", out _) is not { } chains) return true;
        if (chains.FirstOrDefault(c => c.Name == "FORWARD") is not { } forward) return false;
        if (forward.Drops) return true;
        return NfTables.Rules(family, "filter", "FORWARD", out _) is not { } rules
            || rules.Any(r => r.JumpsTo is not { } chain || !IptablesLayout.IsOurs(chain));
    }

    /// <summary>The parts of ours that are there; null: the legacy variant does not tell.</summary>
    /// <param name="iptables">The path of iptables or ip6tables.</param>
    /// <param name="ipv4">Which of both it is.</param>
    public static HashSet<string>? Parts(string iptables, bool ipv4)
    {
        var parts = new HashSet<string>(StringComparer.Ordinal);
        if (!WritesNftables(iptables)) return IsLegacyInUse(ipv4) ? null : parts;

        foreach (var part in IptablesLayout.Parts(ipv4))
        {
            var chains = NfTables.Chains(Family(ipv4), part.Table, out var error);
            if (chains is null && error != 0) return null;
            if (chains is not { } known) continue;
            if (known.Any(c => part.AllChains.Contains(c.Name))) parts.Add(part.Name);
            if (known.Any(c => part.Blocks.Contains(c.Name))) parts.Add(IptablesLayout.WithBlocks);
        }

        return parts;
    }

    /// <summary>Whether tables of the legacy variant are in use (net/netfilter/x_tables.c).</summary>
    public static bool IsLegacyInUse(bool ipv4)
    {
        const int MaxBytes = 4096;
        var file = ipv4 ? "/proc/net/ip_tables_names" : "/proc/net/ip6_tables_names";
        return SmallFile.TryRead(file, MaxBytes) is { Length: > 0 };
    }

    private static string Family(bool ipv4) => ipv4 ? "ip" : "ip6";

    /// <summary>
    /// Whether an iptables writes to nf_tables, by its link's end: xtables-nft-multi, or xtables-legacy-multi. One that
    /// cannot be followed has written nothing.
    /// </summary>
    public static bool WritesNftables(string iptables)
    {
        try
        {
            var target = File.ResolveLinkTarget(iptables, returnFinalTarget: true);
            return !(target?.Name ?? iptables).Contains("legacy", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return true;
        }
    }
}
