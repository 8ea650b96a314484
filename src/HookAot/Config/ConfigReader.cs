using System.Collections.Immutable;
using System.Net;
using System.Text.Json;
using HookAot.Model;

namespace HookAot.Config;

/// <summary>
/// Reads config.json: every form that the ancestor read or wrote, and what came since. A mistake in one machine's or
/// network's entry costs that entry only; one in a global value costs the file. All mistakes are reported at once.
/// </summary>
internal sealed class ConfigReader
{
    private const string MachinesForm = "an object: {\"name\": {\"private_ip\": ..., \"port_map\": [...]}}";
    private const string MachineForm = "an object: {\"private_ip\": ..., \"port_map\": [...]}";
    private const string NetworksForm = "an object: {\"name\": \"192.168.122.0/24\"}";
    private const string NetworkForm = "an object {\"range\": \"192.168.122.0/24\", \"comment\": ...}";
    private const string ForwardForms = "a port, a pair [public, vm], or an object {\"public\": ..., \"vm\": ...}";

    private readonly Findings findings;
    private readonly ValueReader values;
    private readonly long now;

    private ConfigReader(ReadOnlyMemory<byte> utf8, string file, long now)
    {
        this.now = now;
        findings = new Findings(utf8, file);
        values = new ValueReader(findings);
    }

    /// <summary>The keys of the file itself.</summary>
    internal static readonly ImmutableArray<string> GlobalKeys =
        ["$schema", "debug", "strict", "backend", "public_ip", "machines", "networks"];

    /// <summary>The keys of a machine.</summary>
    internal static readonly ImmutableArray<string> MachineKeys =
        ["private_ip", "public_ip", "source", "interface", "localhost", "snat", "enabled", "comment", "port_map"];

    /// <summary>The keys of a port_map entry.</summary>
    internal static readonly ImmutableArray<string> ForwardKeys =
        ["public", "vm", "protocol", "source", "public_ip", "localhost", "snat", "enabled", "until", "comment"];

    /// <summary>The keys of a network that is an object.</summary>
    internal static readonly ImmutableArray<string> NetworkKeys = ["range", "comment"];

    /// <summary>Reads a file.</summary>
    /// <param name="utf8">Its content, with or without a byte order mark.</param>
    /// <param name="file">Its name, for the messages.</param>
    /// <param name="now">The present, in seconds since 1970: a forward whose time has ended is idle.</param>
    public static ConfigResult Read(ReadOnlyMemory<byte> utf8, string file, long now = 0)
    {
        utf8 = JsonFile.WithoutMark(utf8);
        if (JsonFile.Parse(utf8, file, "at least {}", out var mistake) is not { } root)
            return new(null, [], [], [mistake!]);
        return new ConfigReader(utf8, file, now).ReadFile(root);
    }

    /// <summary>Whether a file has nothing but white space.</summary>
    public static bool IsBlank(ReadOnlySpan<byte> utf8)
    {
        var text = utf8.StartsWith("\uFEFF"u8) ? utf8[3..] : utf8;
        return text.Trim(" \t\r\n"u8).IsEmpty;
    }

    private ConfigResult ReadFile(JsonValue root)
    {
        if (root.Type != JsonTokenType.StartObject)
        {
            findings.Wrong(root, "an object with \"machines\"");
            return Result(null, [], []);
        }

        var keys = Keys(root, GlobalKeys);
        ImmutableArray<IPAddress> everybodys =
            keys.TryGetValue("public_ip", out var publicIp) ? values.PublicAddresses(publicIp) : [];
        var defaults = new Defaults(everybodys, [], Localhost: false, Snat: false, Enabled: true);
        var debug = keys.TryGetValue("debug", out var d) && values.Flag(d);
        var strict = keys.TryGetValue("strict", out var s) && values.Flag(s);
        var backend = keys.TryGetValue("backend", out var b) ? values.Backend(b) : Backend.Auto;
        var machinesValue = ObjectOrNull(keys, "machines", MachinesForm);
        var networksValue = ObjectOrNull(keys, "networks", NetworksForm);
        var isUsable = findings.Errors == 0;

        var (networks, leftOutNetworks) = Entries(networksValue, "network", ReadNetwork);
        values.Ranges = [.. networks.Select(n => n.Range)];
        var (machines, leftOutMachines) = Entries(machinesValue, "machine", (n, v) => ReadMachine(n, v, defaults));
        if (!isUsable) return Result(null, leftOutMachines, leftOutNetworks);

        var (kept, conflicts) = PortConflicts.LeaveOut(machines);
        foreach (var conflict in conflicts) findings.Add(conflict);
        return Result(new HookConfig(debug, strict, backend, kept, networks), leftOutMachines, leftOutNetworks);
    }

