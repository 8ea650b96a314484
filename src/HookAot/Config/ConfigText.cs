using System.Collections.Immutable;
using System.Net;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace HookAot.Config;

/// <summary>Parts of config.json as text.</summary>
internal static class ConfigText
{
    /// <summary>A file that forwards nothing yet.</summary>
    public const string NewFile = "{\n    \"machines\": {},\n    \"networks\": {},\n    \"public_ip\": \"\"\n}\n";

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
    }

    /// <summary>true or false.</summary>
    public static string Flag(bool value) => value ? "true" : "false";

    /// <summary>A machine's entry; a tab before a line is a level of indentation.</summary>
    public static string[] Machine(ConfigEdit.AddMachine add)
    {
        var lines = new List<string> { "{" };
        ImmutableArray<IPAddress>? addresses = add.Addresses.IsEmpty ? null : add.Addresses;
        foreach (var (key, value) in Keys(addresses, add.Extras ?? Extras.None)) lines.Add($"\"{key}\": {value},");

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
