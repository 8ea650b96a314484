using System.Text;
using CsCheck;
using HookAot.Applets.Hookctrl;

namespace HookAot.Tests.Tables;

/// <summary>How wide a text is on a terminal, and where it is broken.</summary>
public sealed class WrappingTests
{
    [Test]
    [Arguments("web", 3)]
    [Arguments("", 0)]
    [Arguments("客人", 4)]
    [Arguments("ゲスト", 6)]
    [Arguments("서버", 4)]
    [Arguments("\u1112\u1161\u11ab", 2)] // one syllable of three letters
    [Arguments("e\u0301te\u0301", 3)]
    [Arguments("🚀", 2)]
    [Arguments("mu\u0308ller 🚀", 9)]
    [Arguments("ｗｅｂ", 6)] // fullwidth
    [Arguments("ﾊﾝ", 2)] // halfwidth
    [Arguments("Ж→", 2)]
    [Arguments("𠀀", 2)]
    public async Task A_width_is_what_a_terminal_gives(string text, int width) =>
        await Assert.That(DisplayWidth.Of(text)).IsEqualTo(width);

    [Test]
    [Arguments("192.168.122.2:80 [fd00::2]:80", 16, "192.168.122.2:80|[fd00::2]:80")]
    [Arguments("192.168.122.2:8080", 15, "192.168.122.2:|8080")]
    [Arguments("a_guest_with_a_name", 10, "a_guest_|with_a_|name")]
    [Arguments("aguestwithaname", 6, "aguest|withan|ame")]
    [Arguments("客人的服务器", 5, "客人|的服|务器")]
    [Arguments("ab", 2, "ab")]
    [Arguments("full line", 4, "full|line")]
    [Arguments("e\u0301e\u0301e\u0301", 2, "e\u0301e\u0301|e\u0301")]
    public async Task A_text_is_broken_where_a_reader_would(string text, int width, string lines) =>
        await Assert.That(string.Join('|', Wrapping.Lines(text, width))).IsEqualTo(lines);

    [Test]
    public async Task No_line_is_too_wide_and_nothing_is_lost()
    {
        string[] letters = ["a", "b", " ", "-", ":", "客", "🚀", "e\u0301"];
        var texts = Gen.Int[0, letters.Length - 1].Select(i => letters[i]).Array[0, 60].Select(string.Concat);
        Gen.Select(texts, Gen.Int[2, 20]).Sample((text, width) =>
        {
            var lines = Wrapping.Lines(text, width);
            var fits = lines.All(line => DisplayWidth.Of(line) <= width);
            return fits && string.Concat(lines).Replace(" ", "", StringComparison.Ordinal)
                == text.Replace(" ", "", StringComparison.Ordinal);
        });
        await Assert.That(Wrapping.Lines("as long as it is", null)).IsEquivalentTo(["as long as it is"]);
    }

    [Test]
    public async Task The_lines_below_a_mark_begin_where_the_first_does() =>
        await Assert.That(Wrapping.Hanging("drift: ", "the jump is missing", 19).ToList())
            .IsEquivalentTo(["drift: the jump is", "       missing"]);

    [Test]
    public async Task A_lone_surrogate_has_the_width_of_what_stands_for_it() =>
        await Assert.That(DisplayWidth.Of(new string('\ud83d', 1))).IsEqualTo(DisplayWidth.Of(Rune.ReplacementChar));
}
