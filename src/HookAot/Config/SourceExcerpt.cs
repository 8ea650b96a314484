using System.Text;
using HookAot.Model;

namespace HookAot.Config;

/// <summary>The line of a file that a message is about, with a mark below its place.</summary>
internal static class SourceExcerpt
{
    private const int Widest = 72, Before = 40;

    /// <summary>Both lines, indented by four, without a line feed at the end; null if there is no such line.</summary>
    /// <param name="utf8">The file.</param>
    /// <param name="line">1-based.</param>
    /// <param name="column">1-based, in characters.</param>
    public static string? Of(ReadOnlySpan<byte> utf8, int line, int column)
    {
        if (line < 1 || column < 1) return null;
        var rest = utf8;
        for (var i = 1; i < line; i++)
        {
            var end = rest.IndexOf((byte)'\n');
            if (end < 0) return null;
            rest = rest[(end + 1)..];
        }

        var length = rest.IndexOf((byte)'\n');
        var text = Encoding.UTF8.GetString(length < 0 ? rest : rest[..length]).TrimEnd('\r').Replace('\t', ' ');
        var place = Math.Min(column - 1, text.Length);

        // Of a long line, such as a whole file in one, only what is around the place.
        var first = place > Widest ? place - Before : 0;
        var shown = text.AsSpan(first, Math.Min(Widest, text.Length - first)).ToString();
        var escapedBefore = Printable.Escape(shown[..Math.Min(place - first, shown.Length)]);
        return $"    {Printable.Escape(shown)}\n    {new string(' ', escapedBefore.Length)}^";
    }
}
