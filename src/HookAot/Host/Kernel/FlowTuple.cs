using System.Buffers.Binary;

namespace HookAot.Host;

/// <summary>
/// One direction of a flow that the kernel tracks, as its attributes say (linux/netfilter/nfnetlink_conntrack.h).
/// </summary>
/// <param name="tuple">CTA_TUPLE_ORIG or CTA_TUPLE_REPLY.</param>
internal readonly ref struct FlowTuple(ReadOnlySpan<byte> tuple)
{
    private const int Ip = 1, Proto = 2; // CTA_TUPLE_*
    private const int Number = 1, From = 2, To = 3; // CTA_PROTO_*
    private const int IPv4Source = 1, IPv4Destination = 2, IPv6Source = 3, IPv6Destination = 4; // CTA_IP_*

    private readonly ReadOnlySpan<byte> addresses = Netlink.Attribute(tuple, Ip);
    private readonly ReadOnlySpan<byte> protocol = Netlink.Attribute(tuple, Proto);

    /// <summary>The number of the transport protocol; 0 if the tuple does not say.</summary>
    public byte Protocol => Netlink.Attribute(protocol, Number) is [var number, ..] ? number : (byte)0;

    /// <summary>The port that it comes from; 0 if the tuple does not say.</summary>
    public ushort SourcePort => Port(From);

    /// <summary>The port that it goes to; 0 if the tuple does not say.</summary>
    public ushort DestinationPort => Port(To);

    /// <summary>The address that it comes from, 4 or 16 bytes; empty if the tuple does not say.</summary>
    public ReadOnlySpan<byte> Source => Address(IPv4Source, IPv6Source);

    /// <summary>The address that it goes to.</summary>
    public ReadOnlySpan<byte> Destination => Address(IPv4Destination, IPv6Destination);

    private ushort Port(int attribute)
    {
        var bytes = Netlink.Attribute(protocol, attribute);
        return bytes.Length < sizeof(ushort) ? (ushort)0 : BinaryPrimitives.ReadUInt16BigEndian(bytes);
    }

    private ReadOnlySpan<byte> Address(int ipv4, int ipv6)
    {
        const int IPv4Size = 4, IPv6Size = 16;
        if (Netlink.Attribute(addresses, ipv4) is { Length: IPv4Size } four) return four;
        return Netlink.Attribute(addresses, ipv6) is { Length: IPv6Size } sixteen ? sixteen : [];
    }
}
