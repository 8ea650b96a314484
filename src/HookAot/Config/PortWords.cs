using System.Net;
using HookAot.Model;

namespace HookAot.Config;

/// <summary>
/// Forwards in the words that administrators know: 8080:80/udp, 192.168.0.166:8080:80 and [fd00::1]:8080:80 as docker
/// has them, 80,443/tcp as ufw has them, and names of services, ssh or 2222:ssh.
/// </summary>
/// <param name="services">Reads the names, when one is met.</param>
/// <param name="file">Where they are.</param>
internal sealed class PortWords(Func<ServiceNames> services, string file)
{
    private ServiceNames? names;

    /// <summary>Reads one word, which may be several forwards.</summary>
    /// <param name="text">What was typed.</param>
    /// <param name="ports">Receives the forwards.</param>
    /// <returns>What is wrong, with what is expected; null if nothing is.</returns>
    public string? Read(string text, List<TypedPort> ports)
    {
        var rest = text;
        var address = TakeAddress(ref rest);
        var words = rest.Split(',');
        var slash = words[^1].IndexOf('/', StringComparison.Ordinal);
        var protocol = slash < 0 ? "" : words[^1][slash..];
        foreach (var word in words)
        {
            // In a list the protocol behind it is that of each.
            var whole = word.Contains('/', StringComparison.Ordinal) ? word : word + protocol;
            if (Resolve(ref whole) is { } unknown) return $"found '{Printable.Shown(text)}'; {unknown}";
            if (PortNotation.Parse(whole, out var port) is { } mistake)
                return words.Length == 1 && address is null ? mistake : $"found '{Printable.Shown(text)}': {mistake}";
            ports.Add(new(port!, address));
        }

        return null;
    }

    /// <summary>Takes "192.168.0.166:" or "[fd00::1]:" from the beginning.</summary>
    private static IPAddress? TakeAddress(ref string text)
    {
        var isBracketed = text.StartsWith('[');
        var end = text.IndexOf(isBracketed ? "]:" : ":", StringComparison.Ordinal);
        if (end < 0) return null;
        var word = text[(isBracketed ? 1 : 0)..end];
        if (!Addresses.TryParse(word, out var address) || address.IsIPv4() == isBracketed) return null;
        text = text[(end + (isBracketed ? 2 : 1))..];
        return address;
    }

    /// <summary>Puts numbers in the place of names. Whose protocol is not typed has the service's own.</summary>
    /// <returns>Why a name means nothing; null: all do.</returns>
    private string? Resolve(ref string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var parts = (slash < 0 ? text : text[..slash]).Split(':');
        var suffix = slash < 0 ? "" : text[slash..];
        for (var i = 0; i < parts.Length; i++)
        {
            if (!parts[i].Any(char.IsAsciiLetter)) continue;
            names ??= services();
            if (names.Port(parts[i], out var protocols) is not { } port)
            {
                var meant = Suggestion.Phrase(parts[i], names.Names);
                return $"{file} has no service '{Printable.Shown(parts[i])}'{meant}";
            }

            parts[i] = port;
            var hasTcp = protocols.Contains("tcp", StringComparison.Ordinal);
            if (suffix.Length == 0 && !hasTcp) suffix = $"/{protocols}";
        }

        text = string.Join(':', parts) + suffix;
        return null;
    }
}
