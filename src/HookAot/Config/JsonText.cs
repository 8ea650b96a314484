using System.Text;
using System.Text.Json;

namespace HookAot.Config;

/// <summary>
/// The bytes of a JSON file with comments, and the places in them where values stand. New text takes the indentation
/// and the line ends of its neighbours; a container that was written on one line stays on one line.
/// </summary>
internal sealed class JsonText
{
    private readonly byte[] mark;
    private readonly byte[] bytes;
    private readonly string newLine;

    /// <summary>Reads a file, with or without a byte order mark.</summary>
    /// <exception cref="JsonException">No JSON.</exception>
    public JsonText(byte[] file)
    {
        var content = JsonFile.WithoutMark(file);
        bytes = content.ToArray();
        mark = file[..(file.Length - bytes.Length)];
        newLine = LineEnd(bytes);
        Root = JsonValue.Parse(bytes);
    }

    /// <summary>The whole file.</summary>
    public byte[] Whole => [.. mark, .. bytes];

    /// <summary>The file's value.</summary>
    public JsonValue Root { get; }

    /// <summary>The file with a member set to a one-line value.</summary>
    public byte[] SetMember(JsonValue container, string key, string value)
    {
        if (container.Member(key) is { } old) return Splice((old.Start, old.End, value));
        return Insert(container, LastMember(container), [$"{ConfigText.Quote(key)}: {value}"], inline: !IsMultiLine);
    }

    /// <summary>The file with an entry added to "machines" or "networks", which is made where it is missing.</summary>
    public byte[] AddEntry(string group, string key, string[] value)
    {
        if (Root.Member(group) is { Type: JsonTokenType.StartObject } existing)
        {
            string[] lines = [$"{ConfigText.Quote(key)}: {value[0]}", .. value.Skip(1)];
            return Insert(existing, LastMember(existing), lines, inline: !IsMultiLine);
        }

        return new JsonText(SetMember(Root, group, "{}")).AddEntry(group, key, value);
    }

    /// <summary>The file with an item added at the end of a list.</summary>
    public byte[] AddItem(JsonValue list, string item) =>
        Insert(list, list.Items.LastOrDefault(), [item], inline: true);

    /// <summary>What a value is written as.</summary>
    public string Of(JsonValue value) => Encoding.UTF8.GetString(bytes, value.Start, value.End - value.Start);

    /// <summary>The file with another value in the place of one.</summary>
    public byte[] Replace(JsonValue old, string text) => Splice((old.Start, old.End, text));

    /// <summary>The file with an object in the place of a pair. What stands around the two values stays.</summary>
    /// <param name="pair">A list of two.</param>
    /// <param name="first">The key of the first.</param>
    /// <param name="second">The key of the second.</param>
    /// <param name="more">The members behind them.</param>
    public byte[] ReplacePair(JsonValue pair, string first, string second, string more)
    {
        var (one, two, end) = (pair.Items[0], pair.Items[1], pair.End - 1);
        return Splice(
            (pair.Start, pair.Start + 1, IsBlank(pair.Start + 1, pair.Start + 2) ? "{" : "{ "),
            (one.Start, one.Start, $"{ConfigText.Quote(first)}: "),
            (two.Start, two.Start, $"{(IsBlank(two.Start - 1, two.Start) ? "" : " ")}{ConfigText.Quote(second)}: "),
            (two.End, two.End, $", {more}"),
            (end, pair.End, IsBlank(end - 1, end) ? "}" : " }"));
    }

    /// <summary>The file with another key before a value.</summary>
    public byte[] Rename(JsonValue member, string key)
    {
        var end = JsonComments.ClosingQuote(bytes, member.KeyStart) + 1;
        return Splice((member.KeyStart, end, ConfigText.Quote(key)));
    }

    /// <summary>The file without a member or an item, and without the comma that it no longer needs.</summary>
    public byte[] Remove(JsonValue container, JsonValue entry)
    {
        var siblings = container.Type == JsonTokenType.StartArray
            ? container.Items
            : [.. container.Members.Select(m => m.Value)];
        var index = siblings.IndexOf(entry);
        var comma = CommaAfter(entry.End);
        var (start, end) = (entry.KeyStart, comma + 1 ?? entry.End);
        var lineStart = LineStart(start);
        var hasOwnLine = IsBlank(lineStart, start) && lineStart > container.Start;
        if (hasOwnLine && AfterLineTail(end) is { } next && next <= container.End - 1)
        {
            // Its own lines, and a comment behind it, go as a whole.
            if (comma is null && index > 0)
            {
                var before = CommaAfter(siblings[index - 1].End)!.Value;
                return Splice((before, before + 1, ""), (lineStart, next, ""));
            }

            var isAlone = siblings.Count == 1
                && IsBlank(container.Start + 1, lineStart)
                && IsBlank(next, container.End - 1);
            return isAlone ? Splice((container.Start + 1, container.End - 1, "")) : Splice((lineStart, next, ""));
        }

        // Within a line: with the blanks that separate it from what follows, or from what came before.
        var isFollowed = comma is not null && index < siblings.Count - 1;
        if (isFollowed) return Splice((start, siblings[index + 1].KeyStart, ""));
        return Splice((index == 0 ? start : siblings[index - 1].End, end, ""));
    }

