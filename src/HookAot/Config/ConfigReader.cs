using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Text.Json;
using HookAot.Model;

namespace HookAot.Config;

/// <summary>What came of reading a config.json.</summary>
/// <param name="Config">The configuration without the entries that have mistakes; null if the file as a whole cannot be used.</param>
/// <param name="LeftOut">The names of machines and networks whose entries have mistakes.</param>
/// <param name="Diagnostics">Every mistake and every doubt, in the file's order.</param>
internal sealed record ConfigResult(HookConfig? Config, ImmutableArray<string> LeftOut, ImmutableArray<Diagnostic> Diagnostics);

/// <summary>
/// Reads config.json: every form that the ancestor read or wrote, and what came since. A mistake in one machine's or network's entry
/// costs that entry only; one in a global value costs the file. All mistakes are reported at once.
/// </summary>
internal sealed class ConfigReader
{
    private readonly string file;
    private readonly ReadOnlyMemory<byte> utf8;
    private readonly List<(int Offset, Diagnostic Diagnostic)> diagnostics = [];
    private readonly List<string> leftOut = [];
    private int errors;

    private ConfigReader(ReadOnlyMemory<byte> utf8, string file) => (this.utf8, this.file) = (utf8, file);

    /// <summary>The keys of the file itself.</summary>
    internal static readonly ImmutableArray<string> GlobalKeys = ["$schema", "debug", "strict", "backend", "public_ip", "machines", "networks"];

    /// <summary>The keys of a machine.</summary>
    internal static readonly ImmutableArray<string> MachineKeys = ["private_ip", "public_ip", "source", "interface", "localhost", "port_map"];

    /// <summary>The keys of a port_map entry.</summary>
    internal static readonly ImmutableArray<string> ForwardKeys = ["public", "vm", "protocol", "source", "public_ip"];

    /// <summary>Reads a file.</summary>
    /// <param name="utf8">Its content, with or without a byte order mark.</param>
    /// <param name="file">Its name, for the messages.</param>
    public static ConfigResult Read(ReadOnlyMemory<byte> utf8, string file)
    {
        if (utf8.Span.StartsWith("\uFEFF"u8)) utf8 = utf8[3..];
        var reader = new ConfigReader(utf8, file);
        var config = reader.ReadFile();
        return new ConfigResult(config, [.. reader.leftOut], [.. reader.diagnostics.OrderBy(d => d.Offset).Select(d => d.Diagnostic)]);
    }

    private HookConfig? ReadFile()
    {
        if (JsonFile.Parse(utf8.Span, file, "at least {}", out var mistake) is not { } root)
        {
            errors++;
            diagnostics.Add((0, mistake!));
            return null;
        }

        if (root.Type != JsonTokenType.StartObject)
        {
            Wrong(root, "an object with \"machines\"");
            return null;
        }

        var keys = Keys(root, GlobalKeys);
        var defaults = new Defaults(
            keys.TryGetValue("public_ip", out var publicIp) ? ReadPublic(publicIp) : [], []);
        var debug = keys.TryGetValue("debug", out var d) && ReadBool(d);
        var strict = keys.TryGetValue("strict", out var s) && ReadBool(s);
        var backend = keys.TryGetValue("backend", out var b) ? ReadBackend(b) : Backend.Auto;
        var machinesValue = ObjectOrNull(keys, "machines", "an object: {\"name\": {\"private_ip\": ..., \"port_map\": [...]}}");
        var networksValue = ObjectOrNull(keys, "networks", "an object: {\"name\": \"192.168.122.0/24\"}");
        var usable = errors == 0;

        var machines = Entries(machinesValue, "machine", (name, value) => ReadMachine(name, value, defaults));
        var networks = Entries(networksValue, "network", ReadNetwork);
        if (!usable) return null;

        var kept = new PortConflicts(this).LeaveOut(machines);
        return new HookConfig(debug, strict, backend, kept, [.. networks.Select(n => n.Entry)]);
    }

    /// <summary>What an entry inherits.</summary>
    private readonly record struct Defaults(ImmutableArray<IPAddress> Public, ImmutableArray<IPNetwork> Sources);