    private ConfigResult Result(
        HookConfig? config, ImmutableArray<string> leftOutMachines, ImmutableArray<string> leftOutNetworks)
    {
        ImmutableArray<Diagnostic> inOrder = findings.All.Count == 0
            ? [] // as a rule
            : [.. findings.All.OrderBy(f => f.Line).ThenBy(f => f.Column)];
        return new(config, leftOutMachines, leftOutNetworks, inOrder);
    }

    /// <summary>What an entry inherits.</summary>
    private readonly record struct Defaults(
        ImmutableArray<IPAddress> Public,
        ImmutableArray<IPNetwork> Sources,
        bool Localhost,
        bool Snat,
        bool Enabled);

    /// <summary>Reads each entry by itself: one that reports an error is left out.</summary>
    private (ImmutableArray<T> Kept, ImmutableArray<string> LeftOut) Entries<T>(
        JsonValue? group, string kind, Func<string, JsonValue, T> read)
    {
        var kept = ImmutableArray.CreateBuilder<T>();
        var leftOut = ImmutableArray.CreateBuilder<string>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (name, entry) in group?.Members ?? [])
        {
            var before = findings.Errors;
            if (name.Length == 0)
            {
                findings.ErrorAtKey(entry,
                    $"found a {kind} without a name; expected the name that libvirt has for it");
            }
            else if (!seen.Add(name))
            {
                findings.ErrorAtKey(entry,
                    $"the {kind} \"{Printable.Shown(name)}\" is here twice; put both into one entry");
            }

            var parsed = read(name, entry);
            if (findings.Errors == before) kept.Add(parsed);
            else leftOut.Add(name);
        }

