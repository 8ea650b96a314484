using System.Text;

namespace HookAot.Model;

/// <summary>
/// A line of the log with the fields that <see cref="StructuredData"/> appended. Names in it are any text, and another
/// program may have written it: what is not exactly as we write it counts as a sentence.
/// </summary>
internal sealed class LoggedChange
{
    private readonly List<(string Name, string Value)> fields;

    private LoggedChange(string sentence, List<(string Name, string Value)> fields)
    {
        Sentence = sentence;
        this.fields = fields;
    }

    /// <summary>What stands before the fields, for people; all of the line if they are not whole.</summary>
    public string Sentence { get; }

    /// <summary>What was done: config, converge, repair, lease; empty if nobody knows.</summary>
    public string Kind => this[StructuredData.Kind] ?? "";

    /// <summary>The first value of a name; null if there is none.</summary>
    public string? this[string name]
    {
        get
        {
            foreach (var field in fields)
                if (field.Name == name) return field.Value;
            return null;
        }
    }

    /// <summary>All values of a name.</summary>
    public string[] All(string name)
    {
        var values = new List<string>();
        foreach (var field in fields)
            if (field.Name == name) values.Add(field.Value);
        return [.. values];
    }

    /// <summary>Reads what a program logged; null if nothing in it is an element of ours.</summary>
    /// <param name="text">The line, without its time and tag.</param>
    public static LoggedChange? Parse(string text)
    {
        var line = text.AsSpan().TrimEnd();

        // The element is the last thing in the line, and whole. One that a guest's name brings into the sentence has
        // text behind it, and within a value no quote, which each field needs, stands without a backslash.
        for (var end = line.Length; end > 0;)
        {
            var start = line[..end].LastIndexOf(StructuredData.Begin, StringComparison.Ordinal);
            if (start < 0) break;
            if (Read(line[(start + StructuredData.Begin.Length)..]) is { } fields)
                return new(line[..start].TrimEnd().ToString(), fields);
            end = start;
        }

        return line.Contains(StructuredData.Begin, StringComparison.Ordinal) ? new(line.ToString(), []) : null;
    }

    // *(SP name="value") "]" and the end. In values \" \\ and \] are the character itself, and any other backslash is
    // one (RFC 5424, 6.3.3): the log's own \u001b, for one.
    private static List<(string Name, string Value)>? Read(ReadOnlySpan<char> rest)
    {
        var fields = new List<(string Name, string Value)>();
        while (rest is [' ', .. var field])
        {
            var length = field.IndexOf('=');
            if (length <= 0 || !IsName(field[..length])) return null;
            var value = field[(length + 1)..];
            if (value is not ['"', ..]) return null;
            var end = ReadValue(value[1..], out var text);
            if (end < 0) return null;
            fields.Add((field[..length].ToString(), text));
            rest = value[(1 + end)..];
        }

        return rest is "]" && fields.Count > 0 ? fields : null;
    }

    /// <summary>Reads a value and the quote behind it.</summary>
    /// <returns>How many characters that is; -1: it has no end, or a bracket that would end the element.</returns>
    private static int ReadValue(ReadOnlySpan<char> rest, out string text)
    {
        var value = new StringBuilder();
        text = "";
        for (var i = 0; i < rest.Length; i++)
        {
            switch (rest[i])
            {
                case '"':
                    text = value.ToString();
                    return i + 1;
                case ']':
                    return -1;
                case '\\' when i + 1 < rest.Length && rest[i + 1] is '"' or '\\' or ']':
                    value.Append(rest[++i]);
                    break;
                default:
                    value.Append(rest[i]);
                    break;
            }
        }

        return -1;
    }

    private static bool IsName(ReadOnlySpan<char> name)
    {
        foreach (var c in name)
            if (!char.IsAsciiLetterLower(c)) return false;
        return true;
    }
}
