using System.Collections.Immutable;
using System.Net;
using HookAot.Model;

namespace HookAot.Rules;

/// <summary>Which addresses a guest has, from what libvirt's networks reserve and dnsmasq leases.</summary>
internal static class GuestAddresses
{
    /// <summary>
    /// A guest's addresses, IPv4 before IPv6, each once. Each interface has at most one of a family: the static
    /// reservation of its network, else the lease that ends last, else the one that it had before. A guest that was
    /// paused renews no lease and keeps its address, so a lease that ran out serves until another MAC has the address.
    /// </summary>
    public static ImmutableArray<IPAddress> Of(ObservedGuest guest, Observation seen)
    {
        var addresses = ImmutableArray.CreateBuilder<IPAddress>();
        foreach (var ipv4 in (ReadOnlySpan<bool>)[true, false])
        {
            foreach (var nic in guest.Interfaces)
                if (Find(guest, nic, seen, ipv4) is { } found && !addresses.Contains(found)) addresses.Add(found);
        }

        return addresses.ToImmutable();
    }

    /// <summary>
    /// What to record after a converge, for the time when dnsmasq no longer knows: the addresses of each MAC.
    /// </summary>
    public static ImmutableArray<LearnedAddress> Learned(Observation seen)
    {
        var learned = ImmutableArray.CreateBuilder<LearnedAddress>();
        foreach (var guest in seen.Guests)
        {
            foreach (var nic in guest.Interfaces)
            {
                foreach (var ipv4 in (ReadOnlySpan<bool>)[true, false])
                {
                    if (Find(guest, nic, seen, ipv4) is not { } found) continue;
                    var address = new LearnedAddress(nic.Mac!, found);
                    if (!learned.Contains(address)) learned.Add(address);
                }
            }
        }

        return learned.ToImmutable();
    }

    /// <summary>The bridges whose leases say something about the guests; each once.</summary>
    public static ImmutableArray<string> Bridges(
        IEnumerable<ObservedGuest> guests, ImmutableArray<ObservedNetwork> networks)
    {
        var bridges = ImmutableArray.CreateBuilder<string>();
        foreach (var guest in guests)
        {
            foreach (var nic in guest.Interfaces)
            {
                if (nic.Mac is null) continue;
                var bridge = nic.Bridge ?? NetworkOf(nic, networks)?.Bridge;
                if (bridge is not null && !bridges.Contains(bridge)) bridges.Add(bridge);
            }
        }

        return bridges.ToImmutable();
    }

    private static IPAddress? Find(ObservedGuest guest, GuestInterface nic, Observation seen, bool ipv4)
    {
        if (nic.Mac is not { } mac) return null;
        var network = NetworkOf(nic, seen.Networks);
        return Reserved(network, mac, guest.Name, ipv4)
            ?? Leased(nic.Bridge ?? network?.Bridge, mac, seen, ipv4)
            ?? Before(network, mac, seen, ipv4);
    }

    // The inactive XML of a NIC has no bridge, and a NIC of type bridge names no network.
    private static ObservedNetwork? NetworkOf(GuestInterface nic, ImmutableArray<ObservedNetwork> networks)
    {
        foreach (var network in networks)
        {
            var same = nic.Network is null
                ? nic.Bridge is not null && nic.Bridge == network.Bridge
                : nic.Network == network.Name;
            if (same) return network;
        }

        return null;
    }

    private static IPAddress? Reserved(ObservedNetwork? network, string mac, string name, bool ipv4)
    {
        IPAddress? byName = null;
        foreach (var host in network?.Hosts ?? [])
        {
            if (!IsOf(host.Address, ipv4)) continue;
            if (host.Mac == mac) return host.Address;
            if (host.Mac is null && host.Name == name) byName ??= host.Address;
        }

        return byName;
    }

    private static IPAddress? Leased(string? bridge, string mac, Observation seen, bool ipv4)
    {
        Lease? best = null;
        foreach (var lease in seen.Leases)
        {
            if (lease.Mac != mac || lease.Bridge != bridge || !IsOf(lease.Address, ipv4)) continue;
            // The last one of several that end together: libvirt's lease helper appends.
            if (best is not null && End(lease) < End(best)) continue;
            if (IsValid(lease, seen.Now) || !IsTaken(lease.Address, mac, End(lease), seen)) best = lease;
        }

        return best?.Address;
    }

    private static IPAddress? Before(ObservedNetwork? network, string mac, Observation seen, bool ipv4)
    {
        foreach (var learned in seen.Learned)
        {
            if (learned.Mac != mac || !IsOf(learned.Address, ipv4)) continue;
            // A NIC can be moved to another network while its guest runs.
            if (network is { Ranges.IsEmpty: false } && !Contains(network, learned.Address)) continue;
            // libvirt's lease helper replaces the lease of an address, so any lease of another MAC is a newer one.
            if (!IsTaken(learned.Address, mac, endedAt: long.MinValue, seen)) return learned.Address;
        }

        return null;
    }

    /// <summary>
    /// Whether an address whose lease ended belongs to another MAC, which has it now or had it later.
    /// </summary>
    private static bool IsTaken(IPAddress address, string mac, long endedAt, Observation seen)
    {
        foreach (var lease in seen.Leases)
        {
            if (lease.Mac == mac || !lease.Address.Equals(address)) continue;
            if (IsValid(lease, seen.Now) || End(lease) > endedAt) return true;
        }

        foreach (var network in seen.Networks)
        {
            foreach (var host in network.Hosts)
                if (host.Mac is not null && host.Mac != mac && host.Address.Equals(address)) return true;
        }

        return false;
    }

    private static bool Contains(ObservedNetwork network, IPAddress address)
    {
        foreach (var range in network.Ranges)
            if (range.Contains(address)) return true;
        return false;
    }

    // fe80::/10 is an address on each link anew, and says nothing without the link.
    private static bool IsOf(IPAddress address, bool ipv4) => address.IsIPv4() == ipv4 && !address.IsIPv6LinkLocal;

    // dnsmasq writes 0 for a lease without end.
    private static long End(Lease lease) => lease.ExpiresAt == 0 ? long.MaxValue : lease.ExpiresAt;

    private static bool IsValid(Lease lease, DateTimeOffset now) => End(lease) > now.ToUnixTimeSeconds();
}
