using System.Text.Json;

namespace HookAot.Config;

/// <summary>Comments in JSON: <c>//</c> to the end of the line (LF, CRLF or a lone CR) and <c>/* */</c>.</summary>
internal static class JsonComments
{
    /// <summary>How long the comment is that begins a text, without its line end; 0 if none begins there.</summary>
    /// <returns>-1 for a <c>/*</c> that never ends.</returns>
    public static int Length(ReadOnlySpan<byte> text)
    {
        if (text.StartsWith("//"u8))
        {
            var end = text.IndexOfAny((byte)'\r', (byte)'\n');
            return end < 0 ? text.Length : end;
        }

        if (!text.StartsWith("/*"u8)) return 0;
        var inside = text[2..].IndexOf("*/"u8);
        return inside < 0 ? -1 : inside + 4;
    }

    /// <summary>
    /// The file with blanks in place of comments, so that everything stands where it stood. Utf8JsonReader skips
    /// comments itself, but not between a key and its colon.
    /// </summary>
    /// <exception cref="JsonException">A comment never ends.</exception>
    public static ReadOnlySpan<byte> Blanked(ReadOnlySpan<byte> utf8)
    {
        if (utf8.IndexOf("//"u8) < 0 && utf8.IndexOf("/*"u8) < 0) return utf8;

        var text = utf8.ToArray();
        for (var at = 0; at < text.Length; at++)
        {
            if (text[at] == '"')
            {
                at = ClosingQuote(text, at);
                continue;
            }

            var rest = text.AsSpan(at);
            var length = Length(rest);
            if (length == 0) continue;
            if (length < 0) throw Mistake("the comment that begins here has no end", utf8, at);

            foreach (ref var c in rest[..length])
                if (c is not ((byte)'\r' or (byte)'\n')) c = (byte)' ';
            at += length - 1;
        }

        return text;
    }

    /// <summary>
    /// A mistake at a byte of a file, with line and byte as Utf8JsonReader counts them: from 0, by LF.
    /// </summary>
    public static JsonException Mistake(string message, ReadOnlySpan<byte> utf8, int at)
    {
        var before = utf8[..at];
        return new JsonException(message, null, before.Count((byte)'\n'), at - before.LastIndexOf((byte)'\n') - 1);
    }

    /// <summary>Where the string ends that begins at a quote.</summary>
    public static int ClosingQuote(byte[] text, int at)
    {
        for (at++; at < text.Length && text[at] != '"'; at++)
            if (text[at] == '\\') at++;
        return at;
    }
}
