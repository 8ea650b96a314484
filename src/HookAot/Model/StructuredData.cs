using System.Text;

namespace HookAot.Model;

/// <summary>
/// Fields behind a sentence of the log, for programs: an SD-ELEMENT of RFC 5424, 6.3. 'hookctrl log' reads them, and so
/// does rsyslog (mmpstrucdata).
/// </summary>
internal static class StructuredData
{
    /// <summary>32473 is the number of examples (RFC 5612): nobody else's program has it.</summary>
    public const string Begin = "[hookaot@32473";

    /// <summary>What was done.</summary>
    public const string Kind = "kind";

    /// <summary>A name for what is there since.</summary>
    public const string Added = "add";

    /// <summary>A name for what is gone since.</summary>
    public const string Removed = "del";

    /// <summary>The sentence with its fields.</summary>
    /// <param name="sentence">For people.</param>
    /// <param name="fields">Names and values; a name may come more than once, and values are any text.</param>
    public static string Append(string sentence, IEnumerable<(string Name, string Value)> fields)
    {
        var text = new StringBuilder(sentence).Append(' ').Append(Begin);
        foreach (var (name, value) in fields)
        {
            text.Append(' ').Append(name).Append("=\"");
            foreach (var character in value)
            {
                if (character is '"' or '\\' or ']') text.Append('\\');
                text.Append(character);
            }

            text.Append('"');
        }

        return text.Append(']').ToString();
    }
}
