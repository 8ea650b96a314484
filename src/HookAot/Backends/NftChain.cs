namespace HookAot.Backends;

/// <summary>A base chain as "nft list chains" prints it.</summary>
/// <param name="Family">ip, ip6, inet, ...</param>
/// <param name="Table">The table's name.</param>
/// <param name="Name">The chain's name.</param>
/// <param name="Hook">prerouting, forward, ...</param>
/// <param name="Drops">Whether its policy is drop.</param>
internal sealed record NftChain(string Family, string Table, string Name, string Hook, bool Drops)
{
    // What iptables-nft makes.
    private static readonly string[] IptablesTables = ["filter", "nat", "mangle", "raw", "security"];

    /// <summary>Whether it is a chain of iptables or ip6tables.</summary>
    public bool IsIptables => Family is "ip" or "ip6" && IptablesTables.Contains(Table);

    /// <summary>Whether it is in libvirt's own table.</summary>
    public bool IsLibvirts => Table == NftLayout.LibvirtTable;

    /// <summary>Whether packets of a family go through it.</summary>
    public bool Sees(bool ipv4) => Family == "inet" || Family == (ipv4 ? "ip" : "ip6");

    /// <summary>"inet firewalld filter_FORWARD", as nft takes it.</summary>
    public override string ToString() => $"{Family} {Table} {Name}";

    /// <summary>
    /// Reads "table inet t { chain c { type filter hook forward priority filter; policy drop; } }", a part a line.
    /// </summary>
    public static IEnumerable<NftChain> Parse(string listing)
    {
        var (family, table, chain) = ("", "", "");
        foreach (var line in listing.Split('\n', StringSplitOptions.TrimEntries))
        {
            var words = line.TrimEnd(';').Split(' ');
            if (words is ["table", var f, var t, ..]) (family, table) = (f, t);
            else if (words is ["chain", var c, ..]) chain = c;
            else if (words is ["type", _, "hook", var hook, ..])
            {
                var drops = line.Contains("policy drop", StringComparison.Ordinal);
                yield return new(family, table, chain, hook, drops);
            }
        }
    }

    /// <summary>
    /// Whether what was translated is stopped by this chain and its rules: by its policy, or by a last rule for all
    /// packets, while no rule accepts it by being translated.
    /// </summary>
    /// <param name="listing">The chain as "nft list chain" prints it.</param>
    public bool Stops(string listing)
    {
        var stops = Drops;
        foreach (var line in listing.Split('\n', StringSplitOptions.TrimEntries))
        {
            var rule = NftRuleText.WithoutCounter(line);
            if (rule.Contains("ct status dnat", StringComparison.Ordinal)
                && rule.EndsWith(" accept", StringComparison.Ordinal)) return false;
            if (rule == "drop" || rule.StartsWith("reject", StringComparison.Ordinal)) stops = true;
        }

        return stops;
    }
}
