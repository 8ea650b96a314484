using System.Collections.Immutable;
using System.Text.Json;
using HookAot.Model;

namespace HookAot.Config;

/// <summary>An entry of a port_map as it stands in the file, with what it inherits.</summary>
internal sealed class WrittenForward
{
    private readonly JsonValue machine;
    private readonly JsonValue root;

    private WrittenForward(JsonValue item, PortNotation port, JsonValue machine, JsonValue root) =>
        (Entry, Port, this.machine, this.root) = (item, port, machine, root);

    /// <summary>The entry.</summary>
    public JsonValue Entry { get; }

    /// <summary>Its ports and protocols.</summary>
    public PortNotation Port { get; }

    /// <summary>When it ends, in seconds since 1970; null: never.</summary>
    public long? Until => Entry.Member("until") is { } until ? UtcTime.Parse(until.Text) : null;

    /// <summary>Whether it is not in force because it was disabled.</summary>
    public bool IsDisabled => IsFalse(Entry.Member("enabled"));

    /// <summary>The entries of a machine that are understood.</summary>
    public static List<WrittenForward> Of(JsonValue machine, JsonValue root)
    {
        var written = new List<WrittenForward>();
        foreach (var item in machine.Member("port_map")?.Items ?? [])
            if (PortEntry.Read(item) is { } port) written.Add(new(item, port, machine, root));
        return written;
    }

    /// <summary>Whether a value is there and says false.</summary>
    public static bool IsFalse(JsonValue? value) => value is not null && Meaning.Of(value).Length == 0;

    /// <summary>What a key means for it, whoever says so.</summary>
    public string this[string key] => Meaning.Of(Entry.Member(key) ?? Inherited(machine, root, key));

    /// <summary>What an entry without a key takes from its machine or from the file.</summary>
    public static JsonValue? Inherited(JsonValue machine, JsonValue root, string key) => key switch
    {
        "public_ip" => machine.Member(key) ?? root.Member(key),
        "source" or "localhost" or "snat" => machine.Member(key),
        _ => null,
    };

    /// <summary>Whether it is what was typed; what that leaves open matches anything.</summary>
    public bool Is(TypedPort typed)
    {
        if (!PortEntry.Matches(Port, typed.Port)) return false;
        return typed.Address is not { } address || this["public_ip"].Split(' ').Contains($"{address}");
    }

    /// <summary>Whether both want a port of the host; a protocol that is not typed is any.</summary>
    public bool Meets(PortNotation other) =>
        Port.Public.Overlaps(other.Public) && (other.Protocols.IsEmpty || SharesProtocol(other.Protocols));

    /// <summary>Whether it forwards all that another one would, to the same ports of the guest.</summary>
    public bool Covers(PortNotation other)
    {
        var (there, wanted) = (Port.Public, other.Public);
        if (wanted.First < there.First || wanted.Last > there.Last) return false;
        if (!ProtocolsOf(other).All(Port.Protocols.Contains)) return false;
        return (other.Guest ?? wanted).First - wanted.First == (Port.Guest ?? there).First - there.First;
    }

    /// <summary>The protocols that are meant: TCP where none is typed.</summary>
    public static ImmutableArray<Protocol> ProtocolsOf(PortNotation port) =>
        port.Protocols.IsEmpty ? [Protocol.Tcp] : port.Protocols;

    /// <summary>As it may be typed: with the address that it has of its own.</summary>
    public override string ToString() => $"{OwnAddress}{Port}";

    /// <summary>The shortest form that names it.</summary>
    public string Name => Port.Protocols is [Protocol.Tcp]
        ? $"{OwnAddress}{Port.Public}"
        : $"{OwnAddress}{new PortNotation(Port.Public, null, Port.Protocols)}";

    private string OwnAddress =>
        Entry.Member("public_ip") is { Type: JsonTokenType.String } own && Addresses.TryParse(own.Text, out var address)
            ? TypedPort.Prefix(address)
            : "";

    private bool SharesProtocol(ImmutableArray<Protocol> protocols) => protocols.Any(p => Port.Protocols.Contains(p));
}
