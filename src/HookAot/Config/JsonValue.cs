using System.Buffers;
using System.Text;
using System.Text.Json;
using HookAot.Model;

namespace HookAot.Config;

/// <summary>A value of a JSON file that knows where it stands, for error messages.</summary>
internal sealed class JsonValue
{
    // Most values are neither an object nor a list: they share one empty list, which is never changed.
    private static readonly List<(string Key, JsonValue Value)> NoMembers = [];
    private static readonly List<JsonValue> NoItems = [];

    private static readonly SearchValues<char> PlainKey =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");

    private static readonly JsonReaderOptions Options = new() { AllowTrailingCommas = true, MaxDepth = 64 };

    private readonly JsonValue? parent;
    private readonly string label;
    private string? path;

    private JsonValue(JsonValue? parent, string label, JsonTokenType type, int start, int keyStart)
    {
        (this.parent, this.label, Type, Start, KeyStart) = (parent, label, type, start, keyStart);
        if (type == JsonTokenType.StartObject) Members = [];
        if (type == JsonTokenType.StartArray) Items = [];
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
    public List<(string Key, JsonValue Value)> Members { get; } = NoMembers;

    /// <summary>An array's items.</summary>
    public List<JsonValue> Items { get; } = NoItems;

    /// <summary>Such as <c>$.machines.web.port_map[0]</c>; unusual keys stand in brackets.</summary>
    public string Path => path ??= parent is null ? "$" : parent.Path + label;

    /// <summary>A list's items, or the value itself: many keys take either.</summary>
    public IReadOnlyList<JsonValue> OneOrMany => Type == JsonTokenType.StartArray ? Items : [this];

    /// <summary>Whether it is a list without an item.</summary>
    public bool IsEmptyList => Type == JsonTokenType.StartArray && Items.Count == 0;

    /// <summary>A member of an object, the last one if there are several; null if there is none.</summary>
    public JsonValue? Member(string key) => Members.LastOrDefault(m => m.Key == key).Value;

    /// <summary>What the value is, for "found ..." in a message: cut and printable.</summary>
    public string Description => Type switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "a list",
        JsonTokenType.String => $"\"{Printable.Shown(Text)}\"",
        JsonTokenType.Number => Printable.Shown(Text),
        JsonTokenType.True => "true",
        JsonTokenType.False => "false",
        JsonTokenType.Null => "null",
        _ => "something else",
    };

    /// <summary>Reads a whole file.</summary>
    /// <exception cref="JsonException">No JSON. Line and byte position are 0-based, and lines end with LF.</exception>
    public static JsonValue Parse(ReadOnlySpan<byte> utf8)
    {
        var text = JsonComments.Blanked(utf8);
        var reader = new Utf8JsonReader(text, Options);
        reader.Read();
        var root = Read(ref reader, text, null, "", (int)reader.TokenStartIndex);
        reader.Read(); // what follows the value throws here
        return root;
    }

    private static JsonValue Read(
        ref Utf8JsonReader reader, ReadOnlySpan<byte> text, JsonValue? parent, string label, int keyStart)
    {
        var value = new JsonValue(parent, label, reader.TokenType, (int)reader.TokenStartIndex, keyStart);
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
                {
                    var (key, start) = (String(ref reader, text), (int)reader.TokenStartIndex);
                    reader.Read();
                    value.Members.Add((key, Read(ref reader, text, value, Label(key), start)));
                }

                break;
            case JsonTokenType.StartArray:
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    var index = $"[{value.Items.Count}]";
                    value.Items.Add(Read(ref reader, text, value, index, (int)reader.TokenStartIndex));
                }

                break;
            case JsonTokenType.String:
                value.Text = String(ref reader, text);
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
    private static string String(ref Utf8JsonReader reader, ReadOnlySpan<byte> text)
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            const string what = "a string with half a surrogate pair is not valid text";
            throw JsonComments.Mistake(what, text, (int)reader.TokenStartIndex);
        }
    }

    private static string Label(string key) => key.Length > 0 && !key.AsSpan().ContainsAnyExcept(PlainKey)
        ? "." + key
        : $"[\"{Printable.Shown(key).Replace("\"", "\\\"", StringComparison.Ordinal)}\"]";
}
