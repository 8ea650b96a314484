using System.Text;
using System.Text.RegularExpressions;

namespace HookAot.Tests.Fuzz;

/// <summary>Inputs to begin with: the repository's own test data.</summary>
internal static partial class Seeds
{
    private const int MostBytes = 4096;

    /// <summary>Files of a folder of the tests.</summary>
    /// <param name="folder">Below tests/.</param>
    /// <param name="pattern">Such as *.json.</param>
    public static IEnumerable<byte[]> Files(string folder, string pattern)
    {
        var path = Repository.File("tests", folder);
        foreach (var file in Directory.EnumerateFiles(path, pattern).Order(StringComparer.Ordinal))
        {
            var content = File.ReadAllBytes(file);
            yield return content.Length > MostBytes ? content[..MostBytes] : content;
        }
    }

    /// <summary>Texts of three or more lines within the quotes of a test's source.</summary>
    /// <param name="sources">The sources, below tests/HookAot.Tests.</param>
    public static IEnumerable<byte[]> Texts(params string[] sources)
    {
        foreach (var source in sources)
        {
            var text = File.ReadAllText(Repository.File("tests", "HookAot.Tests", source));
            foreach (var match in RawText().Matches(text).Cast<Match>())
            {
                var content = Encoding.UTF8.GetBytes(Unindented(match.Groups[1].Value));
                if (content.Length is > 2 and <= MostBytes) yield return content;
            }
        }
    }

    private static string Unindented(string text)
    {
        var lines = text.Trim('\n').Split('\n');
        var filled = lines.Where(l => l.Trim().Length > 0).ToList();
        var indent = filled.Count == 0 ? 0 : filled.Min(l => l.Length - l.TrimStart().Length);
        return string.Join('\n', lines.Select(l => l.Length >= indent ? l[indent..] : l));
    }

    [GeneratedRegex("\"\"\"(.*?)\"\"\"", RegexOptions.Singleline)]
    private static partial Regex RawText();
}