    private static JsonValue? LastMember(JsonValue container) => container.Members.LastOrDefault().Value;

    /// <summary>
    /// How lines end in a text: with a lone CR only where there is no LF, since both together would be one line end.
    /// </summary>
    private static string LineEnd(ReadOnlySpan<byte> text)
    {
        if (text.IndexOf("\r\n"u8) >= 0) return "\r\n";
        return text.Contains((byte)'\r') && !text.Contains((byte)'\n') ? "\r" : "\n";
    }

    private bool IsMultiLine => HasLineEnd(Root.Start, Root.End);

    private bool HasLineEnd(int start, int end) =>
        bytes.AsSpan(start, end - start).ContainsAny((byte)'\r', (byte)'\n');

    private byte[] Insert(JsonValue container, JsonValue? last, string[] lines, bool inline)
    {
        if (last is null) return InsertFirst(container, lines, inline);

        var lineStart = LineStart(last.KeyStart);
        var hasOwnLine = IsBlank(lineStart, last.KeyStart) && lineStart > container.Start;
        var comma = CommaAfter(last.End);
        if (!hasOwnLine)
        {
            var at = comma + 1 ?? last.End;
            return Splice((at, at, comma is null ? $", {Inline(lines)}" : $" {Inline(lines)},"));
        }

        var indent = Encoding.UTF8.GetString(bytes, lineStart, last.KeyStart - lineStart);
        var text = Lines(lines, indent) + (comma is null ? "" : ",");
        var tail = AfterLineTail(comma + 1 ?? last.End);
        // Without a tail the line goes on with the closing bracket: the new text gets a line of its own before it.
        var (place, inserted) = tail is { } next && next <= container.End - 1
            ? (next, text + newLine)
            : (comma + 1 ?? last.End, newLine + text);
        if (comma is not null) return Splice((place, place, inserted));
        return place == last.End
            ? Splice((place, place, "," + inserted))
            : Splice((last.End, last.End, ","), (place, place, inserted));
    }

    private byte[] InsertFirst(JsonValue container, string[] lines, bool inline)
    {
        var at = container.Start + 1;
        if (inline) return Splice((at, at, Inline(lines)));
        var outer = Indent(container.Start);
        var closing = HasLineEnd(at, container.End - 1) ? "" : newLine + outer;
        return Splice((at, at, newLine + Lines(lines, outer + Unit) + closing));
    }

    // "{", "}" and what stands between them, one level deeper; a tab before a line is another level.
    private string Lines(string[] lines, string indent)
    {
        var text = new StringBuilder();
        for (var i = 0; i < lines.Length; i++)
        {
            var isInner = i > 0 && i < lines.Length - 1;
            if (i > 0) text.Append(newLine);
            text.Append(indent).Append(isInner ? Unit : "");
            text.Append(lines[i].Replace("\t", Unit, StringComparison.Ordinal));
        }

        return text.ToString();
    }

    private static string Inline(string[] lines) => string.Join(' ', lines.Select(line => line.TrimStart('\t')));

    /// <summary>One level of indentation: that of the file's first member.</summary>
    private string Unit
    {
        get
        {
            const string usual = "    ";
            if (Root.Members is not [var (_, first), ..]) return usual;
            var lineStart = LineStart(first.KeyStart);
            var isIndented = first.KeyStart > lineStart && IsBlank(lineStart, first.KeyStart);
            return isIndented ? Encoding.UTF8.GetString(bytes, lineStart, first.KeyStart - lineStart) : usual;
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

    private int LineStart(int at) => bytes.AsSpan(0, at).LastIndexOfAny((byte)'\r', (byte)'\n') + 1;

    private bool IsBlank(int start, int end) => bytes.AsSpan(start, end - start).Trim(" \t\r\n"u8).IsEmpty;

    /// <summary>The comma after a value, past blanks and comments; null if the container ends first.</summary>
    private int? CommaAfter(int at)
    {
        while (true)
        {
            at = SkipComments(at);
            if (bytes[at] == ',') return at;
            if (bytes[at] is (byte)'}' or (byte)']') return null;
            at++;
        }
    }

    /// <summary>
    /// The beginning of the next line if nothing but blanks and comments stands before it; null otherwise.
    /// </summary>
    private int? AfterLineTail(int at)
    {
        while (at < bytes.Length)
        {
            var skipped = SkipComments(at);
            if (HasLineEnd(at, skipped)) return null; // a comment that goes on below
            at = skipped;
            if (at >= bytes.Length) return null;
            if (bytes[at] == '\n') return at + 1;
            if (bytes[at] == '\r') return bytes.AsSpan(at).StartsWith("\r\n"u8) ? at + 2 : at + 1;
            if (bytes[at] is not ((byte)' ' or (byte)'\t')) return null;
            at++;
        }

        return null;
    }

    /// <summary>
    /// The place after the comments that begin here, one right behind the other, the line end not included; the place
    /// itself if none begins.
    /// </summary>
    private int SkipComments(int at)
    {
        while (JsonComments.Length(bytes.AsSpan(at)) is > 0 and var length) at += length;
        return at;
    }

    private byte[] Splice(params ReadOnlySpan<(int Start, int End, string Text)> changes)
    {
        var result = new List<byte>(bytes.Length + 256);
        result.AddRange(mark);
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
