using System.Globalization;
using System.Text;

namespace HookAot.Applets.Hookctrl;

/// <summary>How many columns of a terminal a text takes.</summary>
/// <remarks>
/// A character by itself, as wcwidth(3) counts: a terminal that joins several emoji to one leaves columns free, and
/// none is ever lacking.
/// </remarks>
internal static class DisplayWidth
{
    // Vowels and final consonants of Hangul stand in the syllable that their first consonant begins.
    private const int FirstJoined = 0x1160, LastJoined = 0x11ff;

    /// <summary>The width of a text without control characters.</summary>
    public static int Of(string text)
    {
        if (Ascii.IsValid(text)) return text.Length;
        var width = 0;
        foreach (var rune in text.EnumerateRunes()) width += Of(rune);
        return width;
    }

    /// <summary>The width of a character: 0, 1 or 2.</summary>
    public static int Of(Rune rune)
    {
        if (rune.IsAscii) return 1;
        if (rune.Value is >= FirstJoined and <= LastJoined) return 0;
        if (Rune.GetUnicodeCategory(rune) is
            UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format) return 0;
        return WideCharacters.Contain(rune.Value) ? 2 : 1;
    }
}
