using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Net;
using HookAot.Backends;
using HookAot.Model;
using HookAot.Rules;
using Microsoft.Extensions.Logging;

namespace HookAot.Host;

/// <summary>
/// Makes the kernel forget UDP flows that are older than the forward they belong to. A flow is translated as it was at
/// its first packet, for as long as packets come: a client that has sent to a public port before the guest started
/// would never reach it. (TCP begins anew.)
/// </summary>
/// <remarks>
/// ctnetlink (linux/netfilter/nfnetlink_conntrack.h): one dump of the IPv4 table, then a delete for each flow. Flows
/// are matched by the port that was sent to, before any translation; the port on the guest may be somebody else's.
/// </remarks>
internal static unsafe class Conntrack
{
    private const int NetlinkNetfilter = 12;
    private const ushort Get = 1 << 8 | 1, Delete = 1 << 8 | 2; // NFNL_SUBSYS_CTNETLINK; IPCTNL_MSG_CT_GET and _DELETE
    private const ushort Request = 1, Dump = 0x300;
    private const ushort Error = 2, Done = 3;
    private const int TupleOrig = 1, TupleReply = 2, Zone = 18, TupleIp = 1, TupleProto = 2, IPv4Source = 1, IPv4Destination = 2, ProtocolNumber = 1, DestinationPort = 3;
    private const byte Ipv4Family = 2, Udp = 17;
    private const int HeaderSize = 16 + 4; // struct nlmsghdr and struct nfgenmsg

    /// <summary>The UDP forwards of a ruleset.</summary>
    public static ImmutableArray<UdpForward> UdpForwards(Ruleset ruleset) =>
        [.. ruleset.Translations.Where(t => t.Protocol == Protocol.Udp)
            .Select(t => new UdpForward(t.Public?.ToString(), t.PublicPorts.First, t.PublicPorts.Last, IptablesScript.Destination(t))).Distinct()];

    /// <summary>Forgets the flows of forwards that appeared, changed or went.</summary>
    public static void Forget(IReadOnlyCollection<UdpForward> changed, ILogger log)
    {
        if (changed.Count > 0) Forget((original, _) => Find(original, changed) is not null, log);
    }

    /// <summary>Forgets the flows that <see cref="CountStale"/> counts.</summary>
    public static void ForgetStale(Ruleset ruleset, ILogger log)
    {
        if (IsStale(ruleset) is { } stale) Forget(stale, log);
    }

    /// <summary>
    /// How many flows to UDP forwards do not go to their guest, because they are older; null if the kernel does not
    /// say.
    /// </summary>
    public static int? CountStale(Ruleset ruleset)
    {
        if (IsStale(ruleset) is not { } stale) return 0;
        var socket = Libc.socket(Libc.AF_NETLINK, Libc.SOCK_RAW | Libc.SOCK_CLOEXEC, NetlinkNetfilter);
        try
        {
            return socket < 0 ? null : Flows(socket, stale)?.Count;
        }
        finally
        {
            _ = Libc.close(socket);
        }
    }

    /// <summary>Whether a flow, given the tuples of its two directions, is one that we look for.</summary>
    private delegate bool Wanted(ReadOnlySpan<byte> original, ReadOnlySpan<byte> reply);

    private static void Forget(Wanted wanted, ILogger log)
    {
        var socket = Libc.socket(Libc.AF_NETLINK, Libc.SOCK_RAW | Libc.SOCK_CLOEXEC, NetlinkNetfilter);
        try
        {
            if (socket < 0 || Flows(socket, wanted) is not { } flows)
            {
                Log.Warned(log, $"UDP flows that are older than their forward cannot be forgotten, they end after 3 minutes of silence: {Libc.LastError()}");
                return;
            }

            foreach (var flow in flows) Send(socket, Delete, Request, flow);
            Log.Forgotten(log, flows.Count);
        }
        finally
        {
            _ = Libc.close(socket);
        }
    }

    /// <summary>
    /// Sent to this host, to the port of a forward, but answered by another than its guest. Who is not allowed to
    /// connect is not translated, so forwards with a source say nothing; null if there is no other.
    /// </summary>
    private static Wanted? IsStale(Ruleset ruleset)
    {
        var udp = UdpForwards(ruleset with { Translations = [.. ruleset.Translations.Where(t => t.Source is null)] });
        if (udp.IsEmpty) return null;
        var local = HostNetwork.LocalAddresses().Where(a => !IPAddress.IsLoopback(a)).ToHashSet();
        return (original, reply) =>
        {
            if (Find(original, udp) is not { } forward || !local.Contains(Address(original, IPv4Destination)!)) return false;
            return Address(reply, IPv4Source)?.ToString() != forward.Target.Split(':')[0];
        };
    }

