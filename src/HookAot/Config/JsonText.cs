using System.Text;
using System.Text.Json;

namespace HookAot.Config;

/// <summary>
/// The bytes of a JSON file with comments, and the places in them where values stand. New text takes the indentation and the line
/// ends of its neighbours; a container that was written on one line stays on one line.
/// </summary>
internal sealed class JsonText
{
    private readonly byte[] bytes;
    private readonly string newLine;

    /// <summary>Reads a file, with or without a byte order mark.</summary>
    /// <exception cref="JsonException">No JSON.</exception>
    public JsonText(byte[] file)
    {
        Mark = file.AsSpan().StartsWith("\uFEFF"u8) ? 3 : 0;
        prefix = file[..Mark];
        bytes = file[Mark..];
        newLine = bytes.AsSpan().IndexOf("\r\n"u8) >= 0 ? "\r\n" : "\n";
        Root = JsonValue.Parse(bytes);
    }

    private int Mark { get; }

    private readonly byte[] prefix;

    /// <summary>The whole file.</summary>
    public byte[] Whole => [.. prefix, .. bytes];

    /// <summary>The file's value.</summary>
    public JsonValue Root { get; }

    /// <summary>The file with a member set to a one-line value.</summary>
    public byte[] SetMember(JsonValue container, string key, string value) => container.Member(key) is { } old
        ? Splice((old.Start, old.End, value))
        : Insert(container, container.Members.Select(m => m.Value).LastOrDefault(), [$"{ConfigEditor.Quote(key)}: {value}"], inline: !IsMultiLine);

    /// <summary>The file with an entry added to "machines" or "networks", which is made where it is missing.</summary>
    public byte[] AddEntry(string group, string key, string[] value)
    {
        if (Root.Member(group) is { Type: JsonTokenType.StartObject } existing)
            return Insert(existing, existing.Members.Select(m => m.Value).LastOrDefault(), [$"{ConfigEditor.Quote(key)}: {value[0]}", .. value.Skip(1)], inline: !IsMultiLine);
        return new JsonText([.. prefix, .. new JsonText(SetMember(Root, group, "{}")).bytes]).AddEntry(group, key, value);
    }

    /// <summary>The file with an item added at the end of a list.</summary>
    public byte[] AddItem(JsonValue list, string item) => Insert(list, list.Items.LastOrDefault(), [item], inline: true);

    /// <summary>The file without a member or an item, and without the comma that it no longer needs.</summary>
    public byte[] Remove(JsonValue container, JsonValue entry)
    {
        var siblings = container.Type == JsonTokenType.StartArray ? container.Items : [.. container.Members.Select(m => m.Value)];
        var index = siblings.IndexOf(entry);
        var comma = CommaAfter(entry.End);
        var (start, end) = (entry.KeyStart, comma is { } c ? c + 1 : entry.End);
        var lineStart = LineStart(start);
        var ownLine = IsBlank(lineStart, start) && lineStart > container.Start;
        if (ownLine && AfterLineTail(end) is { } next && next <= container.End - 1)
        {
            // Its own lines, and a comment behind it, go as a whole.
            if (comma is not null || index == 0) return siblings.Count == 1 && IsBlank(container.Start + 1, lineStart) && IsBlank(next, container.End - 1)
                ? Splice((container.Start + 1, container.End - 1, ""))
                : Splice((lineStart, next, ""));
            var before = CommaAfter(siblings[index - 1].End)!.Value;
            return Splice((before, before + 1, ""), (lineStart, next, ""));
        }

        // Within a line: with the blanks that separate it from what follows, or from what came before.
        if (comma is not null && index < siblings.Count - 1) return Splice((start, siblings[index + 1].KeyStart, ""));
        return index == 0 ? Splice((start, end, "")) : Splice((siblings[index - 1].End, end, ""));
    }

    private bool IsMultiLine => bytes.AsSpan(Root.Start, Root.End - Root.Start).Contains((byte)'\n');

