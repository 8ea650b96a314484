using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using HookAot.Model;

namespace HookAot.Config;

/// <summary>A JSON file that a person wrote.</summary>
internal static class JsonFile
{
    /// <summary>The content without the byte order mark, if there is one.</summary>
    public static ReadOnlyMemory<byte> WithoutMark(ReadOnlyMemory<byte> utf8) =>
        utf8.Span.StartsWith("\uFEFF"u8) ? utf8[3..] : utf8;

    /// <summary>Reads one. Comments and trailing commas are allowed.</summary>
    /// <param name="utf8">Its content, without a byte order mark.</param>
    /// <param name="file">Its name, for the message.</param>
    /// <param name="expected">What an empty file lacks.</param>
    /// <param name="mistake">Why it cannot be read; null if it can.</param>
    public static JsonValue? Parse(ReadOnlyMemory<byte> utf8, string file, string expected, out Diagnostic? mistake)
    {
        mistake = null;
        var text = utf8.Span;
        if (!Utf8.IsValid(text))
        {
            mistake = At(FirstInvalid(text), "not UTF-8 text; save the file as UTF-8");
            return null;
        }

        if (text.Trim(" \t\r\n"u8).IsEmpty)
        {
            mistake = new(Severity.Error, file, 0, 0, "", $"the file is empty; expected an object, {expected}");
            return null;
        }

        try
        {
            return JsonValue.Parse(text);
        }
        catch (JsonException e)
        {
            // Message: "'x' is invalid after a value. ... LineNumber: 2 | BytePositionInLine: 4." Both are 0-based.
            var words = e.Message.Split(" LineNumber:")[0].Split(" Path:")[0];
            var offset = Offset(text, e.LineNumber ?? 0, e.BytePositionInLine ?? 0);
            var hint = IsNextValue(words) ? "; a comma missing?" : "";
            mistake = At(offset, $"not valid JSON: {Printable.Escape(words)}{hint}");
            return null;
        }

        Diagnostic At(int offset, string message)
        {
            var (line, column) = new TextPositions(utf8).Of(offset);
            return new(Severity.Error, file, line, column, "", message);
        }
    }

    /// <summary>Whether what surprises behind a value begins another one: "'{' is invalid after a value".</summary>
    private static bool IsNextValue(string words) =>
        words.Contains("is invalid after a value", StringComparison.Ordinal)
        && words is [_, '"' or '{' or '[' or '-' or (>= '0' and <= '9'), ..];

    /// <summary>The byte that a <see cref="JsonException"/> means: it counts lines by LF only.</summary>
    private static int Offset(ReadOnlySpan<byte> utf8, long line, long byteInLine)
    {
        var start = 0;
        for (var i = 0L; i < line; i++) start += utf8[start..].IndexOf((byte)'\n') + 1;
        return (int)Math.Min(start + byteInLine, utf8.Length);
    }

    private static int FirstInvalid(ReadOnlySpan<byte> bytes)
    {
        var offset = 0;
        while (offset < bytes.Length
            && Rune.DecodeFromUtf8(bytes[offset..], out _, out var length) == OperationStatus.Done) offset += length;
        return offset;
    }
}