    /// <summary>
    /// The attributes that name each matching flow (its original tuple and its zone); null after an error.
    /// </summary>
    private static List<byte[]>? Flows(int socket, Wanted wanted)
    {
        if (!Send(socket, Get, Request | Dump, [])) return null;
        var flows = new List<byte[]>();
        var buffer = new byte[64 * 1024]; // more than the kernel puts into one datagram of a dump (NLMSG_GOODSIZE)
        while (true)
        {
            nint length;
            fixed (byte* p = buffer) length = Libc.recv(socket, p, buffer.Length, 0);
            if (length <= 0) return null;
            for (var rest = buffer.AsSpan(0, (int)length); rest.Length >= HeaderSize;)
            {
                var size = (int)BinaryPrimitives.ReadUInt32LittleEndian(rest);
                var type = BinaryPrimitives.ReadUInt16LittleEndian(rest[4..]);
                if (type == Done) return flows;
                if (type == Error || size < HeaderSize || size > rest.Length) return null;
                var attributes = rest[HeaderSize..size];
                if (wanted(Attribute(attributes, TupleOrig, whole: false), Attribute(attributes, TupleReply, whole: false))) flows.Add([.. Attribute(attributes, TupleOrig, whole: true), .. Attribute(attributes, Zone, whole: true)]);
                rest = rest[Math.Min(Align(size), rest.Length)..];
            }
        }
    }

    /// <summary>The forward that a flow was sent to, by the port before any translation.</summary>
    private static UdpForward? Find(ReadOnlySpan<byte> original, IReadOnlyCollection<UdpForward> forwards)
    {
        var protocol = Attribute(original, TupleProto, whole: false);
        if (Attribute(protocol, ProtocolNumber, whole: false) is not [Udp, ..]) return null;
        var portBytes = Attribute(protocol, DestinationPort, whole: false);
        if (Address(original, IPv4Destination) is not { } address || portBytes.Length < 2) return null;
        var port = BinaryPrimitives.ReadUInt16BigEndian(portBytes);
        var text = address.ToString();
        return forwards.FirstOrDefault(f => f.First <= port && port <= f.Last && (f.Public is null || f.Public == text));
    }

    private static IPAddress? Address(ReadOnlySpan<byte> tuple, int which) =>
        Attribute(Attribute(tuple, TupleIp, whole: false), which, whole: false) is { Length: >= 4 } bytes ? new IPAddress(bytes[..4]) : null;

    /// <summary>
    /// An attribute's payload, or the attribute as it stands with its header and padding; empty if it is not there.
    /// </summary>
    private static ReadOnlySpan<byte> Attribute(ReadOnlySpan<byte> attributes, int type, bool whole)
    {
        const ushort TypeMask = 0x3fff; // without NLA_F_NESTED and NLA_F_NET_BYTEORDER
        while (attributes.Length >= 4)
        {
            var size = BinaryPrimitives.ReadUInt16LittleEndian(attributes);
            if (size < 4 || size > attributes.Length) return [];
            var padded = Math.Min(Align(size), attributes.Length);
            if ((BinaryPrimitives.ReadUInt16LittleEndian(attributes[2..]) & TypeMask) == type) return whole ? attributes[..padded] : attributes[4..size];
            attributes = attributes[padded..];
        }

        return [];
    }

    private static bool Send(int socket, ushort type, ushort flags, ReadOnlySpan<byte> attributes)
    {
        var message = new byte[HeaderSize + attributes.Length];
        BinaryPrimitives.WriteUInt32LittleEndian(message, (uint)message.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(message.AsSpan(4), type);
        BinaryPrimitives.WriteUInt16LittleEndian(message.AsSpan(6), flags);
        message[16] = Ipv4Family;
        attributes.CopyTo(message.AsSpan(HeaderSize));
        fixed (byte* p = message) return Libc.send(socket, p, message.Length, 0) == message.Length;
    }

    private static int Align(int size) => (size + 3) & ~3;
}