    private byte[] Insert(JsonValue container, JsonValue? last, string[] lines, bool inline)
    {
        if (last is null)
        {
            var inner = Indent(container.Start) + Unit;
            if (inline) return Splice((container.Start + 1, container.Start + 1, Inline(lines)));
            var closes = bytes.AsSpan(container.Start + 1, container.End - container.Start - 2).Contains((byte)'\n') ? "" : newLine + Indent(container.Start);
            return Splice((container.Start + 1, container.Start + 1, newLine + Lines(lines, inner) + closes));
        }

        var lineStart = LineStart(last.KeyStart);
        var ownLine = IsBlank(lineStart, last.KeyStart) && lineStart > container.Start;
        var comma = CommaAfter(last.End);
        if (!ownLine)
        {
            var at = comma is { } c ? c + 1 : last.End;
            return Splice((at, at, (comma is null ? ", " : " ") + Inline(lines) + (comma is null ? "" : ",")));
        }

        var indent = Encoding.UTF8.GetString(bytes, lineStart, last.KeyStart - lineStart);
        var text = Lines(lines, indent) + (comma is null ? "" : ",");
        var tail = AfterLineTail(comma is { } d ? d + 1 : last.End);
        // The line goes on with the closing bracket: the new text gets a line of its own before it.
        var (place, inserted) = tail is { } t && t <= container.End - 1 ? (t, text + newLine) : (comma + 1 ?? last.End, newLine + text);
        return comma is null && place != last.End ? Splice((last.End, last.End, ","), (place, place, inserted))
            : Splice((place, place, (comma is null ? "," : "") + inserted));
    }

    // "{", "}" and what stands between them, one level deeper; a tab before a line is another level.
    private string Lines(string[] lines, string indent) =>
        string.Join(newLine, lines.Select((line, i) => indent + (i > 0 && i < lines.Length - 1 ? Unit : "") + line.Replace("\t", Unit, StringComparison.Ordinal)));

    private static string Inline(string[] lines) => string.Join(' ', lines.Select(line => line.TrimStart('\t')));

    /// <summary>One level of indentation: that of the file's first member.</summary>
    private string Unit
    {
        get
        {
            if (Root.Members is not [var (_, first), ..]) return "    ";
            var lineStart = LineStart(first.KeyStart);
            return IsBlank(lineStart, first.KeyStart) && first.KeyStart > lineStart ? Encoding.UTF8.GetString(bytes, lineStart, first.KeyStart - lineStart) : "    ";
        }
    }

    /// <summary>The blanks at the beginning of the line in which a place is.</summary>
    private string Indent(int at)
    {
        var start = LineStart(at);
        var end = start;
        while (end < at && bytes[end] is (byte)' ' or (byte)'\t') end++;
        return Encoding.UTF8.GetString(bytes, start, end - start);
    }

    private int LineStart(int at) => bytes.AsSpan(0, at).LastIndexOf((byte)'\n') + 1;

    private bool IsBlank(int start, int end) => bytes.AsSpan(start, end - start).Trim(" \t\r\n"u8).IsEmpty;

    /// <summary>The comma after a value, past blanks and comments; null if the container ends first.</summary>
    private int? CommaAfter(int at)
    {
        while (true)
        {
            at = SkipComment(at);
            if (bytes[at] == ',') return at;
            if (bytes[at] is (byte)'}' or (byte)']') return null;
            at++;
        }
    }

    /// <summary>The beginning of the next line if nothing but blanks and comments stands before it; null otherwise.</summary>
    private int? AfterLineTail(int at)
    {
        while (at < bytes.Length)
        {
            var skipped = SkipComment(at);
            if (skipped != at && bytes.AsSpan(at, skipped - at).Contains((byte)'\n')) return null; // a comment that goes on below
            at = skipped;
            if (at >= bytes.Length) return null;
            if (bytes[at] == '\n') return at + 1;
            if (bytes[at] is not ((byte)' ' or (byte)'\t' or (byte)'\r')) return null;
            at++;
        }

        return null;
    }

    /// <summary>The place after a comment that begins here, its line end not included; the place itself if none begins.</summary>
    private int SkipComment(int at)
    {
        var rest = bytes.AsSpan(at);
        if (rest.StartsWith("//"u8)) return at + (rest.IndexOf((byte)'\n') is var end && end >= 0 ? end : rest.Length);
        return rest.StartsWith("/*"u8) ? at + rest.IndexOf("*/"u8) + 2 : at;
    }

    private byte[] Splice(params ReadOnlySpan<(int Start, int End, string Text)> changes)
    {
        var result = new List<byte>(bytes.Length + 256);
        result.AddRange(prefix);
        var at = 0;
        foreach (var (start, end, text) in changes)
        {
            result.AddRange(bytes.AsSpan(at, start - at));
            result.AddRange(Encoding.UTF8.GetBytes(text));
            at = end;
        }

        result.AddRange(bytes.AsSpan(at));
        return [.. result];
    }
}
