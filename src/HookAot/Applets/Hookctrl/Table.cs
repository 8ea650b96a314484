using System.Text;
using HookAot.Model;

namespace HookAot.Applets.Hookctrl;

/// <summary>
/// Rows in columns that are as wide as they need to be, and no wider than the terminal: what is too long for its column
/// goes on in the next line of it.
/// </summary>
/// <param name="head">What stands above the columns.</param>
internal sealed class Table(params string[] head)
{
    private const int Gap = 2;

    // One that is longer does not push the others' columns to the right.
    private const int WidestPadded = 70;

    private readonly int[] widths = [.. head.Select(DisplayWidth.Of)];
    private readonly List<Row> rows = [];

    /// <summary>Whether there is no row.</summary>
    public bool IsEmpty => rows.Count == 0;

    /// <summary>Adds a row.</summary>
    public void Add(params string[] cells) => Add(cells, toned: -1, Tone.Plain);

    /// <summary>Adds a row with a cell that has a tone.</summary>
    /// <param name="cells">The cells, which may come from anywhere: they are made printable.</param>
    /// <param name="toned">Which one.</param>
    /// <param name="tone">Its tone.</param>
    public void Add(string[] cells, int toned, Tone tone)
    {
        var printable = new string[cells.Length];
        for (var column = 0; column < cells.Length; column++)
        {
            printable[column] = Printable.Escape(cells[column]);
            widths[column] = Math.Max(widths[column], DisplayWidth.Of(printable[column]));
        }

        rows.Add(new(printable, toned, tone));
    }

    /// <summary>Adds a line below the last row, across all columns.</summary>
    /// <param name="mark">What it begins with.</param>
    /// <param name="text">The text, which is made printable.</param>
    /// <param name="tone">Its tone.</param>
    public void AddLine(string mark, string text, Tone tone) =>
        rows.Add(new([mark, Printable.Escape(text)], Row.Line, tone));

    /// <summary>Forgets the rows; the columns stay as wide as they are.</summary>
    public void Clear() => rows.Clear();

    /// <summary>The head's lines.</summary>
    /// <param name="width">How many columns the terminal has; null: it is none, and nothing is broken.</param>
    /// <param name="paint">Gives texts their colours.</param>
    public List<string> Head(int? width, Paint paint)
    {
        var lines = new List<string>();
        Print(new(head, Row.Whole, Tone.Head), Fitting(width), width is not null, paint, lines);
        return lines;
    }

    /// <summary>The rows' lines.</summary>
    public List<string> Body(int? width, Paint paint)
    {
        var lines = new List<string>();
        var fitting = Fitting(width);
        foreach (var row in rows)
        {
            if (row.Toned != Row.Line) Print(row, fitting, width is not null, paint, lines);
            else foreach (var line in Wrapping.Hanging(row.Cells[0], row.Cells[1], width))
                lines.Add(paint(line, row.Tone));
        }

        return lines;
    }

    /// <summary>
    /// The columns' widths, so that all of them fit: always the widest one gives, and only then what a head needs.
    /// </summary>
    private int[] Fitting(int? width)
    {
        var fitting = new int[widths.Length];
        var most = width ?? WidestPadded;
        var sum = Gap * (widths.Length - 1);
        for (var column = 0; column < widths.Length; column++)
            sum += fitting[column] = Math.Min(widths[column], most);

        for (; sum > width; sum--)
        {
            var widest = Widest(fitting, column => DisplayWidth.Of(head[column]));
            if (widest < 0) widest = Widest(fitting, _ => 2); // a wide character needs as many
            if (widest < 0) break;
            fitting[widest]--;
        }

        return fitting;
    }

    /// <summary>The widest column of those that are wider than they have to be; -1: none is.</summary>
    private static int Widest(int[] columns, Func<int, int> least)
    {
        var widest = -1;
        for (var column = 0; column < columns.Length; column++)
        {
            if (columns[column] <= least(column)) continue;
            if (widest < 0 || columns[column] > columns[widest]) widest = column;
        }

        return widest;
    }

    private static void Print(Row row, int[] widths, bool wraps, Paint paint, List<string> lines)
    {
        var height = 1;
        var broken = new IReadOnlyList<string>[widths.Length];
        for (var column = 0; column < widths.Length; column++)
        {
            broken[column] = Wrapping.Lines(row.Cells[column], wraps ? widths[column] : null);
            height = Math.Max(height, broken[column].Count);
        }

        for (var line = 0; line < height; line++)
        {
            var text = new StringBuilder();
            var spaces = 0;
            for (var column = 0; column < widths.Length; column++)
            {
                var part = line < broken[column].Count ? broken[column][line] : "";
                if (part.Length > 0)
                {
                    text.Append(' ', spaces).Append(paint(part, row.ToneOf(column)));
                    spaces = 0;
                }

                spaces += Math.Max(widths[column] - DisplayWidth.Of(part), 0) + Gap;
            }

            lines.Add(text.ToString());
        }
    }

    /// <summary>A row, or a line across all columns.</summary>
    private sealed class Row(string[] cells, int toned, Tone tone)
    {
        /// <summary>In the place of a column's number: all of the row has the tone, or it is a line.</summary>
        public const int Whole = -2, Line = -3;

        public string[] Cells => cells;

        public int Toned => toned;

        public Tone Tone => tone;

        public Tone ToneOf(int column) => toned == column || toned == Whole ? tone : Tone.Plain;
    }
}
