using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Net;
using HookAot.Model;
using HookAot.Rules;

namespace HookAot.Host;

/// <summary>
/// How many connections go through each translation now, counted in the kernel's table of flows: those of TCP and SCTP
/// that are established and not closed by both sides, and the flows of UDP that the kernel still knows.
/// </summary>
/// <remarks>ctnetlink (linux/netfilter/nfnetlink_conntrack.h): one dump for each family, within a limit.</remarks>
internal sealed class OpenConnections
{
    private const ushort Get = (1 << 8) | 1; // NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_GET
    private const int TupleOriginal = 1, TupleReply = 2, Status = 3, ProtocolInfo = 4, StatusMask = 26; // CTA_*
    private const uint DestinationTranslated = 1 << 5; // IPS_DST_NAT
    private const int State = 1; // CTA_PROTOINFO_TCP_STATE, CTA_PROTOINFO_SCTP_STATE
    private const int PayloadHeader = 4; // struct nfgenmsg: family, version, resource

    // A table of a million flows is read in about a second.
    private const int PatienceMilliseconds = 5_000;

    private readonly ImmutableArray<Translation> translations;
    private readonly int[] counts;

    // By protocol and public port; a range is looked at for every flow.
    private readonly Dictionary<int, List<int>> byPort = [];
    private readonly List<int> ranges = [];

    private OpenConnections(ImmutableArray<Translation> translations)
    {
        this.translations = translations;
        counts = new int[translations.Length];
        for (var i = 0; i < translations.Length; i++)
        {
            var ports = translations[i].PublicPorts;
            if (ports.Count > 1)
            {
                ranges.Add(i);
                continue;
            }

            var key = Key(Number(translations[i].Protocol), ports.First);
            if (!byPort.TryGetValue(key, out var same)) byPort[key] = same = [];
            same.Add(i);
        }
    }

    /// <summary>Counts them.</summary>
    /// <param name="translations">The translations, in the order in which they are tried.</param>
    /// <returns>The number for each; null if the kernel does not say.</returns>
    public static Dictionary<Translation, int>? Count(ImmutableArray<Translation> translations)
    {
        var open = new OpenConnections(translations);
        foreach (var ipv4 in (ReadOnlySpan<bool>)[true, false])
        {
            if (translations.Any(t => t.Target.IsIPv4() == ipv4) && !open.Read(ipv4)) return null;
        }

        var counted = new Dictionary<Translation, int>();
        for (var i = 0; i < translations.Length; i++) counted[translations[i]] = open.counts[i];
        return counted;
    }

    private bool Read(bool ipv4)
    {
        using var netlink = Netlink.Open(Netlink.Netfilter);
        if (netlink is null) return false;

        // Only what is translated; a kernel before 5.18 passes over it and tells of all.
        Span<byte> question = stackalloc byte[PayloadHeader + 16];
        question.Clear();
        question[0] = ipv4 ? (byte)Libc.AF_INET : (byte)Libc.AF_INET6;
        Attribute(question[PayloadHeader..], Status, DestinationTranslated);
        Attribute(question[(PayloadHeader + 8)..], StatusMask, DestinationTranslated);
        return netlink.Ask(Get, question, Deadline.In(PatienceMilliseconds), Take) == 0;
    }

    private static void Attribute(Span<byte> at, int type, uint value)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(at, 8);
        BinaryPrimitives.WriteUInt16LittleEndian(at[2..], (ushort)type);
        BinaryPrimitives.WriteUInt32BigEndian(at[4..], value);
    }

    private void Take(ReadOnlySpan<byte> message)
    {
        if (message.Length < PayloadHeader) return;
        var attributes = message[PayloadHeader..];
        var status = Netlink.Attribute(attributes, Status);
        if (status.Length < 4) return;
        if ((BinaryPrimitives.ReadUInt32BigEndian(status) & DestinationTranslated) == 0) return;

        var original = new FlowTuple(Netlink.Attribute(attributes, TupleOriginal));
        var reply = new FlowTuple(Netlink.Attribute(attributes, TupleReply));
        if (!IsOpen(original.Protocol, Netlink.Attribute(attributes, ProtocolInfo))) return;

        byPort.TryGetValue(Key(original.Protocol, original.DestinationPort), out var single);
        if (Find(single ?? [], original, reply) is var found and >= 0) counts[found]++;
        else if (Find(ranges, original, reply) is var inRange and >= 0) counts[inRange]++;
    }

    /// <summary>The translation that made a flow what it is, the one to its own address first; -1: none.</summary>
    private int Find(List<int> candidates, FlowTuple original, FlowTuple reply)
    {
        var any = -1;
        foreach (var candidate in candidates)
        {
            var translation = translations[candidate];
            if (!Is(translation, original, reply)) continue;
            if (translation.Public is not null) return candidate;
            if (any < 0) any = candidate;
        }

        return any;
    }

    private static bool Is(Translation translation, FlowTuple original, FlowTuple reply)
    {
        var ports = translation.PublicPorts;
        var port = original.DestinationPort;
        if (Number(translation.Protocol) != original.Protocol || port < ports.First || port > ports.Last) return false;
        if (reply.SourcePort != translation.TargetPorts.First + (port - ports.First)) return false;
        if (!reply.Source.SequenceEqual(translation.Target.GetAddressBytes())) return false;
        if (translation.Public is { } address && !original.Destination.SequenceEqual(address.GetAddressBytes()))
            return false;
        if (translation.Source is not { } source) return true;
        return !original.Source.IsEmpty && source.Contains(new IPAddress(original.Source));
    }

    /// <summary>Whether both sides have agreed to it, and not yet to its end.</summary>
    private static bool IsOpen(byte protocol, ReadOnlySpan<byte> info)
    {
        // TCP_CONNTRACK_ESTABLISHED to LAST_ACK (nf_conntrack_tcp.h); SCTP_CONNTRACK_ESTABLISHED to SHUTDOWN_ACK_SENT
        // (nf_conntrack_sctp.h). CTA_PROTOINFO_TCP is 1, _SCTP is 3.
        return protocol switch
        {
            Tcp => Netlink.Attribute(Netlink.Attribute(info, 1), State) is [>= 3 and <= 6, ..],
            Sctp => Netlink.Attribute(Netlink.Attribute(info, 3), State) is [>= 4 and <= 7, ..],
            _ => true,
        };
    }

    private const byte Tcp = 6, Udp = 17, Sctp = 132; // IPPROTO_*

    private static byte Number(Protocol protocol) => protocol switch
    {
        Protocol.Tcp => Tcp,
        Protocol.Udp => Udp,
        Protocol.Sctp => Sctp,
        _ => throw new ArgumentOutOfRangeException(nameof(protocol)),
    };

    private static int Key(byte protocol, ushort port) => (protocol << 16) | port;
}