    /// <summary>Reads each entry by itself: one that reports an error is left out.</summary>
    private List<(T Entry, JsonValue Value)> Entries<T>(JsonValue? value, string kind, Func<string, JsonValue, T> read)
    {
        var entries = new List<(T, JsonValue)>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (name, entry) in value?.Members ?? [])
        {
            var before = errors;
            if (name.Length == 0) Report(entry.KeyStart, entry.Path, Severity.Error, $"found a {kind} without a name; expected the name that libvirt has for it");
            else if (!seen.Add(name)) Report(entry.KeyStart, entry.Path, Severity.Error, $"the {kind} \"{JsonValue.Shown(name)}\" is here twice; put both into one entry");
            var parsed = read(name, entry);
            if (errors == before) entries.Add((parsed, entry));
            else leftOut.Add(name);
        }

        return entries;
    }

    private Machine ReadMachine(string name, JsonValue value, Defaults defaults)
    {
        if (!Is(value, JsonTokenType.StartObject, "an object: {\"private_ip\": ..., \"port_map\": [...]}")) return new(name, [], null, false, []);
        var keys = Keys(value, MachineKeys);
        if (keys.TryGetValue("public_ip", out var publicIp)) defaults = defaults with { Public = ReadPublic(publicIp) };
        if (keys.TryGetValue("source", out var source)) defaults = defaults with { Sources = ReadSources(source) };
        ImmutableArray<IPAddress> addresses = keys.TryGetValue("private_ip", out var ip) ? ReadPrivate(ip) : [];
        string? interfaceName = null;
        if (keys.TryGetValue("interface", out var nic))
        {
            if (nic.Type == JsonTokenType.String && InterfaceName.IsValid(nic.Text)) interfaceName = nic.Text;
            else Wrong(nic, "the name of a network interface, such as \"virbr0\"");
        }

        var localhost = keys.TryGetValue("localhost", out var l) && ReadBool(l);
        if (localhost) Report(l!.Start, l.Path, Severity.Warning, "127.0.0.1 is not forwarded yet; connect to a public address of this host instead");
        var forwards = ImmutableArray.CreateBuilder<Forward>();
        if (keys.TryGetValue("port_map", out var map) && Is(map, JsonTokenType.StartArray, "a list of entries: [[\"8080\", \"80\"]]"))
        {
            foreach (var item in map.Items)
                if (ReadForward(item, defaults, addresses) is { } forward) forwards.Add(forward);
        }

        return new Machine(name, addresses, interfaceName, localhost, forwards.ToImmutable());
    }

    private NetworkRange ReadNetwork(string name, JsonValue value)
    {
        ReadNetworkAddress(value, out var range);
        return new NetworkRange(name, range);
    }

    private Forward? ReadForward(JsonValue value, Defaults defaults, ImmutableArray<IPAddress> addresses)
    {
        const string Forms = "a port, a pair [public, vm], or an object {\"public\": ..., \"vm\": ...}";
        JsonValue publicValue, guestValue;
        ImmutableArray<Protocol> protocols = [Protocol.Tcp];
        switch (value.Type)
        {
            case JsonTokenType.String or JsonTokenType.Number:
                publicValue = guestValue = value;
                break;
            case JsonTokenType.StartArray:
                if (value.Items.Count != 2)
                {
                    Report(value.Start, value.Path, Severity.Error, $"found a list of {value.Items.Count}; expected a pair [public, vm]");
                    return null;
                }

                (publicValue, guestValue) = (value.Items[0], value.Items[1]);
                break;
            case JsonTokenType.StartObject:
                var keys = Keys(value, ForwardKeys);
                if (!keys.TryGetValue("public", out var p))
                {
                    Report(value.Start, value.Path, Severity.Error, "found an object without \"public\"; expected the port on the host, such as \"public\": 8080");
                    return null;
                }

                publicValue = p;
                guestValue = keys.TryGetValue("vm", out var v) ? v : p;
                if (keys.TryGetValue("protocol", out var protocol)) protocols = ReadProtocols(protocol);
                if (keys.TryGetValue("source", out var source)) defaults = defaults with { Sources = ReadSources(source) };
                if (keys.TryGetValue("public_ip", out var ip)) defaults = defaults with { Public = ReadPublic(ip) };
                break;
            default:
                Wrong(value, Forms);
                return null;
        }

        var ok = ReadPorts(publicValue, out var publicPorts);
        var guestPorts = publicPorts;
        if (guestValue != publicValue) ok &= ReadPorts(guestValue, out guestPorts);
        if (!ok) return null;
        if (publicPorts.Count != guestPorts.Count)
        {
            Report(guestValue.Start, guestValue.Path, Severity.Error,
                $"found {guestPorts.Count} ports ({guestPorts}) for {publicPorts.Count} public ones ({publicPorts}); expected as many on both sides");
            return null;
        }

        if (!CanMeet(addresses, defaults.Public, a => a.IsIPv4()) || !CanMeet(addresses, defaults.Sources, n => n.BaseAddress.IsIPv4()))
        {
            Report(value.Start, value.Path, Severity.Error, "found only IPv4 on one side and only IPv6 on the other; expected private_ip, public_ip and source to share a family");
            return null;
        }

        return new Forward(publicPorts, guestPorts, protocols, defaults.Sources, defaults.Public);
    }

    // An empty list means "any", on either side.
    private static bool CanMeet<T>(ImmutableArray<IPAddress> addresses, ImmutableArray<T> others, Func<T, bool> isIPv4) =>
        addresses.IsEmpty || others.IsEmpty || addresses.Any(a => others.Any(o => isIPv4(o) == a.IsIPv4()));

    private bool ReadPorts(JsonValue value, out PortRange range)
    {
        range = default;
        if (value.Type is JsonTokenType.String or JsonTokenType.Number && PortRange.TryParse(value.Text, out range)) return true;
        Wrong(value, "a port from 1 to 65535, or a range \"8000-8010\"");
        return false;
    }

    private ImmutableArray<Protocol> ReadProtocols(JsonValue value)
    {
        var names = value.Type == JsonTokenType.StartArray ? value.Items : [value];
        var protocols = ImmutableArray.CreateBuilder<Protocol>();
        foreach (var item in names)
        {
            foreach (var name in item.Type == JsonTokenType.String ? item.Text.ToLowerInvariant().Split('+') : [""])
            {
                if (Enum.GetValues<Protocol>().Where(p => p.Name() == name).ToList() is not [var protocol]) Wrong(item, "\"tcp\", \"udp\", \"sctp\" or \"tcp+udp\"");
                else if (!protocols.Contains(protocol)) protocols.Add(protocol);
            }
        }

        if (names.Count == 0) Wrong(value, "\"tcp\", \"udp\", \"sctp\" or \"tcp+udp\"");
        return protocols.ToImmutable();
    }

    private ImmutableArray<IPAddress> ReadPublic(JsonValue value)
    {
        const string Expected = "an address of this host such as \"192.168.0.166\", a list of them, or \"\" for every address";
        if (value is { Type: JsonTokenType.String, Text: "" or "0.0.0.0" }) return [];
        var addresses = ReadAddresses(value, Expected, a => !a.Equals(IPAddress.Any) && !a.Equals(IPAddress.IPv6Any) && !IsMulticast(a));
        if (value is { Type: JsonTokenType.StartArray, Items.Count: 0 }) Wrong(value, Expected);
        foreach (var address in addresses.Where(IPAddress.IsLoopback))
            Report(value.Start, value.Path, Severity.Warning, $"{address} is not forwarded yet; connect to a public address of this host instead");
        return addresses;
    }

    private ImmutableArray<IPAddress> ReadPrivate(JsonValue value) =>
        ReadAddresses(value, "the guest's own address such as \"192.168.122.2\", or a list of them",
            a => !IPAddress.IsLoopback(a) && !IsMulticast(a) && !a.Equals(IPAddress.Any) && !a.Equals(IPAddress.IPv6Any) && !a.Equals(IPAddress.Broadcast));

    private ImmutableArray<IPAddress> ReadAddresses(JsonValue value, string expected, Func<IPAddress, bool> allowed)
    {
        var addresses = ImmutableArray.CreateBuilder<IPAddress>();
        foreach (var item in value.Type == JsonTokenType.StartArray ? value.Items : [value])
        {
            if (item.Type != JsonTokenType.String || !Addresses.TryParse(item.Text, out var address) || !allowed(address)) Wrong(item, expected);
            else if (!addresses.Contains(address)) addresses.Add(address);
        }

        return addresses.ToImmutable();
    }

    private ImmutableArray<IPNetwork> ReadSources(JsonValue value)
    {
        var sources = ImmutableArray.CreateBuilder<IPNetwork>();
        if (value is { Type: JsonTokenType.StartArray, Items.Count: 0 }) Wrong(value, "a network such as \"10.0.0.0/8\", or a list of them; leave the key out to let everybody in");
        foreach (var item in value.Type == JsonTokenType.StartArray ? value.Items : [value])
            if (ReadNetworkAddress(item, out var network) && !sources.Contains(network)) sources.Add(network);
        return sources.ToImmutable();
    }

    private bool ReadNetworkAddress(JsonValue value, out IPNetwork network)
    {
        network = default;
        if (value.Type == JsonTokenType.String)
        {
            if (Addresses.TryParseNetwork(value.Text, out network)) return true;
            if (Addresses.SuggestNetwork(value.Text) is { } meant)
            {
                Report(value.Start, value.Path, Severity.Error, $"found {value.Description}, an address within a network; expected the network itself: \"{meant}\"");
                return false;
            }
        }

        Wrong(value, "a network such as \"192.168.122.0/24\"");
        return false;
    }

    // The ancestor's own config holds true as well as "true".
    private bool ReadBool(JsonValue value)
    {
        if (value.Type is JsonTokenType.True or JsonTokenType.False) return value.Type == JsonTokenType.True;
        if (value.Type == JsonTokenType.String && value.Text.ToLowerInvariant() is "true" or "false") return value.Text.Length == "true".Length;
        Wrong(value, "true or false");
        return false;
    }

    private Backend ReadBackend(JsonValue value)
    {
        switch (value.Type == JsonTokenType.String ? value.Text : null)
        {
            case "auto": return Backend.Auto;
            case "iptables": return Backend.Iptables;
            case "nftables":
                Report(value.Start, value.Path, Severity.Warning, "the nftables backend is not there yet, iptables is used");
                return Backend.Nftables;
            default:
                Wrong(value, "\"auto\", \"iptables\" or \"nftables\"");
                return Backend.Auto;
        }
    }

    private JsonValue? ObjectOrNull(Dictionary<string, JsonValue> keys, string key, string expected) =>
        keys.TryGetValue(key, out var value) && Is(value, JsonTokenType.StartObject, expected) ? value : null;

    /// <summary>An object's members by key; unknown and repeated ones are doubts, not mistakes.</summary>
    private Dictionary<string, JsonValue> Keys(JsonValue value, ImmutableArray<string> known)
    {
        var keys = new Dictionary<string, JsonValue>(StringComparer.Ordinal);
        foreach (var (key, member) in value.Members)
        {
            if (!known.Contains(key))
            {
                var near = Suggestion.For(key, known) is { } suggestion ? $"; did you mean \"{suggestion}\"?" : "";
                Report(member.KeyStart, member.Path, Severity.Warning, $"\"{JsonValue.Shown(key)}\" is not a key that is known here, it has no effect{near}");
            }
            else if (!keys.TryAdd(key, member))
            {
                Report(member.KeyStart, member.Path, Severity.Warning, $"\"{key}\" is here twice; the last one counts");
                keys[key] = member;
            }
        }

        return keys;
    }

    private bool Is(JsonValue value, JsonTokenType type, string expected)
    {
        if (value.Type == type) return true;
        Wrong(value, expected);
        return false;
    }

    private static bool IsMulticast(IPAddress address) => address.IsIPv4() ? address.GetAddressBytes()[0] is >= 224 and < 240 : address.IsIPv6Multicast;

    private void Wrong(JsonValue value, string expected) => Report(value.Start, value.Path, Severity.Error, $"found {value.Description}; expected {expected}");

    /// <summary>Adds a finding.</summary>
    /// <param name="offset">The byte it is about; -1: the file as a whole.</param>
    /// <param name="path">The JSON path; empty: the file as a whole.</param>
    /// <param name="severity">How much it matters.</param>
    /// <param name="message">One printable line.</param>
    internal void Report(int offset, string path, Severity severity, string message)
    {
        if (severity == Severity.Error) errors++;
        var (line, column) = offset < 0 ? (0, 0) : JsonFile.Position(utf8.Span, offset);
        diagnostics.Add((offset, new Diagnostic(severity, file, line, column, path, message)));
    }

    /// <summary>"line 3" for a message that names a second place.</summary>
    internal string Place(JsonValue value) => string.Create(CultureInfo.InvariantCulture, $"line {JsonFile.Position(utf8.Span, value.Start).Line}");
}
