namespace HookAot.Backends;

/// <summary>A rule as "nft -a list" prints it, on a line.</summary>
internal static class NftRuleText
{
    private const string Mark = " # handle ";

    /// <summary>"accept" of "counter packets 1 bytes 60 accept # handle 7".</summary>
    public static string WithoutCounter(string line)
    {
        var words = new List<string>();
        var all = Split(line, out _).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        for (var i = 0; i < all.Length; i++)
        {
            if (all[i] != "counter") words.Add(all[i]);
            else if (i + 4 < all.Length && all[i + 1] == "packets") i += 4;
        }

        return string.Join(' ', words);
    }

    /// <summary>The rule without its handle.</summary>
    /// <param name="line">The line.</param>
    /// <param name="handle">By which nft deletes it; empty where it was not asked for.</param>
    public static string Split(string line, out string handle)
    {
        var mark = line.LastIndexOf(Mark, StringComparison.Ordinal);
        handle = mark < 0 ? "" : line[(mark + Mark.Length)..];
        return mark < 0 ? line : line[..mark];
    }
}
