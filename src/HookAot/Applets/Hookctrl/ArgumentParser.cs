using System.Collections.Immutable;
using System.Net;
using HookAot.Config;
using HookAot.Host;
using HookAot.Model;

namespace HookAot.Applets.Hookctrl;

/// <summary>
/// Reads arguments of the command line; what is wrong with one is said with the option's name, what was found and what
/// is expected.
/// </summary>
internal static class ArgumentParser
{
    /// <summary>true or false, in the words that the ancestor took; null if it is neither.</summary>
    public static bool? Bool(string option, string text, List<string> mistakes)
    {
        switch (text.ToLowerInvariant())
        {
            case "yes" or "true" or "t" or "y" or "1" or "on":
                return true;
            case "no" or "false" or "f" or "n" or "0" or "off":
                return false;
            default:
                mistakes.Add(Mistake(option, text, "true or false"));
                return null;
        }
    }

    /// <summary>An address; null if it is none.</summary>
    public static IPAddress? Address(string option, string text, List<string> mistakes)
    {
        if (Model.Addresses.TryParse(text, out var address)) return address;
        mistakes.Add(Mistake(option, text, "an address such as 192.168.122.2"));
        return null;
    }

    /// <summary>Addresses, each argument being one or several between commas; null if one of them is none.</summary>
    public static ImmutableArray<IPAddress>? Addresses(string option, IEnumerable<string> texts, List<string> mistakes)
    {
        var addresses = ImmutableArray.CreateBuilder<IPAddress>();
        var before = mistakes.Count;
        foreach (var text in Separated(texts))
            if (Address(option, text, mistakes) is { } address) addresses.Add(address);
        return mistakes.Count > before ? null : addresses.ToImmutable();
    }

    /// <summary>The host's addresses; "" alone means every one.</summary>
    public static ImmutableArray<IPAddress>? PublicAddresses(
        string option, IReadOnlyList<string> texts, List<string> mistakes) =>
        texts is [""] or ["any"] or ["0.0.0.0"] ? [] : Addresses(option, texts, mistakes);

    /// <summary>A network; null if it is none.</summary>
    public static IPNetwork? Network(string option, string text, List<string> mistakes)
    {
        if (Model.Addresses.TryParseNetwork(text, out var network)) return network;
        var near = Model.Addresses.SuggestNetwork(text);
        mistakes.Add(Mistake(option, text, near is null ? "a network such as 192.168.122.0/24" : $"{near}"));
        return null;
    }

    /// <summary>A port or a range; null if it is neither.</summary>
    public static PortRange? Ports(string option, string text, List<string> mistakes)
    {
        if (PortRange.TryParse(text, out var range)) return range;
        mistakes.Add(Mistake(option, text, PortRange.Expected(text)));
        return null;
    }

    /// <summary>Forwards; those that are none are left out, and are mistakes.</summary>
    public static List<TypedPort> Forwards(IEnumerable<string> texts, List<string> mistakes)
    {
        var words = new PortWords(Services.Read, Services.File);
        var forwards = new List<TypedPort>();
        foreach (var text in texts)
            if (words.Read(text, forwards) is { } mistake) mistakes.Add(mistake);
        return forwards;
    }

    /// <summary>What an entry is for; null if it cannot be said so.</summary>
    public static string? Comment(string text, List<string> mistakes)
    {
        if (ConfigText.IsComment(text)) return text.Length == 0 ? null : text;
        mistakes.Add(Mistake("--comment", text, ConfigText.CommentForm));
        return null;
    }

    /// <summary>The interface that leads to a machine; null where none is named, or its name is none.</summary>
    public static string? Interface(string? name, List<string> mistakes)
    {
        if (name is null || InterfaceName.IsValid(name)) return name;
        mistakes.Add(Mistake("--interface", name, "the name of a network interface, such as virbr0"));
        return null;
    }

    /// <summary>Networks, each argument being one or several between commas.</summary>
    public static ImmutableArray<IPNetwork> Networks(string option, IEnumerable<string> texts, List<string> mistakes)
    {
        var networks = ImmutableArray.CreateBuilder<IPNetwork>();
        foreach (var text in Separated(texts))
            if (Network(option, text, mistakes) is { } network) networks.Add(network);
        return networks.ToImmutable();
    }

    /// <summary>"OPTION: found 'TEXT'; expected EXPECTED".</summary>
    public static string Mistake(string option, string text, string expected) =>
        $"{option}: found '{Printable.Shown(text)}'; expected {expected}";

    private static IEnumerable<string> Separated(IEnumerable<string> texts) => texts.SelectMany(t => t.Split(','));
}
