using System.Text;
using System.Text.Json;
using HookAot.Model;

namespace HookAot.Config;

/// <summary>What a value of config.json says, however it is spelled: two that say the same have one text.</summary>
internal static class Meaning
{
    /// <summary>
    /// A value, or a list's values with blanks between; empty for what is the default: nothing, false, and any address.
    /// </summary>
    public static string Of(JsonValue? value)
    {
        if (value is null) return "";
        var words = new List<string>();
        foreach (var item in value.OneOrMany)
            if (Word(item) is { Length: > 0 } word) words.Add(word);
        return string.Join(' ', words);
    }

    /// <summary>The same of a value's JSON text.</summary>
    public static string Of(string json) => Of(JsonValue.Parse(Encoding.UTF8.GetBytes(json)));

    private static string Word(JsonValue value)
    {
        if (value.Type == JsonTokenType.True) return "true";
        if (value.Type is not (JsonTokenType.String or JsonTokenType.Number)) return "";
        if (Addresses.TryParse(value.Text, out var address)) return address.IsAny() ? "" : $"{address}";
        if (Addresses.TryParseNetwork(value.Text, out var network)) return Network(network);
        return value.Text.ToLowerInvariant() switch
        {
            "true" => "true",
            "false" => "",
            _ => value.Text,
        };
    }

    // A network of one address is that address.
    private static string Network(System.Net.IPNetwork network) =>
        network.PrefixLength == (network.BaseAddress.IsIPv4() ? 32 : 128) ? $"{network.BaseAddress}" : $"{network}";
}
