using HookAot.Model;

namespace HookAot.Config;

/// <summary>"Did you mean ...?"</summary>
internal static class Suggestion
{
    private const int MaxDistance = 2;

    // A mistyped word is short. The time of a comparison grows with the product of both lengths: 15 s for 100,000
    // letters.
    private const int LongestWord = 256;

    /// <summary>
    /// The end of a message about a word that is not known: <c>; did you mean "web"?</c>, or nothing.
    /// </summary>
    /// <param name="word">What was written.</param>
    /// <param name="known">What could have been meant.</param>
    public static string Phrase(string word, IEnumerable<string> known) =>
        For(word, known) is { } near ? $"; did you mean \"{Printable.Shown(near)}\"?" : "";

    /// <summary>
    /// The known word nearest to a mistyped one; null if none is within two edits and shorter than the word itself, or
    /// the word is longer than any name.
    /// </summary>
    public static string? For(string word, IEnumerable<string> known)
    {
        if (word.Length > LongestWord) return null;

        string? nearest = null;
        var least = Math.Min(MaxDistance + 1, word.Length);
        foreach (var candidate in known)
        {
            if (Math.Abs(candidate.Length - word.Length) > MaxDistance) continue;
            var distance = Distance(word, candidate);
            if (distance >= least) continue;
            (nearest, least) = (candidate, distance);
        }

        return nearest;
    }

    /// <summary>Levenshtein's distance, one row at a time.</summary>
    private static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(Math.Min(row[j], row[j - 1]) + 1, replaced);
            }
        }

        return row[b.Length];
    }
}
