using System.Text;
using CsCheck;
using HookAot.Config;

namespace HookAot.Tests.Config;

public class TextPositionsTests
{
    private static readonly string[] Pieces =
        ["a", "ü", "客", "😀", "\r", "\n", "\r\n", " ", "long enough to pass a mark "];

    /// <summary>Line and column of a character, counted from the beginning.</summary>
    private static (int Line, int Column) Counted(string text, int at)
    {
        var before = text[..at].Replace("\r\n", "\n", StringComparison.Ordinal);
        // A CR whose LF comes next has not ended its line yet.
        if (before.EndsWith('\r') && at < text.Length && text[at] == '\n') before = before[..^1] + " ";
        before = before.Replace('\r', '\n');
        return (before.Count(c => c == '\n') + 1, before.Length - before.LastIndexOf('\n'));
    }

    [Test]
    public async Task Every_place_is_the_one_that_is_counted_from_the_beginning_in_whatever_order_it_is_asked_for()
    {
        var texts = Gen.Int[0, Pieces.Length - 1].Select(i => Pieces[i]).Array[0, 2000].Select(p => string.Concat(p));
        Gen.Select(texts, Gen.Double[0, 1].Array[20]).Sample((text, places) =>
        {
            var positions = new TextPositions(Encoding.UTF8.GetBytes(text));
            foreach (var place in places)
            {
                var at = (int)(place * text.Length);
                if (at < text.Length && char.IsLowSurrogate(text[at])) continue;
                var offset = Encoding.UTF8.GetByteCount(text.AsSpan(0, at));
                if (positions.Of(offset) != Counted(text, at)) return false;
            }

            return true;
        }, iter: 300);
        await Assert.That(new TextPositions(Encoding.UTF8.GetBytes("a\rb\r\nc\nd")).Of(7)).IsEqualTo((4, 1));
        await Assert.That(new TextPositions(Encoding.UTF8.GetBytes("a\rb")).Of(99)).IsEqualTo((2, 2));
    }
}
