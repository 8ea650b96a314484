using System.Buffers;
using System.Text;
using System.Text.Json;
using HookAot.Model;

namespace HookAot.Config;

/// <summary>A value of config.json that knows where it stands, for error messages.</summary>
internal sealed class JsonValue
{
    private readonly JsonValue? parent;
    private readonly string label;

    private JsonValue(JsonValue? parent, string label, JsonTokenType type, int start, int keyStart)
    {
        (this.parent, this.label, Type, Start, KeyStart) = (parent, label, type, start, keyStart);
    }

    /// <summary>StartObject, StartArray, String, Number, True, False or Null.</summary>
    public JsonTokenType Type { get; }

    /// <summary>Offset of the value's first byte.</summary>
    public int Start { get; }

    /// <summary>Offset of the key's first byte; the value's own where it has no key.</summary>
    public int KeyStart { get; }

    /// <summary>Offset after the value's last byte.</summary>
    public int End { get; private set; }

    /// <summary>The text of a string, unescaped, or of a number as it stands in the file.</summary>
    public string Text { get; private set; } = "";

    /// <summary>An object's members in the file's order, duplicates included.</summary>
    public List<(string Key, JsonValue Value)> Members { get; } = [];

    /// <summary>An array's items.</summary>
    public List<JsonValue> Items { get; } = [];

    /// <summary>Such as <c>$.machines.web.port_map[0]</c>; unusual keys stand in brackets.</summary>
    public string Path => parent is null ? "$" : parent.Path + label;

    /// <summary>A member of an object, the last one if there are several; null if there is none.</summary>
    public JsonValue? Member(string key) => Members.LastOrDefault(m => m.Key == key).Value;

    /// <summary>What the value is, for "found ..." in a message: cut and printable.</summary>
    public string Description => Type switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "a list",
        JsonTokenType.String => $"\"{Shown(Text)}\"",
        JsonTokenType.Number => Shown(Text),
        JsonTokenType.True => "true",
        JsonTokenType.False => "false",
        JsonTokenType.Null => "null",
        _ => "something else",
    };

    /// <summary>A text from the file as a message may show it: printable, and not longer than a message can bear.</summary>
    public static string Shown(string text) => Printable.Escape(text.Length > 60 ? text[..60] + "..." : text);

    private static readonly JsonReaderOptions Options = new() { AllowTrailingCommas = true, MaxDepth = 64 };

    /// <summary>Whether a file, with or without a byte order mark, is one JSON object from its beginning to its end.</summary>
    /// <exception cref="JsonException">No JSON.</exception>
    public static bool IsObject(ReadOnlySpan<byte> utf8)
    {
        var reader = new Utf8JsonReader(WithoutComments(utf8.StartsWith("\uFEFF"u8) ? utf8[3..] : utf8), Options);
        var isObject = reader.Read() && reader.TokenType == JsonTokenType.StartObject;
        while (reader.Read())
        {
            // Reading is what checks.
        }

        return isObject;
    }

    /// <summary>Reads a whole file.</summary>
    /// <exception cref="JsonException">No JSON. Line and byte position are 0-based.</exception>
    public static JsonValue Parse(ReadOnlySpan<byte> utf8)
    {
        var reader = new Utf8JsonReader(WithoutComments(utf8), Options);
        reader.Read();
        var root = Read(ref reader, null, "", (int)reader.TokenStartIndex);
        reader.Read(); // whatever follows the value throws here
        return root;
    }

    /// <summary>
    /// The file with blanks in place of comments, so that everything stands where it stood. Utf8JsonReader skips comments itself, but
    /// not between a key and its colon.
    /// </summary>
    private static ReadOnlySpan<byte> WithoutComments(ReadOnlySpan<byte> utf8)
    {
        if (utf8.IndexOf("//"u8) < 0 && utf8.IndexOf("/*"u8) < 0) return utf8;
        var text = utf8.ToArray();
        for (var at = 0; at < text.Length; at++)
        {
            var rest = text.AsSpan(at);
            if (text[at] == '"')
            {
                for (at++; at < text.Length && text[at] != '"'; at++)
                    if (text[at] == '\\') at++;
                continue;
            }

            var length = rest.StartsWith("//"u8) ? (rest.IndexOfAny("\r\n"u8) is var end and >= 0 ? end : rest.Length)
                : !rest.StartsWith("/*"u8) ? 0
                : rest[2..].IndexOf("*/"u8) is var inside and >= 0 ? inside + 4
                : throw new JsonException("the comment that begins here has no end", null, text.AsSpan(0, at).Count((byte)'\n'), at - text.AsSpan(0, at).LastIndexOf((byte)'\n') - 1);
            foreach (ref var c in rest[..length])
                if (c is not ((byte)'\r' or (byte)'\n')) c = (byte)' ';
            at += Math.Max(length - 1, 0);
        }

        return text;
    }

    private static JsonValue Read(ref Utf8JsonReader reader, JsonValue? parent, string label, int keyStart)
    {
        var value = new JsonValue(parent, label, reader.TokenType, (int)reader.TokenStartIndex, keyStart);
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
                {
                    var (key, start) = (String(ref reader), (int)reader.TokenStartIndex);
                    reader.Read();
                    value.Members.Add((key, Read(ref reader, value, Label(key), start)));
                }

                break;
            case JsonTokenType.StartArray:
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                    value.Items.Add(Read(ref reader, value, $"[{value.Items.Count}]", (int)reader.TokenStartIndex));
                break;
            case JsonTokenType.String:
                value.Text = String(ref reader);
                break;
            case JsonTokenType.Number:
                value.Text = Encoding.UTF8.GetString(reader.ValueSpan);
                break;
            default:
                break;
        }

        value.End = (int)reader.BytesConsumed;
        return value;
    }

    // "\ud800" alone is no text, and .NET says so with another exception.
    private static string String(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw new JsonException("a string with half a surrogate pair is not valid text");
        }
    }

    private static readonly SearchValues<char> PlainKey = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");

    private static string Label(string key) => key.Length > 0 && !key.AsSpan().ContainsAnyExcept(PlainKey) ? "." + key : $"[\"{Shown(key).Replace("\"", "\\\"", StringComparison.Ordinal)}\"]";
}
