using System.Net;
using System.Net.Sockets;
using HookAot.Model;
using HookAot.Rules;

namespace HookAot.Host;

/// <summary>
/// Finds the forward that a tracked flow was sent to: by protocol, address, port and source as they were before any
/// translation. The port on the guest may be another program's.
/// </summary>
internal sealed class FlowMatch
{
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
        var tuple = new FlowTuple(original);
        if (tuple.Protocol != Udp || tuple.DestinationPort is not (> 0 and var port)) return null;

        IPAddress? source = null, destination = null;
        foreach (var forward in forwards)
        {
            if (port < forward.First || port > forward.Last) continue;
            destination ??= Address(tuple.Destination);
            source ??= Address(tuple.Source);
            if (destination is null || source is null) return null;
            if (destination.AddressFamily != forward.Target.AddressFamily) continue;
            if (!(forward.Public?.Equals(destination) ?? anyAddresses.Contains(destination))) continue;
            if (forward.Source is { } allowed && !allowed.Contains(source)) continue;
            return forward.Target;
        }

        return null;
    }

    /// <summary>Where a direction of a flow comes from; null if the tuple does not say.</summary>
    public static IPAddress? Source(ReadOnlySpan<byte> tuple) => Address(new FlowTuple(tuple).Source);

    private static IPAddress? Address(ReadOnlySpan<byte> bytes) => bytes.IsEmpty ? null : new IPAddress(bytes);

    private static bool TryParse(string text, out IPNetwork? network)
    {
        var valid = Addresses.TryParseNetwork(text, out var parsed);
        network = valid ? parsed : null;
        return valid;
    }

    private readonly record struct Sought(
        IPAddress? Public, ushort First, ushort Last, IPNetwork? Source, IPAddress Target);
}
