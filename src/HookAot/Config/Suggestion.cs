namespace HookAot.Config;

/// <summary>"Did you mean ...?"</summary>
internal static class Suggestion
{
    private const int MaxDistance = 2;

    /// <summary>The known word nearest to a mistyped one; null if none is within two edits and shorter than the word itself.</summary>
    public static string? For(string word, IEnumerable<string> known) =>
        known.Select(k => (Known: k, Distance: Math.Abs(k.Length - word.Length) > MaxDistance ? int.MaxValue : Distance(word, k)))
            .Where(k => k.Distance <= MaxDistance && k.Distance < word.Length)
            .OrderBy(k => k.Distance)
            .Select(k => k.Known)
            .FirstOrDefault();

    /// <summary>Levenshtein's distance, one row at a time.</summary>
    private static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
                (diagonal, row[j]) = (row[j], Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)));
        }

        return row[b.Length];
    }
}
