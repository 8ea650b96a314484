using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using HookAot.Model;
using HookAot.Rules;

namespace HookAot.Host;

/// <summary>
/// Finds the forward that a tracked flow was sent to: by protocol, address, port and source as they were before any
/// translation. The port on the guest may be another program's.
/// </summary>
/// <remarks>A flow's tuple is the kernel's, as attributes (linux/netfilter/nfnetlink_conntrack.h).</remarks>
internal sealed class FlowMatch
{
    private const int TupleIp = 1, TupleProtocol = 2; // CTA_TUPLE_*
    private const int ProtocolNumber = 1, DestinationPort = 3; // CTA_PROTO_*
    private const int IPv4Source = 1, IPv4Destination = 2, IPv6Source = 3, IPv6Destination = 4; // CTA_IP_*
    private const byte Udp = 17;

    private readonly List<Sought> forwards = [];
    private readonly IReadOnlyCollection<IPAddress> anyAddresses;

    /// <summary>Looks for flows of these forwards.</summary>
    /// <param name="forwards">The forwards, in the order in which they are tried.</param>
    /// <param name="anyAddresses">The host's addresses that a forward to any address is for.</param>
    public FlowMatch(IReadOnlyCollection<UdpForward> forwards, IReadOnlyCollection<IPAddress> anyAddresses)
    {
        this.anyAddresses = anyAddresses;
        foreach (var forward in forwards)
        {
            // The record is a file: what it has in place of an address is no forward.
            IPAddress? address = null;
            IPNetwork? source = null;
            if (forward.Public is not null && !Addresses.TryParse(forward.Public, out address)) continue;
            if (forward.Source is not null && !TryParse(forward.Source, out source)) continue;
            if (forward.TargetAddress() is { } target)
                this.forwards.Add(new(address, forward.First, forward.Last, source, target));
        }
    }

    /// <summary>Whether any of the forwards is of this family.</summary>
    public bool Has(AddressFamily family) => forwards.Exists(f => f.Target.AddressFamily == family);

    /// <summary>The guest's address of the forward that a flow was sent to; null if it was sent to none.</summary>
    /// <param name="original">The tuple of its first direction.</param>
    public IPAddress? Target(ReadOnlySpan<byte> original)
    {
        var protocol = Netlink.Attribute(original, TupleProtocol);
        if (Netlink.Attribute(protocol, ProtocolNumber) is not [Udp, ..]) return null;
        var portBytes = Netlink.Attribute(protocol, DestinationPort);
        if (portBytes.Length < sizeof(ushort)) return null;

        var port = BinaryPrimitives.ReadUInt16BigEndian(portBytes);
        IPAddress? source = null, destination = null;
        foreach (var forward in forwards)
        {
            if (port < forward.First || port > forward.Last) continue;
            destination ??= Address(original, IPv4Destination, IPv6Destination);
            source ??= Source(original);
            if (destination is null || source is null) return null;
            if (destination.AddressFamily != forward.Target.AddressFamily) continue;
            if (!(forward.Public?.Equals(destination) ?? anyAddresses.Contains(destination))) continue;
            if (forward.Source is { } allowed && !allowed.Contains(source)) continue;
            return forward.Target;
        }

        return null;
    }

    /// <summary>Where a direction of a flow comes from; null if the tuple does not say.</summary>
    public static IPAddress? Source(ReadOnlySpan<byte> tuple) => Address(tuple, IPv4Source, IPv6Source);

    private static IPAddress? Address(ReadOnlySpan<byte> tuple, int ipv4, int ipv6)
    {
        const int IPv4Size = 4, IPv6Size = 16;
        var addresses = Netlink.Attribute(tuple, TupleIp);
        if (Netlink.Attribute(addresses, ipv4) is { Length: IPv4Size } four) return new IPAddress(four);
        return Netlink.Attribute(addresses, ipv6) is { Length: IPv6Size } sixteen ? new IPAddress(sixteen) : null;
    }

    private static bool TryParse(string text, out IPNetwork? network)
    {
        var valid = Addresses.TryParseNetwork(text, out var parsed);
        network = valid ? parsed : null;
        return valid;
    }

    private readonly record struct Sought(
        IPAddress? Public, ushort First, ushort Last, IPNetwork? Source, IPAddress Target);
}
