using System.Text;

namespace HookAot.Config;

/// <summary>
/// Lines and columns of a text, both from 1, as an editor counts them: a line ends with LF, CRLF or a lone CR, and a
/// column is a character (a UTF-16 unit, as in .NET and in most editors).
/// </summary>
/// <remarks>
/// Asked in ascending order, it goes over the text once, whatever the number of questions. Asked backwards, it starts
/// at the nearest mark: a config of one long line with 100,000 mistakes is no reason to count 100,000 times from its
/// beginning.
/// </remarks>
internal sealed class TextPositions(ReadOnlyMemory<byte> utf8)
{
    private const int Step = 4096;

    private readonly record struct Place(int Offset, int Line, int Column);

    /// <summary>The places of the bytes 0, Step, 2 * Step ..., as far as was asked.</summary>
    private readonly List<Place> marks = [new(0, 1, 1)];

    private Place last = new(0, 1, 1);

    /// <summary>Line and column of a byte; past the end, those of the end.</summary>
    public (int Line, int Column) Of(int offset)
    {
        var goal = Math.Min(offset, utf8.Length);
        if (goal < last.Offset) last = marks[Math.Min(goal / Step, marks.Count - 1)];

        while (last.Offset < goal)
        {
            var nextMark = ((last.Offset / Step) + 1) * Step;
            last = Advance(last, Math.Min(goal, nextMark));
            if (last.Offset == marks.Count * Step) marks.Add(last);
        }

        return (last.Line, last.Column);
    }

    private Place Advance(Place from, int to)
    {
        var part = utf8.Span[from.Offset..to];
        if (Ascii.IsValid(part) && !part.Contains((byte)'\r'))
        {
            // Nearly every text: no byte has to be looked at by itself.
            var lastEnd = part.LastIndexOf((byte)'\n');
            return lastEnd < 0
                ? new(to, from.Line, from.Column + part.Length)
                : new(to, from.Line + part.Count((byte)'\n'), part.Length - lastEnd);
        }

        var (line, column) = (from.Line, from.Column);
        for (var at = from.Offset; at < to; at++)
        {
            if (EndsLine(utf8.Span, at)) (line, column) = (line + 1, 1);
            else column += Units(utf8.Span[at]);
        }

        return new(to, line, column);
    }

    /// <summary>Whether a byte is the last one of its line.</summary>
    private static bool EndsLine(ReadOnlySpan<byte> text, int at) => text[at] switch
    {
        (byte)'\n' => true,
        (byte)'\r' => at + 1 == text.Length || text[at + 1] != '\n',
        _ => false,
    };

    /// <summary>How many characters begin with a byte of UTF-8: two where .NET needs a surrogate pair.</summary>
    private static int Units(byte b) => b switch
    {
        >= 0x80 and < 0xC0 => 0,
        >= 0xF0 => 2,
        _ => 1,
    };
}
