using System.Text;

namespace HookAot.Applets.Hookctrl;

/// <summary>Breaks a text into lines that fit.</summary>
internal static class Wrapping
{
    /// <summary>
    /// The lines of a text. It is broken at spaces, else behind a mark that separates (an address, a name of several
    /// words), else anywhere. A combining mark stays with its letter.
    /// </summary>
    /// <param name="text">The text, without control characters.</param>
    /// <param name="width">How many columns a line has, at least 2; null: as many as it takes.</param>
    public static IReadOnlyList<string> Lines(string text, int? width)
    {
        if (width is not { } columns || DisplayWidth.Of(text) <= columns) return [text];

        var lines = new List<string>();
        while (text.Length > 0)
        {
            var end = End(text, columns);
            lines.Add(text[..end].TrimEnd(' '));
            text = text[end..].TrimStart(' ');
        }

        return lines;
    }

    /// <summary>A text below a mark: its other lines begin where its first one does.</summary>
    public static IEnumerable<string> Hanging(string mark, string text, int? width)
    {
        const int Narrowest = 10;
        var indent = DisplayWidth.Of(mark);
        var before = mark;
        foreach (var line in Lines(text, width is { } columns ? Math.Max(columns - indent, Narrowest) : null))
        {
            yield return (before + line).TrimEnd(' ');
            before = new string(' ', indent);
        }
    }

    /// <summary>Where the first line ends.</summary>
    private static int End(string text, int columns)
    {
        var (at, width, behindSpace, behindMark) = (0, 0, 0, 0);
        foreach (var rune in text.EnumerateRunes())
        {
            width += DisplayWidth.Of(rune);
            // A space at the end needs no column.
            if (width > columns && rune.Value != ' ')
            {
                if (behindSpace > 0) return behindSpace;
                // A short rest is no line of its own.
                if (behindMark > columns / 2) return behindMark;
                return at > 0 ? at : rune.Utf16SequenceLength;
            }

            at += rune.Utf16SequenceLength;
            if (rune.Value == ' ') behindSpace = at;
            else if (rune.Value is ',' or '.' or ':' or '/' or '-' or '_' or '+') behindMark = at;
        }

        return text.Length;
    }
}
