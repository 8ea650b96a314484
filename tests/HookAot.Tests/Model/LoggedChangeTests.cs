using HookAot.Model;

namespace HookAot.Tests.Model;

/// <summary>What is appended to a sentence of the log is read again as it was, whatever is in it.</summary>
public sealed class LoggedChangeTests
{
    private const string Real = """[hookaot@32473 kind="converge" guest="web"]""";

    /// <summary>Texts that look like an element, its beginning or its end, or would be escaped.</summary>
    private static readonly string[] Hostile =
    [
        "",
        " ",
        "\"",
        "]",
        "\\",
        "\\\"",
        "\"]",
        "x\" kind=\"config",
        "[hookaot@32473",
        "[hookaot@32473 kind=\"config\"]",
        " [hookaot@32473 kind=",
        " kind=",
        "\" [hookaot@32473 kind=\"",
        "[hookaot@32473 kind=\"config\" a=\"",
        "web] [hookaot@32473 kind=\"config\" user=\"root\"",
        "Grüße, 世界 🖧",
    ];

    [Test]
    public async Task Hostile_texts_come_back_as_they_were_and_forge_nothing()
    {
        foreach (var sentence in Hostile)
            foreach (var first in Hostile)
                foreach (var second in Hostile)
                {
                    var line = StructuredData.Append(
                        sentence, [("kind", "converge"), ("guest", first), ("add", first), ("add", second)]);
                    var read = LoggedChange.Parse(line)!;
                    await Assert.That(read.Kind).IsEqualTo("converge").Because(line);
                    await Assert.That(read["guest"]).IsEqualTo(first).Because(line);
                    await Assert.That(read.All("add")).IsEquivalentTo([first, second]).Because(line);
                    await Assert.That(read.Sentence).IsEqualTo(sentence.TrimEnd()).Because(line);
                }
    }

    [Test]
    public async Task What_drives_a_terminal_is_not_in_the_line()
    {
        var line = StructuredData.Append("a\e[31m", [("guest", "b\n\u202e"), ("add", "\u0000")]);
        await Assert.That(line).IsEqualTo("""a\u001b[31m [hookaot@32473 guest="b\\u000a\\u202e" add="\\u0000"]""");
    }

    [Test]
    [Arguments("no element")]
    [Arguments("[hookaot@32474 kind=\"converge\"]")]
    [Arguments("")]
    public async Task A_line_of_another_kind_is_none(string line) =>
        await Assert.That(LoggedChange.Parse(line)).IsNull();

    [Test]
    [Arguments("""said [hookaot@32473 kind="config"] and more""")]
    [Arguments("""said [hookaot@32473 kind="config" add="web: 192.168""")]
    [Arguments("""said [hookaot@32473 kind="config" add="web""")]
    [Arguments("""said [hookaot@32473 kind="config" add=""")]
    [Arguments("""said [hookaot@32473 kind="config" """)]
    [Arguments("""said [hookaot@32473 kind="con]fig"]""")]
    [Arguments("""said [hookaot@32473 kind="config" "x"]""")]
    [Arguments("""said [hookaot@32473 kind="config"  user="x"]""")]
    [Arguments("""said [hookaot@32473 KIND="config"]""")]
    [Arguments("""said [hookaot@32473 kind="config\"]""")]
    [Arguments("""said [hookaot@32473kind="config"]""")]
    [Arguments("said [hookaot@32473]")]
    [Arguments("said [hookaot@32473")]
    public async Task An_element_that_is_not_whole_or_not_last_is_a_sentence(string line)
    {
        var read = LoggedChange.Parse(line)!;
        await Assert.That(read.Kind).IsEmpty();
        await Assert.That(read.Sentence).IsEqualTo(line.TrimEnd());
    }

    [Test]
    [Arguments("""[hookaot@32473 kind="config" user="root"] start: done""")]
    [Arguments("""[hookaot@32473 kind="config" user=" start: done""")]
    [Arguments("""[hookaot@32473 kind="config" user="root"]""")]
    public async Task The_last_element_counts(string guest)
    {
        var read = LoggedChange.Parse($"{guest} {Real}\n")!;
        await Assert.That(read.Kind).IsEqualTo("converge");
        await Assert.That(read["user"]).IsNull();
        await Assert.That(read.Sentence).IsEqualTo(guest);
    }

    [Test]
    public async Task A_line_that_is_cut_anywhere_is_never_read_as_something_else()
    {
        var line = StructuredData.Append(
            "web start: done", [("kind", "converge"), ("guest", "w\\]\"b"), ("add", Real), ("del", "x]")]);
        for (var length = 0; length < line.Length; length++)
            await Assert.That(LoggedChange.Parse(line[..length])?.Kind ?? "").IsEmpty().Because(line[..length]);
    }

    [Test]
    [Arguments(1)]
    [Arguments(3)]
    public async Task Long_lists_are_cut_and_counted_and_the_element_stays_whole(int bytes)
    {
        const int Most = 8096; // rsyslog's
        const string Head = "<30>Nov 24 20:17:35 libvirt-hook-network[4194304]: ";
        var letter = bytes == 1 ? "\"" : "世";
        var filler = string.Concat(Enumerable.Repeat(letter, 3000));
        var many = Enumerable.Range(1, 1000).Select(i => ("add", $"web: 192.168.0.166:{i}/tcp -> 192.168.122.2:{i}"));
        foreach (var name in new[] { "web", filler })
        {
            var line = StructuredData.Append(
                name,
                [("kind", "config"), ("user", name), ("command", name), ("guest", name), ("file", name), .. many]);
            var read = LoggedChange.Parse(line)!;
            var shown = read.All("add");
            await Assert.That(System.Text.Encoding.UTF8.GetByteCount(Head + line)).IsLessThan(Most);
            await Assert.That(read["more"]).IsEqualTo($"{1000 - shown.Length}");
            await Assert.That(shown).IsEquivalentTo(many.Take(shown.Length).Select(m => m.Item2));
        }

        await Assert.That(LoggedChange.Parse(StructuredData.Append("", many))!.All("add").Length).IsGreaterThan(90);
    }
}
