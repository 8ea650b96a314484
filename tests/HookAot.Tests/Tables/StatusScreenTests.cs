using HookAot.Applets.Hookctrl;
using HookAot.Host;

namespace HookAot.Tests.Tables;

/// <summary>status --watch: what a terminal shows of a table that is longer than it, and its keys.</summary>
public sealed class StatusScreenTests
{
    private static readonly List<string> Top = ["12:00:00", "GUEST"];

    private static List<string> Rows(int count) => [.. Enumerable.Range(1, count).Select(i => $"row {i}")];

    [Test]
    public async Task What_fits_is_all_there()
    {
        var first = 7;
        var frame = StatusScreen.Frame(Top, Rows(3), 5, ref first);
        await Assert.That(string.Join(',', frame)).IsEqualTo("12:00:00,GUEST,row 1,row 2,row 3");
        await Assert.That(first).IsEqualTo(0);
    }

    [Test]
    [Arguments(0, 0, "row 1,row 2,-- 1 to 2 of 9; arrows, space, b --")]
    [Arguments(3, 3, "row 4,row 5,-- 4 to 5 of 9; arrows, space, b --")]
    [Arguments(99, 7, "row 8,row 9,-- 8 to 9 of 9; arrows, space, b --")]
    [Arguments(-4, 0, "row 1,row 2,-- 1 to 2 of 9; arrows, space, b --")]
    public async Task The_head_stays_while_the_rest_is_scrolled(int asked, int shown, string rest)
    {
        var frame = StatusScreen.Frame(Top, Rows(9), 5, ref asked);
        await Assert.That(string.Join(',', frame)).IsEqualTo("12:00:00,GUEST," + rest);
        await Assert.That(asked).IsEqualTo(shown);
    }

    [Test]
    [Arguments(0, 0)]
    [Arguments(1, 1)]
    [Arguments(2, 2)]
    [Arguments(3, 3)]
    public async Task A_terminal_of_hardly_any_rows_gets_no_more_lines_than_it_has(int rows, int lines)
    {
        var first = 0;
        await Assert.That(StatusScreen.Frame(Top, Rows(9), rows, ref first).Count).IsEqualTo(lines);
    }

    [Test]
    public async Task Keys_are_read_one_by_one()
    {
        var keys = new List<Key>();
        for (ReadOnlySpan<byte> bytes = "x\e[A\eOB\e[5~\e[6~jkgb q"u8; !bytes.IsEmpty;)
            keys.Add(ScreenTerminal.Next(ref bytes));
        await Assert.That(string.Join(' ', keys))
            .IsEqualTo("Other Up Down PageUp PageDown Down Up Home PageUp PageDown Quit");
    }
}
