using System.Text;
using HookAot.Rules;

namespace HookAot.Backends;

/// <summary>
/// What a rule says to its reader: the guest, and behind a stroke what the forward is for, "web/the_wiki". A guest's
/// name has no stroke (libvirt's virDomainDefParseXML refuses it).
/// </summary>
internal static class RuleComment
{
    private const char Stroke = '/';

    // The kernel takes 255 bytes of iptables (XT_MAX_COMMENT_LEN), nft 128 for an element (NFTNL_UDATA_COMMENT_MAXLEN),
    // in which a range of ports has to find room besides.
    private const int MostOfGuest = 60, MostOfText = 50;

    /// <summary>The comment of a rule that translates.</summary>
    public static string Of(Translation translation) => translation.Comment is { } text
        ? $"{Guest(translation.Guest)}{Stroke}{Harmless(text, MostOfText)}"
        : Guest(translation.Guest);

    /// <summary>The comment of a rule that a guest needs.</summary>
    public static string Guest(string name) => Harmless(name, MostOfGuest);

    /// <summary>A translation with the words that its rule has for it, as a listing gives it back.</summary>
    public static Translation AsRead(Translation translation)
    {
        var (guest, text) = Parts(Of(translation));
        return translation with { Guest = guest, Comment = text };
    }

    /// <summary>The guest and the text of a comment; no text: null.</summary>
    public static (string Guest, string? Text) Parts(string comment)
    {
        var at = comment.IndexOf(Stroke, StringComparison.Ordinal);
        return at < 0 ? (comment, null) : (comment[..at], comment[(at + 1)..]);
    }

    // Anybody may have written it; everything that could mean something to a parser becomes "_".
    private static string Harmless(string text, int most)
    {
        if (text.Length <= most && IsHarmless(text)) return text;
        var harmless = new StringBuilder(text.Length);
        foreach (var c in text.AsSpan(0, Math.Min(text.Length, most)))
            harmless.Append(IsHarmless(c) ? c : '_');
        return harmless.ToString();
    }

    private static bool IsHarmless(string text)
    {
        foreach (var c in text)
            if (!IsHarmless(c)) return false;
        return true;
    }

    private static bool IsHarmless(char c) =>
        char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' or '+' or ':' or '@';
}
