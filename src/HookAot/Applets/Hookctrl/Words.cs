using System.Collections.Immutable;
using System.Net;
using HookAot.Config;
using HookAot.Model;

namespace HookAot.Applets.Hookctrl;

/// <summary>Reads words of the command line; what is wrong with one is said with the option's name, what was found and what is expected.</summary>
internal static class Words
{
    /// <summary>A name as a word of a command that somebody is told to run: whatever a shell would take for something else is quoted.</summary>
    public static string Quoted(string name) => name.Length > 0 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' or ':' or '/' or '+' or '@')
        ? name : $"'{Printable.Escape(name).Replace("'", "'\\''", StringComparison.Ordinal)}'";

    /// <summary>true or false, in the words that the ancestor took.</summary>
    public static bool? Bool(string option, string text, List<string> mistakes)
    {
        switch (text.ToLowerInvariant())
        {
            case "yes" or "true" or "t" or "y" or "1" or "on": return true;
            case "no" or "false" or "f" or "n" or "0" or "off": return false;
            default:
                mistakes.Add($"{option}: found '{JsonValue.Shown(text)}'; expected true or false");
                return null;
        }
    }

    /// <summary>An address.</summary>
    public static IPAddress? Address(string option, string text, List<string> mistakes)
    {
        if (Addresses.TryParse(text, out var address)) return address;
        mistakes.Add($"{option}: found '{JsonValue.Shown(text)}'; expected an address such as 192.168.122.2");
        return null;
    }

    /// <summary>The host's addresses; "" alone means every one.</summary>
    public static ImmutableArray<IPAddress>? PublicAddresses(string option, IReadOnlyList<string> texts, List<string> mistakes)
    {
        if (texts is [""] or ["any"] or ["0.0.0.0"]) return [];
        var addresses = texts.SelectMany(t => t.Split(',')).Select(t => Address(option, t, mistakes)).ToList();
        return addresses.Contains(null) ? null : [.. addresses.Select(a => a!)];
    }

    /// <summary>A network.</summary>
    public static IPNetwork? Network(string option, string text, List<string> mistakes)
    {
        if (Addresses.TryParseNetwork(text, out var network)) return network;
        mistakes.Add($"{option}: found '{JsonValue.Shown(text)}'; expected {(Addresses.SuggestNetwork(text) is { } meant ? $"{meant}" : "a network such as 192.168.122.0/24")}");
        return null;
    }

    /// <summary>A port or a range.</summary>
    public static PortRange? Ports(string option, string text, List<string> mistakes)
    {
        if (PortRange.TryParse(text, out var range)) return range;
        mistakes.Add($"{option}: found '{JsonValue.Shown(text)}'; expected a port from 1 to 65535, or a range 8000-8010");
        return null;
    }

    /// <summary>A forward.</summary>
    public static PortNotation? Port(string text, List<string> mistakes)
    {
        if (PortNotation.Parse(text, out var notation) is { } mistake) mistakes.Add(mistake);
        return notation;
    }

    /// <summary>The options that a machine and a forward share; null where one of them is wrong.</summary>
    public static Extras? Extras(string[]? publicIp, string[]? source, string? interfaceName, List<string> mistakes)
    {
        var before = mistakes.Count;
        var publics = publicIp is { Length: > 0 } ? PublicAddresses("--public-ip", publicIp, mistakes) : null;
        var sources = source is { Length: > 0 } ? source.SelectMany(s => s.Split(',')).Select(s => Network("--source", s, mistakes)).ToList() : null;
        if (interfaceName is not null && !InterfaceName.IsValid(interfaceName))
            mistakes.Add($"--interface: found '{JsonValue.Shown(interfaceName)}'; expected the name of a network interface, such as virbr0");
        return mistakes.Count > before ? null
            : new Extras(publics, sources is null ? null : [.. sources.Select(s => s!.Value)], interfaceName);
    }
}
