using System.Text;
using HookAot.Host;
using HookAot.Model;

namespace HookAot.Applets.Hookctrl;

/// <summary>Prints what the log says, as a table or as JSON.</summary>
/// <param name="json">Whether JSON is wanted: an array, or with <paramref name="follow"/> an object a line.</param>
/// <param name="follow">Whether there is no end.</param>
/// <param name="guest">Only what is about this guest; null: everything.</param>
internal sealed class LogPrinter(bool json, bool follow, string? guest)
{
    private const int TimeWidth = 19, WidestWhat = 70;

    private readonly List<LogRow> rows = [];
    private int widestWhat = "WHAT".Length;
    private bool hasHead;

    /// <summary>Whether there was nothing to print so far.</summary>
    public bool IsEmpty { get; private set; } = true;

    /// <summary>Takes a line of the log.</summary>
    public void Add(LogLine line)
    {
        if (LogRows.Of(line) is not { } row || (guest is not null && !LogRows.IsAbout(row, guest))) return;
        // Several files may have lines of one time; those of one are in order already.
        var place = rows.Count;
        while (place > 0 && rows[place - 1].Seconds > row.Seconds) place--;
        rows.Insert(place, row);
        IsEmpty = false;
    }

    /// <summary>Prints what was taken, the oldest first.</summary>
    public void Flush()
    {
        LogRow[] sorted = [.. rows];
        rows.Clear();
        if (json && follow) foreach (var row in sorted) HookctrlJson.WriteLine(row);
        else if (json) HookctrlJson.Write(sorted);
        else Print(sorted);
    }

    private void Print(LogRow[] printed)
    {
        if (printed.Length == 0) return;
        foreach (var row in printed) widestWhat = Math.Clamp(What(row).Length, widestWhat, WidestWhat);
        var text = new StringBuilder();
        var title = $"{"TIME",-TimeWidth}  {"WHAT".PadRight(widestWhat)}  GUEST";
        if (!hasHead) text.Append(Output.Bold(title)).Append('\n');
        hasHead = true;
        foreach (var row in printed)
        {
            var names = Printable.Escape(string.Join(", ", row.Guest));
            var head = $"{LocalTime.Show(row.Seconds),-TimeWidth}  {What(row).PadRight(widestWhat)}  {names}";
            text.Append(head.TrimEnd()).Append('\n');
            foreach (var removed in row.Removed) text.Append(Output.Red(Line('-', removed))).Append('\n');
            foreach (var added in row.Added) text.Append(Output.Green(Line('+', added))).Append('\n');
            if (row.More > 0) text.Append($"    and {row.More} more\n");
        }

        Output.Write(text.ToString());
    }

    private static string Line(char mark, string text) => $"  {mark} {Printable.Escape(text)}";

    private static string What(LogRow row)
    {
        var by = row.User is { } user ? $"{user}: " : "";
        // What a command did to the file and what to the kernel are two rows.
        var what = row.Kind == "config" ? row.Command : row.Event;
        return Printable.Escape(by + (what ?? row.Message));
    }
}
