using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Text.Json;
using HookAot.Model;

namespace HookAot.Config;

/// <summary>What hooks.json of saschpe's libvirt-hook-qemu means here.</summary>
/// <param name="Edits">The machines to add; empty if the file has mistakes.</param>
/// <param name="Mistakes">What is wrong in the file, so that nothing is taken over.</param>
/// <param name="Notes">What has no equal here, or another meaning: nothing is dropped silently.</param>
internal sealed record HooksJson(ImmutableArray<ConfigEdit.AddMachine> Edits, ImmutableArray<Diagnostic> Mistakes, ImmutableArray<Diagnostic> Notes)
{
    /// <summary>Reads the file: guests by name, each an object or a list of objects, with comments and trailing commas.</summary>
    /// <param name="utf8">Its content.</param>
    /// <param name="file">Its name, for the messages.</param>
    /// <param name="known">Guests that the config has already; they stay as they are.</param>
    public static HooksJson Read(ReadOnlyMemory<byte> utf8, string file, IReadOnlySet<string> known)
    {
        if (utf8.Span.StartsWith("\uFEFF"u8)) utf8 = utf8[3..];
        var reader = new Reader(utf8, file);
        var edits = reader.Guests(known);
        var mistakes = reader.Findings.Where(f => f.Severity == Severity.Error).ToImmutableArray();
        return new(mistakes.IsEmpty ? edits : [], mistakes, [.. reader.Findings.Where(f => f.Severity == Severity.Warning)]);
    }

    private sealed class Reader(ReadOnlyMemory<byte> utf8, string file)
    {
        private static readonly ImmutableArray<string> Keys = ["interface", "private_ip", "public_ip", "source_ip", "port_map", "port_range"];

        public List<Diagnostic> Findings { get; } = [];

        public ImmutableArray<ConfigEdit.AddMachine> Guests(IReadOnlySet<string> known)
        {
            if (JsonFile.Parse(utf8.Span, file, "guests by name", out var mistake) is not { } root)
            {
                Findings.Add(mistake!);
                return [];
            }

            if (root.Type != JsonTokenType.StartObject)
            {
                Wrong(root, "an object: {\"guest\": {\"private_ip\": ..., \"port_map\": {\"tcp\": [[8080, 80]]}}}");
                return [];
            }

            var edits = ImmutableArray.CreateBuilder<ConfigEdit.AddMachine>();
            foreach (var (name, value) in root.Members)
            {
                if (root.Member(name) != value) Note(value, $"the guest \"{JsonValue.Shown(name)}\" is here twice; the last one counts, as it did");
                else if (name.Length == 0) Wrong(value, "the guest's name before it");
                else if (known.Contains(name)) Note(value, $"the guest \"{JsonValue.Shown(name)}\" is in the config already; its entry there stays as it is");
                else if (Guest(name, value) is { } edit) edits.Add(edit);
            }

            return edits.ToImmutable();
        }

        private ConfigEdit.AddMachine? Guest(string name, JsonValue value)
        {
            var domains = (value.Type == JsonTokenType.StartArray ? value.Items : [value]).Select(ReadDomain).OfType<Domain>().ToList();
            if (domains.Count == 0)
            {
                if (value is { Type: JsonTokenType.StartArray, Items.Count: 0 }) Note(value, "an empty list; left out");
                return null;
            }

            var first = domains[0];
            var ports = new List<(PortNotation, Extras?)>();
            foreach (var domain in domains)
            {
                // A machine's forwards all go to its first address.
                if (!domain.Address.Equals(first.Address))
                {
                    Note(domain.Value, $"\"{JsonValue.Shown(name)}\" has two addresses, and forwards of one guest go to one of them here; left out: {domain.Address} with {domain.Ports.Count} entries");
                    continue;
                }

                if (domain.Interface != first.Interface) Note(domain.Value, $"a second interface of one guest is not taken over: {domain.Interface ?? "none"}");
                if (domain.Public is null) Note(domain.Value, "without public_ip the address of the default route was meant; here it is what the config's public_ip says, or every address of the host");
                var extras = domain == first ? null : new Extras(
                    Equals(domain.Public, first.Public) ? null : domain.Public is { } own ? [own] : [],
                    domain.Source is { } source && domain.Source != first.Source ? [source] : null);
                if (domain.Source is null && first.Source is not null) Note(domain.Value, $"no source_ip here, but the guest's first entry has one, which holds for the whole guest: {first.Source}");
                ports.AddRange(domain.Ports.Select(p => (p, extras == Extras.None ? null : extras)));
            }

            var machine = new Extras(first.Public is { } address ? [address] : null, first.Source is { } net ? [net] : null, first.Interface);
            return new ConfigEdit.AddMachine(name, [first.Address], machine) { Ports = [.. ports] };
        }

        private sealed record Domain(JsonValue Value, IPAddress Address, IPAddress? Public, IPNetwork? Source, string? Interface, List<PortNotation> Ports);

