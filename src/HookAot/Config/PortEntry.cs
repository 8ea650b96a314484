using System.Text.Json;
using HookAot.Model;

namespace HookAot.Config;

/// <summary>An entry of a port_map as text, and what such a text says.</summary>
internal static class PortEntry
{
    /// <summary>
    /// The shortest entry that says it; a plain TCP forward is a pair, as in the ancestor's own config.
    /// </summary>
    public static string Text(PortNotation port, Extras extras)
    {
        var guest = port.Guest ?? port.Public;
        var isTcpOnly = port.Protocols is [] or [Protocol.Tcp];
        if (isTcpOnly && extras.IsEmpty)
            return $"[{ConfigText.Quote($"{port.Public}")}, {ConfigText.Quote($"{guest}")}]";

        var keys = new List<string>
        {
            $"\"public\": {ConfigText.Quote($"{port.Public}")}",
            $"\"vm\": {ConfigText.Quote($"{guest}")}",
        };
        if (!isTcpOnly)
        {
            var protocols = string.Join('+', port.Protocols.Select(p => p.Name()));
            keys.Add($"\"protocol\": {ConfigText.Quote(protocols)}");
        }

        keys.AddRange(ConfigText.Keys(null, extras).Select(k => $"\"{k.Key}\": {k.Value}"));
        return $"{{ {string.Join(", ", keys)} }}";
    }

    /// <summary>What an entry says, however it is written; null if it says nothing that is understood.</summary>
    public static PortNotation? Read(JsonValue item)
    {
        var (publicValue, guestValue) = item.Type switch
        {
            JsonTokenType.StartArray when item.Items is [var first, var second] => (first, second),
            JsonTokenType.StartObject => (item.Member("public"), item.Member("vm") ?? item.Member("public")),
            _ => (item, item),
        };
        var protocol = item.Member("protocol") is { } names
            ? string.Join('+', names.OneOrMany.Select(n => n.Text))
            : "tcp";
        var text = $"{publicValue?.Text}:{guestValue?.Text}/{protocol}";
        return PortNotation.Parse(text, out var notation) is null ? notation : null;
    }

    /// <summary>Whether an entry says what is wanted; what the wish leaves open matches anything.</summary>
    public static bool Matches(PortNotation found, PortNotation wanted)
    {
        if (found.Public != wanted.Public) return false;
        if (wanted.Guest is { } guest && guest != found.Guest) return false;
        return wanted.Protocols.IsEmpty || wanted.Protocols.ToHashSet().SetEquals(found.Protocols);
    }
}
