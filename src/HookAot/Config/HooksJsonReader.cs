using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Text.Json;
using HookAot.Model;

namespace HookAot.Config;

/// <summary>Reads the guests of a hooks.json; what is wrong, or has no equal here, goes to the findings.</summary>
internal sealed class HooksJsonReader(Findings findings)
{
    private const string RootForm =
        "an object: {\"guest\": {\"private_ip\": ..., \"port_map\": {\"tcp\": [[8080, 80]]}}}";

    private const string RangesForm =
        "a list of ranges: [{\"init_port\": 8000, \"ports_num\": 10, \"protocol\": \"tcp\"}]";

    private static readonly ImmutableArray<string> Keys =
        ["interface", "private_ip", "public_ip", "source_ip", "port_map", "port_range"];

    private static readonly ImmutableArray<string> RangeKeys = ["init_port", "ports_num", "protocol"];

    /// <summary>One object of a guest: an address, and what is forwarded to it.</summary>
    private sealed record Domain(
        JsonValue Value,
        IPAddress Address,
        IPAddress? Public,
        IPNetwork? Source,
        string? Interface,
        List<PortNotation> Ports);

    /// <summary>The guests of a file.</summary>
    public ImmutableArray<ConfigEdit.AddMachine> Guests(JsonValue root, IReadOnlySet<string> known)
    {
        if (root.Type != JsonTokenType.StartObject)
        {
            Wrong(root, RootForm);
            return [];
        }

        var edits = ImmutableArray.CreateBuilder<ConfigEdit.AddMachine>();
        foreach (var (name, value) in root.Members)
        {
            var guest = $"the guest \"{Printable.Shown(name)}\"";
            const string stays = "is in the config already; its entry there stays as it is";
            if (root.Member(name) != value) Note(value, $"{guest} is here twice; the last one counts, as it did");
            else if (name.Length == 0) Wrong(value, "the guest's name before it");
            else if (known.Contains(name)) Note(value, $"{guest} {stays}");
            else if (Guest(name, value) is { } edit) edits.Add(edit);
        }

        return edits.ToImmutable();
    }

    private ConfigEdit.AddMachine? Guest(string name, JsonValue value)
    {
        var domains = value.OneOrMany.Select(ReadDomain).OfType<Domain>().ToList();
        if (domains.Count == 0)
        {
            if (value.IsEmptyList) Note(value, "an empty list; left out");
            return null;
        }

        var first = domains[0];
        var ports = ImmutableArray.CreateBuilder<(PortNotation, Extras?)>();
        foreach (var domain in domains)
        {
            // A machine's forwards all go to its first address.
            if (!domain.Address.Equals(first.Address))
            {
                var leftOut = $"{domain.Address} with {domain.Ports.Count} entries";
                Note(domain.Value, $"\"{Printable.Shown(name)}\" has two addresses, "
                    + $"and forwards of one guest go to one of them here; left out: {leftOut}");
                continue;
            }

            NoteDifferences(domain, first);
            var extras = domain == first ? null : Differences(domain, first);
            foreach (var port in domain.Ports) ports.Add((port, extras));
        }

        var machine = new Extras
        {
            PublicAddresses = first.Public is { } address ? [address] : null,
            Sources = first.Source is { } source ? [source] : null,
            Interface = first.Interface,
        };
        return new ConfigEdit.AddMachine(name, [first.Address], machine) { Ports = ports.ToImmutable() };
    }

    private void NoteDifferences(Domain domain, Domain first)
    {
        if (domain.Interface != first.Interface)
            Note(domain.Value, $"a second interface of one guest is not taken over: {domain.Interface ?? "none"}");
        if (domain.Public is null)
        {
            Note(domain.Value, "without public_ip the address of the default route was meant; "
                + "here it is what the config's public_ip says, or every address of the host");
        }

        if (domain.Source is null && first.Source is not null)
        {
            Note(domain.Value, "no source_ip here, but the guest's first entry has one, "
                + $"which holds for the whole guest: {first.Source}");
        }
    }

    /// <summary>What a further object of a guest says otherwise than the first; null: nothing.</summary>
    private static Extras? Differences(Domain domain, Domain first)
    {
        ImmutableArray<IPAddress>? publics = null;
        if (!Equals(domain.Public, first.Public)) publics = domain.Public is { } own ? [own] : [];
        ImmutableArray<IPNetwork>? sources = null;
        if (domain.Source is { } source && domain.Source != first.Source) sources = [source];
        return publics is null && sources is null
            ? null
            : new Extras { PublicAddresses = publics, Sources = sources };
    }

    private Domain? ReadDomain(JsonValue value)
    {
        if (value.Type != JsonTokenType.StartObject)
        {
            Wrong(value, "an object with \"private_ip\" and \"port_map\", or a list of them");
            return null;
        }

        foreach (var (key, member) in value.Members)
        {
            if (!Keys.Contains(key))
                Note(member, $"\"{Printable.Shown(key)}\" is not a key of hooks.json; left out");
        }

        if (value.Member("private_ip") is not { } privateIp)
        {
            Error(value, "found no \"private_ip\"; expected the guest's address");
            return null;
        }

        var own = Address(privateIp, "the guest's address, such as \"192.168.122.2\"");
        var publicIp = value.Member("public_ip") is { } p ? Address(p, "an address of the host") : null;
        var source = value.Member("source_ip") is { } s ? Source(s) : null;
        var nic = value.Member("interface") is { } i ? Interface(i) : null;

        var ports = new List<PortNotation>();
        if (value.Member("port_map") is { } map) Map(map, ports);
        if (value.Member("port_range") is { } ranges)
        {
            Ranges(ranges, ports);
            if (source is not null)
                Note(ranges, "source_ip did not hold for port_range; here it holds for the whole guest");
        }

        if (ports.Count == 0) Note(value, "no port to forward");
        return own is null ? null : new(value, own, publicIp, source, nic, ports);
    }

