using CsCheck;
using HookAot.Applets.Hookctrl;

namespace HookAot.Tests.Tables;

/// <summary>Tables, as wide as they need to be and no wider than the terminal.</summary>
public sealed class TableTests
{
    private static readonly Paint Plain = (text, _) => text;

    private static string Text(Table table, int? width) =>
        string.Join('\n', table.Head(width, Plain).Concat(table.Body(width, Plain)));

    private static Table Two()
    {
        var table = new Table("GUEST", "TO", "STATE");
        table.Add("web", "192.168.122.2:80 [fd00::2]:80", "active");
        table.Add("客人", "192.168.122.3:443", "not running");
        return table;
    }

    [Test]
    public async Task In_a_pipe_a_row_is_a_line() => await Assert.That(Text(Two(), null)).IsEqualTo("""
        GUEST  TO                             STATE
        web    192.168.122.2:80 [fd00::2]:80  active
        客人   192.168.122.3:443              not running
        """);

    [Test]
    public async Task On_a_narrow_terminal_a_cell_goes_on_in_its_column() =>
        await Assert.That(Text(Two(), 37)).IsEqualTo("""
            GUEST  TO                 STATE
            web    192.168.122.2:80   active
                   [fd00::2]:80
            客人   192.168.122.3:443  not running
            """);

    [Test]
    public async Task The_widest_column_gives_first() => await Assert.That(Text(Two(), 29)).IsEqualTo("""
        GUEST  TO          STATE
        web    192.168.    active
               122.2:80
               [fd00::2]:
               80
        客人   192.168.    not
               122.3:443   running
        """);

    [Test]
    public async Task No_line_is_wider_than_the_terminal()
    {
        string[] parts = ["a", "web-", "客", "🚀", " ", "192.168.0.1", "e\u0301", "\e[1m"];
        var cells = Gen.Int[0, parts.Length - 1].Select(i => parts[i]).Array[0, 12].Select(string.Concat).Array[6];
        Gen.Select(cells.Array[0, 5], Gen.Int[22, 100]).Sample((rows, width) =>
        {
            var table = new Table("GUEST", "PUBLIC", "PORT", "TO", "SOURCE", "STATE");
            foreach (var row in rows) table.Add(row);
            table.AddLine("  + ", string.Concat(rows.SelectMany(r => r)), Tone.Good);
            var tooWide = Text(table, width).Split('\n').Where(line => DisplayWidth.Of(line) > width).ToList();
            return tooWide.Count == 0 ? true : throw new InvalidOperationException(string.Join('|', tooWide));
        });
        await Assert.That(new Table("A").IsEmpty).IsTrue();
    }

    [Test]
    public async Task Only_the_words_of_a_cell_have_its_colour()
    {
        var table = new Table("GUEST", "STATE", "OPEN");
        table.Add(["web", "not running", "1"], 1, Tone.Bad);
        Paint marked = (text, tone) => tone == Tone.Bad ? $"<{text}>" : text;
        await Assert.That(string.Join('\n', table.Body(20, marked))).IsEqualTo("""
            web    <not>      1
                   <running>
            """);
    }

    [Test]
    public async Task What_comes_from_outside_is_made_printable()
    {
        var table = new Table("GUEST");
        table.Add("a\e[2Jb");
        table.AddLine("+ ", "c\nd", Tone.Plain);
        await Assert.That(Text(table, null)).IsEqualTo("GUEST\na\\u001b[2Jb\n+ c\\u000ad");
    }

    [Test]
    public async Task A_cell_of_a_great_length_does_not_push_the_others_in_a_pipe()
    {
        var table = new Table("WHAT", "GUEST");
        table.Add(new string('x', 500), "web");
        table.Add("start", "web");
        var lines = Text(table, null).Split('\n');
        await Assert.That(lines[1]).IsEqualTo(new string('x', 500) + "  web");
        await Assert.That(lines[2].Length).IsLessThan(80);
    }
}
