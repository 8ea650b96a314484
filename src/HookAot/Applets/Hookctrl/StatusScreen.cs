using HookAot.Host;
using HookAot.Model;

namespace HookAot.Applets.Hookctrl;

/// <summary>
/// status --watch on a terminal: a clock and the table's head stay at the top, what does not fit below is scrolled.
/// </summary>
internal sealed class StatusScreen : IDisposable
{
    private readonly ScreenTerminal terminal = new();
    private int first;

    /// <summary>What is shown.</summary>
    public StatusPage? Page { get; set; }

    /// <summary>What is to be said besides; null: nothing.</summary>
    public string? Warning { get; set; }

    /// <summary>What poll(2) finds readable when a key was pressed.</summary>
    public Libc.PollFd Keys => terminal.Keys;

    /// <summary>Shows it, with the time of now.</summary>
    public void Draw()
    {
        if (Page is not { } page) return;
        var (width, rows) = (Terminal.Columns ?? 80, Terminal.Rows);
        var title = $"{LocalTime.Show(LocalTime.Now)}  {page.Summary}; q ends it";
        List<string> top = [.. Wrapping.Lines(title, width), .. page.Table.Head(width, Output.Painted)];
        List<string> rest = [.. page.Table.Body(width, Output.Painted), .. page.Below(width, Output.Painted)];
        if (Warning is not null)
            rest.AddRange(Wrapping.Hanging("warning: ", Printable.Escape(Warning), width));
        terminal.Draw(Frame(top, rest, rows, ref first));
    }

    /// <summary>Does what the keys say that were pressed.</summary>
    /// <returns>Whether it is to end.</returns>
    public bool IsEnded()
    {
        var page = Math.Max(Terminal.Rows - 5, 1);
        foreach (var key in terminal.Read())
        {
            switch (key)
            {
                case Key.Quit: return true;
                case Key.Down: first++; break;
                case Key.Up: first--; break;
                case Key.PageDown: first += page; break;
                case Key.PageUp: first -= page; break;
                case Key.Home: first = 0; break;
            }
        }

        return false;
    }

    /// <summary>The lines that the terminal has room for.</summary>
    /// <param name="top">What is always there.</param>
    /// <param name="rest">What is scrolled.</param>
    /// <param name="rows">How many there is room for.</param>
    /// <param name="first">The first line of the rest that is shown; what it may be at most.</param>
    public static List<string> Frame(List<string> top, List<string> rest, int rows, ref int first)
    {
        var room = Math.Max(rows - top.Count, 0);
        List<string> frame = [.. top.Take(rows)];
        if (rest.Count <= room)
        {
            first = 0;
            frame.AddRange(rest);
            return frame;
        }

        // The last one says that there is more.
        var shown = Math.Max(room - 1, 0);
        first = Math.Clamp(first, 0, rest.Count - shown);
        frame.AddRange(rest.Skip(first).Take(shown));
        if (room > 0) frame.Add($"-- {first + 1} to {first + shown} of {rest.Count}; arrows, space, b --");
        return frame;
    }

    /// <inheritdoc/>
    public void Dispose() => terminal.Dispose();
}
