using System.Globalization;

namespace HookAot.Coverage;

/// <summary>What was counted, by line: one is covered if every statement that begins in it has run.</summary>
internal sealed class Report
{
    private readonly List<Line> lines;

    /// <summary>Reads it.</summary>
    /// <param name="statements">The file with the statements' places.</param>
    /// <param name="hits">The file with a byte for each statement.</param>
    public Report(string statements, string hits)
    {
        var counted = File.ReadAllBytes(hits);
        lines = [.. File.ReadAllLines(statements)
            .Select((text, i) => (Statement: Statement.Parse(text), HasRun: counted[i] != 0))
            .GroupBy(s => s.Statement)
            .Select(g => new Line(g.Key, g.Any(s => s.HasRun), g.All(s => s.HasRun)))
            .OrderBy(l => l.Place.File, StringComparer.Ordinal).ThenBy(l => l.Place.Line)];
    }

    /// <summary>The share of the lines that are covered, in percent, from 0 to 100.</summary>
    public double Percent => 100.0 * lines.Count(l => l.IsCovered) / lines.Count;

    /// <summary>A table with a row for each folder, and their sum.</summary>
    public IEnumerable<string> Table()
    {
        yield return $"{"",-24} {"lines",7} {"covered",7}";
        foreach (var folder in lines.GroupBy(l => Folder(l.Place.File)).OrderBy(g => g.Key, StringComparer.Ordinal))
            yield return Row(folder.Key, [.. folder]);
        yield return Row("all", lines);
    }

    /// <summary>
    /// The lines that are not covered, as FILE:LINE: TEXT. Where a part of it has run, "~" stands before the text.
    /// </summary>
    /// <param name="source">The folder src/HookAot.</param>
    public IEnumerable<string> Uncovered(string source)
    {
        foreach (var file in lines.Where(l => !l.IsCovered).GroupBy(l => l.Place.File))
        {
            var text = File.ReadAllLines(Path.Combine(source, file.Key));
            foreach (var line in file)
                yield return $"{line.Place}: {(line.HasBegun ? "~ " : "")}{text[line.Place.Line - 1].Trim()}";
        }
    }

    // Program.cs is in none.
    private static string Folder(string file) => Path.GetDirectoryName(file) is { Length: > 0 } folder ? folder : file;

    private static string Row(string name, List<Line> lines)
    {
        var covered = lines.Count(l => l.IsCovered);
        var percent = 100.0 * covered / lines.Count;
        return string.Create(
            CultureInfo.InvariantCulture, $"{name,-24} {lines.Count,7} {covered,7} {percent,6:0.0} %");
    }

    /// <param name="Place">Where it is.</param>
    /// <param name="HasBegun">Whether one of its statements has run.</param>
    /// <param name="IsCovered">Whether each of them has.</param>
    private sealed record Line(Statement Place, bool HasBegun, bool IsCovered);
}
