using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Numerics;
using System.Xml;
using HookAot.Model;
using HookAot.Rules;

namespace HookAot.Host;

/// <summary>
/// Reads a libvirt network, leniently: an element that is not understood is passed over. It is a definition
/// (<c>&lt;network&gt;</c>), a live status file (<c>&lt;networkstatus&gt;</c> around it) or the network hook's stdin
/// (<c>&lt;hookData&gt;</c> around it, and a <c>&lt;networkport&gt;</c> beside it).
/// </summary>
internal static class NetworkXml
{
    private const int MaxHosts = 65536;

    /// <summary>The network; null if the XML has none, or one without a name.</summary>
    /// <exception cref="XmlException">No well-formed XML, a DTD in it, or too large.</exception>
    public static ObservedNetwork? Read(Stream xml)
    {
        try
        {
            return Find(xml);
        }
        catch (ArgumentException e)
        {
            throw DomainXml.NoName(e);
        }
    }

    private static ObservedNetwork? Find(Stream xml)
    {
        using var reader = DomainXml.Open(xml);
        while (reader.Read())
        {
            if (reader.NodeType != XmlNodeType.Element) continue;
            if (reader.LocalName == "network" && reader.Depth <= 1) return ReadNetwork(reader);
        }

        return null;
    }

    private static ObservedNetwork? ReadNetwork(XmlReader reader)
    {
        string? name = null, bridge = null;
        var isolated = true;
        var ranges = ImmutableArray.CreateBuilder<IPNetwork>();
        var addresses = ImmutableArray.CreateBuilder<IPAddress>();
        var hosts = ImmutableArray.CreateBuilder<DhcpHost>();

        foreach (var element in Children(reader))
        {
            switch (element)
            {
                case "name":
                    name ??= Text(reader);
                    break;
                case "forward":
                    // Any mode is a way out, but libvirt also takes the name of the mode that an isolated network has.
                    isolated &= reader.GetAttribute("mode") == "none";
                    break;
                case "bridge" when InterfaceName.IsValid(reader.GetAttribute("name")):
                    bridge ??= reader.GetAttribute("name");
                    break;
                case "ip" when Addresses.TryParse(reader.GetAttribute("address") ?? "", out var address):
                    addresses.Add(address);
                    if (Range(address, reader) is { } range) ranges.Add(range);
                    ReadHosts(reader, hosts);
                    break;
                default:
                    break;
            }
        }

        return string.IsNullOrEmpty(name)
            ? null
            : new(name, bridge, isolated, ranges.ToImmutable(), addresses.ToImmutable(), hosts.ToImmutable());
    }

    /// <summary>The names of an element's own children; the reader is at the start tag of each meanwhile.</summary>
    private static IEnumerable<string> Children(XmlReader reader)
    {
        var depth = reader.Depth;
        if (reader.IsEmptyElement) yield break;
        while (reader.Read() && reader.Depth > depth)
            if (reader.NodeType == XmlNodeType.Element && reader.Depth == depth + 1) yield return reader.LocalName;
    }

    // <ip><dhcp><host>. The <host> in <dns> is another thing: a name that dnsmasq resolves.
    private static void ReadHosts(XmlReader reader, ImmutableArray<DhcpHost>.Builder hosts)
    {
        foreach (var element in Children(reader))
        {
            if (element != "dhcp") continue;
            foreach (var host in Children(reader))
                if (host == "host" && hosts.Count < MaxHosts) hosts.AddRange(Hosts(reader));
        }
    }

    // One of DHCPv6 is by the client's DUID, which mostly has the MAC of an interface in it, though not always of the
    // one that asks: where there is a name, that counts as well.
    private static IEnumerable<DhcpHost> Hosts(XmlReader reader)
    {
        if (!Addresses.TryParse(reader.GetAttribute("ip") ?? "", out var address)) yield break;
        var name = reader.GetAttribute("name");
        if (reader.GetAttribute("mac")?.ToLowerInvariant() is { } mac)
        {
            yield return new(mac, name, address);
            yield break;
        }

        if (Duid.Mac(reader.GetAttribute("id") ?? "") is { } within) yield return new(within, null, address);
        if (name is not null) yield return new(null, name, address);
    }

    private static IPNetwork? Range(IPAddress address, XmlReader reader)
    {
        int length;
        if (Addresses.TryParse(reader.GetAttribute("netmask") ?? "", out var mask))
        {
            length = 0;
            foreach (var part in mask.GetAddressBytes()) length += BitOperations.PopCount(part);
        }
        else if (reader.GetAttribute("prefix") is not { } prefix)
        {
            length = DefaultPrefix(address);
        }
        else if (!int.TryParse(prefix, NumberStyles.None, CultureInfo.InvariantCulture, out length))
        {
            return null;
        }

        return Addresses.SuggestNetwork(string.Create(CultureInfo.InvariantCulture, $"{address}/{length}"));
    }

    // libvirt's src/util/virsocketaddr.c, virSocketAddrGetIPPrefix: the class of an IPv4 address, 64 for IPv6.
    private static int DefaultPrefix(IPAddress address) => address.GetAddressBytes()[0] switch
    {
        _ when !address.IsIPv4() => 64,
        < 128 => 8,
        < 192 => 16,
        < 224 => 24,
        _ => 32,
    };

    private static string? Text(XmlReader reader)
    {
        if (reader.IsEmptyElement || !reader.Read()) return null;
        return reader.NodeType is XmlNodeType.Text or XmlNodeType.CDATA ? reader.Value : null;
    }
}
