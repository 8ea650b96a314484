using HookAot.Host;

namespace HookAot.Applets.Hookctrl;

/// <summary>Prints what the log says, as a table or as JSON.</summary>
/// <param name="json">Whether JSON is wanted: an array, or with <paramref name="follow"/> an object a line.</param>
/// <param name="follow">Whether there is no end.</param>
/// <param name="guest">Only what is about this guest; null: everything.</param>
/// <param name="withHead">Whether the table has a head.</param>
internal sealed class LogPrinter(bool json, bool follow, string? guest, bool withHead)
{
    private readonly List<LogRow> rows = [];
    private readonly Table table = new("TIME", "WHAT", "GUEST");
    private bool hasHead = !withHead;

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
        table.Clear();
        foreach (var row in printed)
        {
            table.Add(LocalTime.Show(row.Seconds), What(row), string.Join(", ", row.Guest));
            foreach (var removed in row.Removed) table.AddLine("  - ", removed, Tone.Bad);
            foreach (var added in row.Added) table.AddLine("  + ", added, Tone.Good);
            if (row.More > 0) table.AddLine("    ", $"and {row.More} more", Tone.Plain);
        }

        Output.Write(table, !hasHead);
        hasHead = true;
    }

    private static string What(LogRow row)
    {
        var by = row.User is { } user ? $"{user}: " : "";
        // What a command did to the file and what to the kernel are two rows.
        var what = row.Kind == "config" ? row.Command : row.Event;
        return by + (what ?? row.Message);
    }
}