    private void Map(JsonValue map, List<PortNotation> ports)
    {
        if (map.Type != JsonTokenType.StartObject)
        {
            Wrong(map, "an object: {\"tcp\": [[8080, 80], 443]}");
            return;
        }

        foreach (var (name, list) in map.Members)
        {
            if (ReadProtocol(list, name) is not { } protocol) continue;
            if (list.Type != JsonTokenType.StartArray)
            {
                Wrong(list, "a list of ports and pairs: [[8080, 80], 443]");
                continue;
            }

            foreach (var item in list.Items)
                if (Entry(item, protocol) is { } port) ports.Add(port);
        }
    }

    private PortNotation? Entry(JsonValue item, Protocol protocol)
    {
        var pair = item.Type == JsonTokenType.StartArray ? item.Items : [item, item];
        if (pair is not [var from, var to])
        {
            Wrong(item, "a port, or a pair [public, private]");
            return null;
        }

        if (Port(from) is not { } publicPorts) return null;
        if ((from == to ? publicPorts : Port(to)) is not { } guestPorts) return null;
        if (publicPorts.Count == guestPorts.Count) return new(publicPorts, guestPorts, [protocol]);

        Wrong(item, "as many ports on both sides");
        return null;
    }

    private void Ranges(JsonValue ranges, List<PortNotation> ports)
    {
        if (ranges.Type != JsonTokenType.StartArray)
        {
            Wrong(ranges, RangesForm);
            return;
        }

        foreach (var range in ranges.Items)
        {
            foreach (var (key, member) in range.Members)
            {
                if (!RangeKeys.Contains(key))
                    Note(member, $"\"{Printable.Shown(key)}\" is not a key of a port_range; left out");
            }

            if (Range(range) is { } port) ports.Add(port);
        }
    }

    private PortNotation? Range(JsonValue range)
    {
        if (range.Member("init_port") is not { } first
            || range.Member("ports_num") is not { } number
            || range.Member("protocol") is not { } name)
        {
            Wrong(range, "an object with \"init_port\", \"ports_num\" and \"protocol\"");
            return null;
        }

        if (ReadProtocol(range, name.Text) is not { } protocol || Port(first) is not { } init) return null;

        var isNumber = ushort.TryParse(number.Text, NumberStyles.None, CultureInfo.InvariantCulture, out var count);
        if (isNumber && count > 0 && init.First + count - 1 <= ushort.MaxValue)
        {
            var all = new PortRange(init.First, (ushort)(init.First + count - 1));
            return new(all, all, [protocol]);
        }

        Wrong(number, $"how many ports there are from {init.First} on, so that the last is at most 65535");
        return null;
    }

    private Protocol? ReadProtocol(JsonValue value, string name)
    {
        if (ProtocolNames.TryParse(name, out var protocol)) return protocol;
        if (name == "icmp") Note(value, "icmp has no ports, so that its rules never matched; left out");
        else Error(value, $"found \"{Printable.Shown(name)}\"; expected tcp, udp or sctp");
        return null;
    }

    // iptables, to which the Python hook handed them as they were, writes ranges with a colon.
    private PortRange? Port(JsonValue value)
    {
        var isText = value.Type is JsonTokenType.Number or JsonTokenType.String;
        if (isText && PortRange.TryParse(value.Text.Replace(':', '-'), out var range)) return range;
        Wrong(value, "a port from 1 to 65535");
        return null;
    }

    private string? Interface(JsonValue value)
    {
        if (value.Type == JsonTokenType.String && InterfaceName.IsValid(value.Text)) return value.Text;
        Wrong(value, "the name of a network interface, such as \"virbr0\"");
        return null;
    }

    private IPAddress? Address(JsonValue value, string expected)
    {
        if (value.Type == JsonTokenType.String && Addresses.TryParse(value.Text, out var address)) return address;
        Wrong(value, expected);
        return null;
    }

    // iptables takes 10.1.2.3/8 for 10.0.0.0/8.
    private IPNetwork? Source(JsonValue value)
    {
        var text = value.Type == JsonTokenType.String ? value.Text : "";
        if (Addresses.TryParseNetwork(text, out var network)) return network;
        if (Addresses.SuggestNetwork(text) is { } meant) return meant;
        Wrong(value, "the address that may connect, or its network");
        return null;
    }

    private void Wrong(JsonValue value, string expected) =>
        Error(value, $"found {value.Description}; expected {expected}");

    private void Error(JsonValue value, string message) => findings.ErrorAtKey(value, message);

    private void Note(JsonValue value, string message) => findings.WarningAtKey(value, message);
}
