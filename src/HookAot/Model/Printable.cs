using System.Globalization;
using System.Text;

namespace HookAot.Model;

/// <summary>Makes names that come from a config, an XML or a guest safe for a log line and a terminal.</summary>
internal static class Printable
{
    private const int ShownLength = 60;

    /// <summary>A text as a message may show it: printable, and not longer than a message can bear.</summary>
    public static string Shown(string text) =>
        Escape(text.Length > ShownLength ? text[..ShownLength] + "..." : text);

    /// <summary>
    /// Escapes control characters, line separators, bidirectional overrides and lone surrogates as \uXXXX (CWE-150: a
    /// guest named with an escape sequence must not drive the administrator's terminal). Everything else stays.
    /// </summary>
    public static string Escape(string text)
    {
        StringBuilder? escaped = null;
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (char.IsHighSurrogate(c) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
            {
                escaped?.Append(c).Append(text[i + 1]);
                i++;
                continue;
            }

            var category = char.GetUnicodeCategory(c);
            if (category is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator
                or UnicodeCategory.ParagraphSeparator or UnicodeCategory.Surrogate)
            {
                escaped ??= new StringBuilder(text, 0, i, text.Length + 16);
                escaped.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
            }
            else
            {
                escaped?.Append(c);
            }
        }

        return escaped?.ToString() ?? text;
    }
}
