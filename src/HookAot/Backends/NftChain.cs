namespace HookAot.Backends;

/// <summary>A base chain as "nft list chains" prints it.</summary>
/// <param name="Family">ip, ip6, inet, ...</param>
/// <param name="Table">The table's name.</param>
/// <param name="Name">The chain's name.</param>
/// <param name="Hook">prerouting, forward, ...</param>
/// <param name="Drops">Whether its policy is drop.</param>
internal sealed record NftChain(string Family, string Table, string Name, string Hook, bool Drops)
{
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
}
