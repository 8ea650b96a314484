using System.Net;
using System.Net.Sockets;
using HookAot.Rules;
using Microsoft.Extensions.Logging;

namespace HookAot.Host;

/// <summary>
/// Makes the kernel forget UDP flows that are older than the forward they belong to. A flow is translated as it was at
/// its first packet, for as long as packets come: a client that has sent to a public port before the guest started
/// would never reach it, and one that is no longer allowed to would go on reaching it. (TCP begins anew.)
/// </summary>
/// <remarks>
/// ctnetlink (linux/netfilter/nfnetlink_conntrack.h): one dump of a family's table, then a delete for each flow.
/// </remarks>
internal static class Conntrack
{
    private const ushort Get = (1 << 8) | 1, Delete = (1 << 8) | 2; // NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_*
    private const int TupleOriginal = 1, TupleReply = 2, Zone = 18; // CTA_*
    private const int PayloadHeader = 4; // struct nfgenmsg: family, version, resource

    // A table of a million flows is read in about a second.
    private const int PatienceMilliseconds = 5_000;

    private static readonly AddressFamily[] Families = [AddressFamily.InterNetwork, AddressFamily.InterNetworkV6];

    /// <summary>Whether a flow, given the tuples of its two directions, is one that we look for.</summary>
    private delegate bool Wanted(ReadOnlySpan<byte> original, ReadOnlySpan<byte> reply);

    /// <summary>Forgets the flows of forwards that appeared, changed or went.</summary>
    /// <param name="changed">The forwards, each as it was before and as it is now.</param>
    /// <param name="anyAddresses">The host's addresses that a forward to any address is for.</param>
    /// <param name="log">The log.</param>
    public static void Forget(
        IReadOnlyCollection<UdpForward> changed, IReadOnlyCollection<IPAddress> anyAddresses, ILogger log)
    {
        if (changed.Count == 0) return;
        var match = new FlowMatch(changed, anyAddresses);
        Forget(match, (original, _) => match.Target(original) is not null, log);
    }

    /// <summary>Forgets the flows that <see cref="CountStale"/> counts.</summary>
    /// <param name="forwards">The forwards in force, in the order in which they are tried.</param>
    /// <param name="anyAddresses">As above.</param>
    /// <param name="log">The log.</param>
    public static void ForgetStale(
        IReadOnlyCollection<UdpForward> forwards, IReadOnlyCollection<IPAddress> anyAddresses, ILogger log)
    {
        if (forwards.Count == 0) return;
        var match = new FlowMatch(forwards, anyAddresses);
        Forget(match, IsStale(match), log);
    }

    /// <summary>How many flows to UDP forwards do not go to their guest, because they are older.</summary>
    /// <param name="forwards">The forwards in force, in the order in which they are tried.</param>
    /// <param name="anyAddresses">As above.</param>
    /// <returns>Their number; null if the kernel does not say.</returns>
    public static int? CountStale(
        IReadOnlyCollection<UdpForward> forwards, IReadOnlyCollection<IPAddress> anyAddresses)
    {
        if (forwards.Count == 0) return 0;
        var match = new FlowMatch(forwards, anyAddresses);
        using var netlink = Netlink.Open(Netlink.Netfilter);
        var count = 0;
        foreach (var family in Families)
        {
            if (!match.Has(family)) continue;
            if (netlink is null || Flows(netlink, family, IsStale(match), out _) is not { } flows) return null;
            count += flows.Count;
        }

        return count;
    }

    // Sent to a forward, but answered by another than its guest.
    private static Wanted IsStale(FlowMatch match) => (original, reply) =>
        match.Target(original) is { } guest && !guest.Equals(FlowMatch.Source(reply));

    private static void Forget(FlowMatch match, Wanted wanted, ILogger log)
    {
        using var netlink = Netlink.Open(Netlink.Netfilter);
        var error = netlink is null ? Libc.LastErrorNumber : 0;
        var count = 0;
        foreach (var family in Families)
        {
            if (netlink is null || !match.Has(family)) continue;
            if (Flows(netlink, family, wanted, out error) is not { } flows) break;
            foreach (var flow in flows) _ = netlink.Tell(Delete, flow);
            count += flows.Count;
        }

        if (error == 0) Log.Forgotten(log, count);
        else
        {
            Log.Warned(log, "UDP flows that are older than their forward cannot be forgotten, " +
                $"they end after 3 minutes of silence: {Libc.Words(error)}");
        }
    }

    /// <summary>
    /// What names each matching flow to the kernel: its original tuple and its zone. Null after an error.
    /// </summary>
    private static List<byte[]>? Flows(Netlink netlink, AddressFamily family, Wanted wanted, out int error)
    {
        byte number = family == AddressFamily.InterNetwork ? (byte)Libc.AF_INET : (byte)Libc.AF_INET6;
        byte[] header = [number, 0, 0, 0];
        var flows = new List<byte[]>();
        error = netlink.Ask(Get, header, Deadline.In(PatienceMilliseconds), message =>
        {
            if (message.Length < PayloadHeader) return;
            var attributes = message[PayloadHeader..];
            var original = Netlink.Attribute(attributes, TupleOriginal);
            if (!wanted(original, Netlink.Attribute(attributes, TupleReply))) return;
            flows.Add([
                .. header,
                .. Netlink.WholeAttribute(attributes, TupleOriginal),
                .. Netlink.WholeAttribute(attributes, Zone)]);
        });
        return error == 0 ? flows : null;
    }
}
