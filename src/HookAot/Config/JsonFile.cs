using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using HookAot.Model;

namespace HookAot.Config;

/// <summary>A JSON file that a person wrote, and places in it as that person counts them.</summary>
internal static class JsonFile
{
    /// <summary>Reads one. Comments and trailing commas are allowed.</summary>
    /// <param name="utf8">Its content, without a byte order mark.</param>
    /// <param name="file">Its name, for the message.</param>
    /// <param name="expected">What an empty file lacks.</param>
    /// <param name="mistake">Why it cannot be read; null if it can.</param>
    public static JsonValue? Parse(ReadOnlySpan<byte> utf8, string file, string expected, out Diagnostic? mistake)
    {
        mistake = null;
        if (!Utf8.IsValid(utf8))
        {
            mistake = At(FirstInvalid(utf8), utf8, "not UTF-8 text; save the file as UTF-8");
            return null;
        }

        if (utf8.Trim(" \t\r\n"u8).IsEmpty)
        {
            mistake = new(Severity.Error, file, 0, 0, "", $"the file is empty; expected an object, {expected}");
            return null;
        }

        try
        {
            return JsonValue.Parse(utf8);
        }
        catch (JsonException e)
        {
            // Message: "'x' is invalid after a value. ... LineNumber: 2 | BytePositionInLine: 4." Both are 0-based.
            var words = e.Message.Split(" LineNumber:")[0].Split(" Path:")[0];
            mistake = At(Offset(utf8, e.LineNumber ?? 0, e.BytePositionInLine ?? 0), utf8, $"not valid JSON: {Printable.Escape(words)}");
            return null;
        }

        Diagnostic At(int offset, ReadOnlySpan<byte> text, string message)
        {
            var (line, column) = Position(text, offset);
            return new(Severity.Error, file, line, column, "", message);
        }
    }

    /// <summary>Line and column of a byte, both from 1; columns in characters.</summary>
    public static (int Line, int Column) Position(ReadOnlySpan<byte> utf8, int offset)
    {
        var before = utf8[..Math.Min(offset, utf8.Length)];
        var lineStart = before.LastIndexOf((byte)'\n') + 1;
        return (before.Count((byte)'\n') + 1, Encoding.UTF8.GetCharCount(before[lineStart..]) + 1);
    }

    private static int Offset(ReadOnlySpan<byte> utf8, long line, long byteInLine)
    {
        var start = 0;
        for (var i = 0L; i < line; i++) start += utf8[start..].IndexOf((byte)'\n') + 1;
        return (int)Math.Min(start + byteInLine, utf8.Length);
    }

    private static int FirstInvalid(ReadOnlySpan<byte> bytes)
    {
        var offset = 0;
        while (offset < bytes.Length && Rune.DecodeFromUtf8(bytes[offset..], out _, out var length) == OperationStatus.Done) offset += length;
        return offset;
    }
}