        private Domain? ReadDomain(JsonValue value)
        {
            if (value.Type != JsonTokenType.StartObject)
            {
                Wrong(value, "an object with \"private_ip\" and \"port_map\", or a list of them");
                return null;
            }

            foreach (var (key, member) in value.Members.Where(m => !Keys.Contains(m.Key)))
                Note(member, $"\"{JsonValue.Shown(key)}\" is not a key of hooks.json; left out");
            if (value.Member("private_ip") is not { } privateIp)
            {
                Report(Severity.Error, value, "found no \"private_ip\"; expected the guest's address");
                return null;
            }

            var own = Address(privateIp, "the guest's address, such as \"192.168.122.2\"");
            var publicIp = value.Member("public_ip") is { } p ? Address(p, "an address of the host") : null;
            var source = value.Member("source_ip") is { } s ? Source(s) : null;
            string? nic = null;
            if (value.Member("interface") is { } i)
            {
                if (i.Type == JsonTokenType.String && InterfaceName.IsValid(i.Text)) nic = i.Text;
                else Wrong(i, "the name of a network interface, such as \"virbr0\"");
            }

            var ports = new List<PortNotation>();
            if (value.Member("port_map") is { } map) Map(map, ports);
            if (value.Member("port_range") is { } ranges)
            {
                Ranges(ranges, ports);
                if (source is not null) Note(ranges, "source_ip did not hold for port_range; here it holds for the whole guest");
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
                {
                    var pair = item.Type == JsonTokenType.StartArray ? item.Items : [item, item];
                    if (pair is not [var from, var to]) Wrong(item, "a port, or a pair [public, private]");
                    else if (Port(from) is not { } publicPorts || (from == to ? publicPorts : Port(to)) is not { } guestPorts) continue;
                    else if (publicPorts.Count != guestPorts.Count) Wrong(item, "as many ports on both sides");
                    else ports.Add(new(publicPorts, guestPorts, [protocol]));
                }
            }
        }

        private void Ranges(JsonValue ranges, List<PortNotation> ports)
        {
            if (ranges.Type != JsonTokenType.StartArray)
            {
                Wrong(ranges, "a list of ranges: [{\"init_port\": 8000, \"ports_num\": 10, \"protocol\": \"tcp\"}]");
                return;
            }

            foreach (var range in ranges.Items)
            {
                foreach (var (key, member) in range.Members.Where(m => m.Key is not ("init_port" or "ports_num" or "protocol")))
                    Note(member, $"\"{JsonValue.Shown(key)}\" is not a key of a port_range; left out");
                if (range.Member("init_port") is not { } first || range.Member("ports_num") is not { } number || range.Member("protocol") is not { } name)
                {
                    Wrong(range, "an object with \"init_port\", \"ports_num\" and \"protocol\"");
                    continue;
                }

                if (ReadProtocol(range, name.Text) is not { } protocol || Port(first) is not { } init) continue;
                if (!ushort.TryParse(number.Text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) || count == 0 || init.First + count - 1 > ushort.MaxValue)
                    Wrong(number, $"how many ports there are from {init.First} on, so that the last is at most 65535");
                else if (PortRange.TryParse(string.Create(CultureInfo.InvariantCulture, $"{init.First}-{init.First + count - 1}"), out var all))
                    ports.Add(new(all, all, [protocol]));
            }
        }

        private Protocol? ReadProtocol(JsonValue value, string name)
        {
            foreach (var protocol in Enum.GetValues<Protocol>())
                if (protocol.Name() == name) return protocol;
            if (name == "icmp") Note(value, "icmp has no ports, so that its rules never matched; left out");
            else Report(Severity.Error, value, $"found \"{JsonValue.Shown(name)}\"; expected tcp, udp or sctp");
            return null;
        }

        // iptables, to which the Python hook handed them as they were, writes ranges with a colon.
        private PortRange? Port(JsonValue value)
        {
            if (value.Type is JsonTokenType.Number or JsonTokenType.String && PortRange.TryParse(value.Text.Replace(':', '-'), out var range)) return range;
            Wrong(value, "a port from 1 to 65535");
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
            if (value.Type == JsonTokenType.String && Addresses.TryParseNetwork(value.Text, out var network)) return network;
            if (value.Type == JsonTokenType.String && Addresses.SuggestNetwork(value.Text) is { } meant) return meant;
            Wrong(value, "the address that may connect, or its network");
            return null;
        }

        private void Wrong(JsonValue value, string expected) => Report(Severity.Error, value, $"found {value.Description}; expected {expected}");

        private void Note(JsonValue value, string message) => Report(Severity.Warning, value, message);

        private void Report(Severity severity, JsonValue value, string message)
        {
            var (line, column) = JsonFile.Position(utf8.Span, value.KeyStart);
            Findings.Add(new(severity, file, line, column, value.Path, message));
        }
    }
}
