using System.Net;
using HookAot.Model;
using HookAot.Rules;

namespace HookAot.Backends;

/// <summary>A rule in iptables' own words, read.</summary>
internal static class IptablesRule
{
    /// <summary>
    /// A rule as iptables-save prints it: addresses with their prefix length, without what matches
    /// everything and without quotes.
    /// </summary>
    public static string Canonical(string rule)
    {
        var words = rule.Replace("\"", "", StringComparison.Ordinal).Split(' ').ToList();
        for (var i = words.Count - 2; i >= 0; i--)
        {
            if (words[i] is not ("-s" or "-d")) continue;
            if (words[i + 1] is "0.0.0.0/0" or "::/0") words.RemoveRange(i, 2);
            else if (!words[i + 1].Contains('/', StringComparison.Ordinal)) words[i + 1] = Whole(words[i + 1]);
        }

        return string.Join(' ', words);
    }

    /// <summary>A rule without "-A CHAIN ".</summary>
    public static string WithoutChain(string rule) => rule[(rule.IndexOf(' ', "-A ".Length) + 1)..];

    private static string Whole(string address) =>
        address.Contains(':', StringComparison.Ordinal) ? $"{address}/128" : $"{address}/32";

    /// <summary>Whether a rule jumps or goes to a chain.</summary>
    public static bool LeadsTo(string rule, string chain)
    {
        var words = rule.Split(' ');
        return After(words, "-j") == chain || After(words, "-g") == chain;
    }

    /// <summary>What a rule of ours translates; null if it does not translate, or not as we write it.</summary>
    public static Translation? Translation(string rule)
    {
        var words = rule.Split(' ');
        if (After(words, "--to-destination") is not { } destination) return null;
        if (!ProtocolNames.TryParse(After(words, "-p") ?? "", out var protocol)) return null;
        if (!PortRange.TryParse((After(words, "--dport") ?? "").Replace(':', '-'), out var ports)) return null;

        // "192.0.2.1", "192.0.2.1:80", "2001:db8::1", "[2001:db8::1]:80"; the port may be "80-90/8080".
        var isBare = Addresses.TryParse(destination, out var target);
        var colon = isBare ? -1 : destination.LastIndexOf(':');
        if (!isBare && colon < 0) return null;
        if (!isBare && !Addresses.TryParse(destination[..colon].Trim('[', ']'), out target)) return null;
        var targetPorts = ports;
        if (colon >= 0 && !PortRange.TryParse(destination[(colon + 1)..].Split('/')[0], out targetPorts)) return null;

        IPNetwork? source = null;
        if (After(words, "-s") is { } from)
        {
            if (!Addresses.TryParseNetwork(from, out var network)) return null;
            source = network;
        }

        IPAddress? address = null;
        if (After(words, "-d")?.Split('/')[0] is { } to && !Addresses.TryParse(to, out address)) return null;
        var (guest, comment) = RuleComment.Parts(After(words, "--comment")?.Trim('"') ?? "");
        return new(guest, address, protocol, ports, source, target, targetPorts) { Comment = comment };
    }

    private static string? After(string[] words, string word)
    {
        var at = Array.IndexOf(words, word);
        return at >= 0 && at + 1 < words.Length ? words[at + 1] : null;
    }
}
