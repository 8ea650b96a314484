using System.Collections.Immutable;
using System.Net;
using System.Text.Encodings.Web;
using System.Text.Json;
using HookAot.Model;

namespace HookAot.Config;

/// <summary>Parts of config.json as text.</summary>
internal static class ConfigText
{
    /// <summary>A file that forwards nothing yet.</summary>
    public const string NewFile = "{\n    \"machines\": {},\n    \"networks\": {},\n    \"public_ip\": \"\"\n}\n";

    /// <summary>What a comment may be.</summary>
    public const string CommentForm = "a text of at most 256 characters, all of them printable";

    private const int LongestComment = 256;

    /// <summary>Whether a text may be a comment: it is shown in tables, and in terminals.</summary>
    public static bool IsComment(string text) => text.Length <= LongestComment && Printable.Escape(text) == text;

    /// <summary>A JSON string that reads as it was typed: only what JSON itself reserves is escaped.</summary>
    public static string Quote(string text) =>
        $"\"{JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\"";

    /// <summary>A value alone, a list of several, or what stands for none.</summary>
    public static string List<T>(ImmutableArray<T> values, string none) => values switch
    {
        [] => none,
        [var one] => Quote($"{one}"),
        var many => $"[{string.Join(", ", many.Select(v => Quote($"{v}")))}]",
    };

    /// <summary>The keys that are said, with their values, in the order in which they are written.</summary>
    public static IEnumerable<(string Key, string Value)> Keys(ImmutableArray<IPAddress>? addresses, Extras extras)
    {
        if (addresses is { } own) yield return ("private_ip", List(own, "[]"));
        if (extras.PublicAddresses is { } publics) yield return ("public_ip", List(publics, "\"\""));
        if (extras.Sources is { } sources) yield return ("source", List(sources, "[]"));
        if (extras.Interface is { } name) yield return ("interface", Quote(name));
        if (extras.Localhost is { } localhost) yield return ("localhost", Flag(localhost));
        if (extras.Snat is { } snat) yield return ("snat", Flag(snat));
        if (extras.Enabled is { } enabled) yield return ("enabled", Flag(enabled));
        if (extras.Until is { } until) yield return ("until", Quote(UtcTime.Text(until)));
        if (extras.Comment is { } comment) yield return ("comment", Quote(comment));
    }

    /// <summary>A network's value: its range, or an object where there is more to say.</summary>
    public static string Network(ConfigEdit.AddNetwork add) => add.Comment is null
        ? Quote($"{add.Range}")
        : $"{{ \"range\": {Quote($"{add.Range}")}, \"comment\": {Quote(add.Comment)} }}";

    /// <summary>true or false.</summary>
    public static string Flag(bool value) => value ? "true" : "false";

    /// <summary>A machine's entry; a tab before a line is a level of indentation.</summary>
    public static string[] Machine(ConfigEdit.AddMachine add)
    {
        var lines = new List<string> { "{" };
        ImmutableArray<IPAddress>? addresses = add.Addresses.IsEmpty ? null : add.Addresses;
        foreach (var (key, value) in Keys(addresses, add.Extras)) lines.Add($"\"{key}\": {value},");

        if (add.Ports.IsEmpty)
        {
            lines.Add("\"port_map\": []");
        }
        else
        {
            lines.Add("\"port_map\": [");
            foreach (var (port, extras) in add.Ports) lines.Add($"\t{PortEntry.Text(port, extras ?? Extras.None)},");
            lines[^1] = lines[^1][..^1];
            lines.Add("]");
        }

        lines.Add("}");
        return [.. lines];
    }
}
