using System.Collections.Immutable;
using HookAot.Model;

namespace HookAot.Config;

/// <summary>
/// A forward as an administrator types it: <c>8080:80</c>, <c>8080:80/udp</c>, <c>443</c>,
/// <c>5000-5010:6000-6010/tcp+udp</c>.
/// </summary>
/// <param name="Public">The ports on the host.</param>
/// <param name="Guest">The ports on the guest; null where none was given.</param>
/// <param name="Protocols">The protocols; empty where none was given.</param>
internal sealed record PortNotation(PortRange Public, PortRange? Guest, ImmutableArray<Protocol> Protocols)
{
    private const string Form =
        "PUBLIC[:VM][/PROTOCOL], such as 8080:80, 443, 5000-5010:6000-6010 or 5060/udp";

    /// <summary>Reads the notation.</summary>
    /// <param name="text">What was typed.</param>
    /// <param name="notation">What it means; null if it means nothing.</param>
    /// <returns>What is wrong, with what is expected; null if nothing is.</returns>
    public static string? Parse(string text, out PortNotation? notation)
    {
        notation = null;
        var found = $"found '{Printable.Shown(text)}'";
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var ports = (slash < 0 ? text : text[..slash]).Split(':');
        var protocols = slash < 0 ? [] : ReadProtocols(text[(slash + 1)..]);
        if (protocols is null) return $"{found}; expected tcp, udp, sctp or tcp+udp after the slash";
        if (ports.Length > 2) return $"{found}; expected {Form}";
        if (!PortRange.TryParse(ports[0], out var publicPorts))
            return $"{found}; expected {(HasDigit(ports[0]) ? PortRange.Expected(ports[0]) : Form)}";

        if (ports.Length == 1)
        {
            notation = new(publicPorts, null, [.. protocols]);
            return null;
        }

        if (!PortRange.TryParse(ports[1], out var guestPorts))
            return $"{found}; expected after the colon {PortRange.Expected(ports[1])}";
        if (guestPorts.Count != publicPorts.Count)
        {
            return $"{found}, {publicPorts.Count} public ports for {guestPorts.Count} of the guest's; "
                + "expected as many on both sides";
        }

        notation = new(publicPorts, guestPorts, [.. protocols]);
        return null;
    }

    private static bool HasDigit(string text) => text.Any(char.IsAsciiDigit);

    private static List<Protocol>? ReadProtocols(string text)
    {
        var protocols = new List<Protocol>();
        foreach (var name in text.ToLowerInvariant().Split('+'))
        {
            if (!ProtocolNames.TryParse(name, out var protocol)) return null;
            if (!protocols.Contains(protocol)) protocols.Add(protocol);
        }

        return protocols;
    }

    /// <summary>The notation, which <see cref="Parse"/> reads back.</summary>
    public override string ToString()
    {
        var guest = Guest is { } ports && ports != Public ? $":{ports}" : "";
        var protocols = Protocols.IsEmpty ? "" : "/" + string.Join('+', Protocols.Select(p => p.Name()));
        return $"{Public}{guest}{protocols}";
    }
}
