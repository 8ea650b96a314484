using System.Text;

namespace HookAot.Model;

/// <summary>
/// Fields behind a sentence of the log, for programs: an SD-ELEMENT of RFC 5424, 6.3. 'hookctrl log' reads them, and so
/// does rsyslog (mmpstrucdata). <see cref="LoggedChange"/> has the way back.
/// </summary>
internal static class StructuredData
{
    /// <summary>32473 is the number of examples (RFC 5612): nobody else's program has it.</summary>
    public const string Begin = "[hookaot@32473";

    /// <summary>What was done.</summary>
    public const string Kind = "kind";

    /// <summary>A name for what is there since.</summary>
    public const string Added = "add";

    /// <summary>A name for what is gone since.</summary>
    public const string Removed = "del";

    /// <summary>How many of both were left away, since a line bears no more.</summary>
    public const string More = "more";

    // In bytes of UTF-8. rsyslog cuts a line at 8096 of them (runtime/glbl.c), tag and time included: a sentence, five
    // values of the greatest length and the names of all fields stay below that, and the element is whole.
    private const int MaxText = 1000, MaxElement = 6000;

    /// <summary>The sentence with its fields, printable, and short enough for a line of the log.</summary>
    /// <param name="sentence">For people.</param>
    /// <param name="fields">
    /// Names and values; a name may come more than once, and values are any text. Of <see cref="Added"/> and
    /// <see cref="Removed"/> only as many are taken as the line has room for, and the others are counted.
    /// </param>
    public static string Append(string sentence, IEnumerable<(string Name, string Value)> fields)
    {
        var text = new StringBuilder();
        AppendShort(text, sentence, escaped: "");
        text.Append(' ').Append(Begin);
        var room = MaxElement;
        var left = 0;
        foreach (var (name, value) in fields)
        {
            var isListed = name is Added or Removed;
            if (isListed && room <= 0)
            {
                left++;
                continue;
            }

            var start = text.Length;
            text.Append(' ').Append(name).Append("=\"");
            var bytes = AppendShort(text, value, "\"\\]") + name.Length + " =\"\"".Length;
            if (isListed && bytes > room)
            {
                text.Length = start;
                left++;
                room = 0; // what follows would stand there as if nothing were missing before it
                continue;
            }

            text.Append('"');
            room -= bytes;
        }

        if (left > 0) text.Append(' ').Append(More).Append("=\"").Append(left).Append('"');
        return text.Append(']').ToString();
    }

    /// <summary>Appends a text, cut where it is too long; a backslash goes before what needs one.</summary>
    /// <returns>How many bytes that is.</returns>
    private static int AppendShort(StringBuilder text, string value, string escaped)
    {
        var bytes = 0;
        var printable = Printable.Escape(value);
        if (IsPlain(printable, escaped))
        {
            text.Append(printable);
            return printable.Length;
        }

        Span<char> chars = stackalloc char[2];
        foreach (var rune in printable.EnumerateRunes())
        {
            if (bytes >= MaxText)
            {
                text.Append("...");
                return bytes + "...".Length;
            }

            if (rune.IsAscii && escaped.Contains((char)rune.Value, StringComparison.Ordinal))
            {
                text.Append('\\');
                bytes++;
            }

            text.Append(chars[..rune.EncodeToUtf16(chars)]);
            bytes += rune.Utf8SequenceLength;
        }

        return bytes;
    }

    private static bool IsPlain(string text, string escaped) =>
        text.Length <= MaxText && Ascii.IsValid(text) && text.AsSpan().IndexOfAny(escaped) < 0;
}
