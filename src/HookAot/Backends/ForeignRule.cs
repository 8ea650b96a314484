using System.Net;
using HookAot.Model;
using HookAot.Rules;

namespace HookAot.Backends;

/// <summary>
/// A rule of another program's in a chain of ours. What cannot be told from its text counts as matching.
/// </summary>
/// <param name="text">As iptables-save prints it.</param>
/// <param name="place">Where it stands.</param>
/// <param name="ours">Where ours stand.</param>
/// <param name="isTranslated">Whether the packets that it sees have the guest's address and port already.</param>
internal sealed class ForeignRule(string text, int place, RulePlaces ours, bool isTranslated)
{
    // After these the next rule is asked (iptables-extensions(8)).
    private static readonly string[] GoesOn =
        ["AUDIT", "CLASSIFY", "CONNMARK", "CONNSECMARK", "LOG", "MARK", "NFLOG", "SECMARK", "SET", "TRACE"];

    private readonly string[] words = text.Split(' ');

    /// <summary>The rule.</summary>
    public string Text => text;

    /// <summary>Whether packets that a translation is for come to it first, and not to ours.</summary>
    public bool Takes(Translation translation)
    {
        if ((Value("-j") ?? Value("-g")) is not { } target || GoesOn.Contains(target)) return false;
        if (isTranslated && target == "ACCEPT") return false; // as ours would
        return ours.IsBehind(place, translation) && Matches(translation);
    }

    private bool Matches(Translation t)
    {
        var (address, ports) = isTranslated ? (t.Target, t.TargetPorts) : (t.Public, t.PublicPorts);
        if (Value("-p") is { } protocol && protocol != "all" && protocol != t.Protocol.Name()) return false;
        if (Network("-d") is { } to && address is not null && !to.Contains(address)) return false;
        if (Network("-s") is { } from && t.Source is { } source
            && !from.Contains(source.BaseAddress) && !source.Contains(from.BaseAddress))
            return false;
        return (Value("--dport") ?? Value("--dports")) is not { } list || MayHave(list, ports);
    }

    private static bool MayHave(string list, PortRange ports)
    {
        foreach (var item in list.Split(','))
            if (!PortRange.TryParse(item.Replace(':', '-'), out var range) || range.Overlaps(ports)) return true;
        return false;
    }

    private IPNetwork? Network(string option) =>
        Value(option) is { } text && Addresses.TryParseNetwork(text, out var network) ? network : null;

    /// <summary>The value of an option; null where it is not there, or stands behind a "!".</summary>
    private string? Value(string option)
    {
        var at = Array.IndexOf(words, option);
        if (at < 0 || at + 1 >= words.Length) return null;
        return at > 0 && words[at - 1] == "!" ? null : words[at + 1];
    }
}