        return (kept.ToImmutable(), leftOut.ToImmutable());
    }

    private Machine ReadMachine(string name, JsonValue value, Defaults defaults)
    {
        if (!values.Is(value, JsonTokenType.StartObject, MachineForm)) return new(name, [], null, []);

        var keys = Keys(value, MachineKeys);
        if (!keys.ContainsKey("public_ip")) CheckInherited(value, defaults.Public);
        defaults = Own(keys, defaults);

        ImmutableArray<IPAddress> addresses =
            keys.TryGetValue("private_ip", out var privateIp) ? values.PrivateAddresses(privateIp) : [];
        var interfaceName = keys.TryGetValue("interface", out var nic) ? values.Interface(nic) : null;
        ImmutableArray<Forward> forwards =
            keys.TryGetValue("port_map", out var map) ? ReadForwards(map, defaults, addresses) : [];
        CheckSnat(keys, defaults.Snat, forwards);
        return new(name, addresses, interfaceName, [.. forwards.Where(IsDue)])
        {
            Enabled = defaults.Enabled,
            Comment = keys.TryGetValue("comment", out var comment) ? values.Comment(comment) : null,
            Idle = [.. forwards.Where(f => !IsDue(f))],
            Origin = findings.Origin(value),
        };
    }

    private bool IsDue(Forward forward) => forward.Enabled && (forward.Until is not { } until || until > now);

    private ImmutableArray<Forward> ReadForwards(
        JsonValue map, Defaults defaults, ImmutableArray<IPAddress> addresses)
    {
        if (!values.Is(map, JsonTokenType.StartArray, "a list of entries: [[\"8080\", \"80\"]]")) return [];

        var forwards = ImmutableArray.CreateBuilder<Forward>(map.Items.Count);
        foreach (var item in map.Items)
            if (ReadForward(item, defaults, addresses) is { } forward) forwards.Add(forward);
        return forwards.DrainToImmutable();
    }

    /// <summary>What an entry says itself, and what it inherits besides.</summary>
    private Defaults Own(Dictionary<string, JsonValue> keys, Defaults inherited)
    {
        if (keys.TryGetValue("localhost", out var localhost))
            inherited = inherited with { Localhost = values.Flag(localhost) };
        if (keys.TryGetValue("snat", out var snat)) inherited = inherited with { Snat = values.Flag(snat) };
        if (keys.TryGetValue("public_ip", out var addresses))
            inherited = inherited with { Public = values.PublicAddresses(addresses, inherited.Localhost) };
        if (keys.TryGetValue("source", out var sources))
            inherited = inherited with { Sources = values.Sources(sources) };
        if (keys.TryGetValue("enabled", out var enabled))
            inherited = inherited with { Enabled = values.Flag(enabled) && inherited.Enabled };
        return inherited;
    }

    /// <summary>
    /// An address in the file's public_ip that nobody can have costs the machines that inherit it, not the file.
    /// </summary>
    private void CheckInherited(JsonValue machine, ImmutableArray<IPAddress> publicAddresses)
    {
        foreach (var address in publicAddresses)
        {
            if (AddressProblems.Of(address, values.Ranges) is { } problem)
                findings.ErrorAtKey(machine, $"the file's public_ip: {problem}; expected an address of this host");
        }
    }

    private NetworkRange ReadNetwork(string name, JsonValue value)
    {
        if (value.Type != JsonTokenType.StartObject) return new(name, values.Network(value) ?? default);
        var keys = Keys(value, NetworkKeys);
        var comment = keys.TryGetValue("comment", out var words) ? values.Comment(words) : null;
        if (keys.TryGetValue("range", out var range))
            return new(name, values.Network(range) ?? default) { Comment = comment };

        findings.Error(value, $"found an object without \"range\"; expected {NetworkForm}");
        return new(name, default);
    }

    private Forward? ReadForward(JsonValue value, Defaults defaults, ImmutableArray<IPAddress> addresses)
    {
        var (publicValue, guestValue) = (value, value);
        ImmutableArray<Protocol> protocols = [Protocol.Tcp];
        long? until = null;
        var isSwitchedOff = false;
        string? comment = null;
        switch (value.Type)
        {
            case JsonTokenType.String or JsonTokenType.Number:
                break;
            case JsonTokenType.StartArray when value.Items is [var first, var second]:
                (publicValue, guestValue) = (first, second);
                break;
            case JsonTokenType.StartArray:
                findings.Error(value, $"found a list of {value.Items.Count}; expected a pair [public, vm]");
                return null;
            case JsonTokenType.StartObject:
                var keys = Keys(value, ForwardKeys);
                if (!keys.TryGetValue("public", out publicValue!))
                {
                    const string expected = "expected the port on the host, such as \"public\": 8080";
                    findings.Error(value, $"found an object without \"public\"; {expected}");
                    return null;
                }

                guestValue = keys.GetValueOrDefault("vm", publicValue);
                if (keys.TryGetValue("protocol", out var protocol)) protocols = values.Protocols(protocol);
                if (keys.TryGetValue("until", out var time)) until = values.Until(time);
                if (keys.TryGetValue("comment", out var words)) comment = values.Comment(words);
                isSwitchedOff = keys.TryGetValue("enabled", out var enabled) && enabled.Type == JsonTokenType.False;
                defaults = Own(keys, defaults);
                break;
            default:
                findings.Wrong(value, ForwardForms);
                return null;
        }

        if (ReadPorts(publicValue, guestValue) is not var (publicPorts, guestPorts)) return null;
        var forward = new Forward(publicPorts, guestPorts, protocols, defaults.Sources, defaults.Public)
        {
            Localhost = defaults.Localhost,
            Snat = defaults.Snat,
            Enabled = defaults.Enabled,
            IsSwitchedOff = isSwitchedOff,
            Until = until,
            Comment = comment,
            Origin = findings.Origin(value),
        };
        return CanMeet(value, forward, addresses) ? forward : null;
    }

    private (PortRange Public, PortRange Guest)? ReadPorts(JsonValue publicValue, JsonValue guestValue)
    {
        var isRead = values.TryPorts(publicValue, out var publicPorts);
        var guestPorts = publicPorts;
        if (guestValue != publicValue) isRead &= values.TryPorts(guestValue, out guestPorts);
        if (!isRead) return null;

        if (publicPorts.Count == guestPorts.Count) return (publicPorts, guestPorts);
        findings.Error(guestValue,
            $"found {guestPorts.Count} ports ({guestPorts}) for {publicPorts.Count} public ones ({publicPorts}); " +
            "expected as many on both sides");
        return null;
    }

    /// <summary>Whether one family is on all sides.</summary>
    private bool CanMeet(JsonValue value, Forward forward, ImmutableArray<IPAddress> addresses)
    {
        if (ForwardFamilies.Has(addresses, forward, ipv4: true)) return true;
        if (ForwardFamilies.Has(addresses, forward, ipv4: false)) return true;
        if (ForwardFamilies.HasLocalhost(addresses, forward)) return true;

        findings.Error(value, "found only IPv4 on one side and only IPv6 on the other; " +
            "expected private_ip, public_ip and source to share a family");
        return false;
    }

    /// <summary>
    /// What a guest opens can leave with one address of a family: the first one counts, and more are doubts.
    /// </summary>
    private void CheckSnat(Dictionary<string, JsonValue> keys, bool isMeant, ImmutableArray<Forward> forwards)
    {
        IPAddress? ipv4 = null, ipv6 = null;
        foreach (var forward in forwards.Where(f => f.Snat))
        {
            if (forward.PublicAddresses.IsEmpty)
            {
                findings.Warning(forward.Origin, "snat needs a public_ip, with which the guest's connections leave; " +
                    "it has no effect here");
                continue;
            }

            foreach (var family in (ReadOnlySpan<bool>)[true, false])
            {
                var leaves = forward.PublicAddresses.FirstOrDefault(
                    a => a.IsIPv4() == family && !IPAddress.IsLoopback(a));
                if (leaves is null) continue;
                var first = family ? ipv4 ??= leaves : ipv6 ??= leaves;
                if (first.Equals(leaves)) continue;
                findings.Warning(forward.Origin,
                    $"snat: the guest's connections leave with {first}, which is the first; not with {leaves}");
            }
        }

        if (isMeant && forwards.IsEmpty)
            findings.WarningAtKey(keys["snat"], "snat has no effect: the guest has no forward whose address it takes");
    }

    private JsonValue? ObjectOrNull(Dictionary<string, JsonValue> keys, string key, string expected)
    {
        if (!keys.TryGetValue(key, out var value)) return null;
        return values.Is(value, JsonTokenType.StartObject, expected) ? value : null;
    }

    /// <summary>An object's members by key; unknown and repeated ones are doubts, not mistakes.</summary>
    private Dictionary<string, JsonValue> Keys(JsonValue value, ImmutableArray<string> known)
    {
        var keys = new Dictionary<string, JsonValue>(StringComparer.Ordinal);
        foreach (var (key, member) in value.Members)
        {
            if (!known.Contains(key))
            {
                var meant = Suggestion.Phrase(key, known);
                findings.WarningAtKey(member,
                    $"\"{Printable.Shown(key)}\" is not a key that is known here, it has no effect{meant}");
            }
            else if (!keys.TryAdd(key, member))
            {
                findings.WarningAtKey(member, $"\"{key}\" is here twice; the last one counts");
                keys[key] = member;
            }
        }

        return keys;
    }
}
