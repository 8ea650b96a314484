using System.Collections.Immutable;
using System.Net;
using HookAot.Model;
using HookAot.Rules;

namespace HookAot.Host;

/// <summary>
/// Reads what a converge is computed from, once: libvirt's networks and leases, the host's routes and addresses.
/// </summary>
internal static class ObservationReader
{
    /// <summary>Reads it.</summary>
    /// <param name="paths">Where things are.</param>
    /// <param name="config">The configuration; null: there is none.</param>
    /// <param name="state">What is active.</param>
    /// <param name="told">Guests that this very call was told about.</param>
    public static Observation Read(
        HostPaths paths, HookConfig? config, HostState state, ImmutableArray<HostEvent> told = default)
    {
        ImmutableArray<ObservedGuest> guests = [.. state.Guests.Select(g => Guest(g, told))];
        var unreadable = ImmutableArray.CreateBuilder<string>();
        var networks = Networks(paths, state, unreadable);
        var hasIPv6 = HostNetwork.HasIPv6;
        return new(
            guests,
            networks,
            LearnsAddress(config, guests) ? DnsmasqLeases.Read(paths, GuestAddresses.Bridges(guests, networks)) : [],
            Learned(state),
            Routes(networks, hasIPv6, unreadable),
            HasUdp(config) || !state.Udp.IsEmpty ? [.. HostNetwork.LocalAddresses()] : [],
            DateTimeOffset.UtcNow,
            unreadable.ToImmutable())
        {
            HasIPv6 = hasIPv6,
        };
    }

    /// <summary>
    /// The routes of both families. Where the kernel does not tell those of one, libvirt's own ranges are as good.
    /// </summary>
    private static ImmutableArray<ConnectedRoute>? Routes(
        ImmutableArray<ObservedNetwork> networks, bool hasIPv6, ImmutableArray<string>.Builder unreadable)
    {
        var ipv4 = ConnectedRoutes.Read();
        var ipv6 = hasIPv6 ? ConnectedRoutes6.Read() : [];
        if (ipv4 is null) unreadable.Add(Unread("/proc/net/route"));
        if (ipv6 is null) unreadable.Add(Unread("/proc/net/ipv6_route"));
        if (ipv4 is null && ipv6 is null) return null;

        var ranges = GuestRoute.OfLibvirt(networks);
        return
        [
            .. ipv4 ?? ranges.Where(r => r.Network.BaseAddress.IsIPv4()),
            .. ipv6 ?? ranges.Where(r => !r.Network.BaseAddress.IsIPv4()),
        ];
    }

    private static string Unread(string table) =>
        $"the kernel's routes cannot be read ({table}): what a guest's own network is, is taken from libvirt";

    private static ObservedGuest Guest(RecordedGuest guest, ImmutableArray<HostEvent> told)
    {
        var isNews = !told.IsDefault && told.Any(e => e.Driver == guest.Driver && e.Name == guest.Name);
        var evidence = isNews ? Evidence.Event : Evidence.Record;
        return new(guest.Driver, guest.Name, guest.Interfaces, evidence) { Shadowed = guest.Shadowed };
    }

    /// <summary>
    /// The networks that libvirt's status files show, and those that an event has told of: libvirt writes the file
    /// after the hook "started", so that a network's definition has to serve until then.
    /// </summary>
    private static ImmutableArray<ObservedNetwork> Networks(
        HostPaths paths, HostState state, ImmutableArray<string>.Builder unreadable)
    {
        var active = LibvirtStatus.ActiveNetworks(paths);
        unreadable.AddRange(active.Problems);
        var known = active.Networks.Select(n => n.Name).ToHashSet(StringComparer.Ordinal);
        var networks = active.Networks.ToBuilder();
        foreach (var told in state.Networks)
            if (!known.Contains(told.Name)) networks.Add(Defined(paths, told.Name));
        return networks.ToImmutable();
    }

    private static ObservedNetwork Defined(HostPaths paths, string name) =>
        LibvirtDefinitions.Network(paths, name) ?? new(name, null, Isolated: false, [], [], []);

    private static bool LearnsAddress(HookConfig? config, ImmutableArray<ObservedGuest> guests)
    {
        var active = guests.Select(g => g.Name).ToHashSet(StringComparer.Ordinal);
        return config?.Machines.Any(m => m.PrivateAddresses.IsEmpty && active.Contains(m.Name)) ?? false;
    }

    private static bool HasUdp(HookConfig? config) =>
        config?.Machines.Any(m => m.Forwards.Any(f => f.Protocols.Contains(Protocol.Udp))) ?? false;

    private static ImmutableArray<LearnedAddress> Learned(HostState state)
    {
        var learned = ImmutableArray.CreateBuilder<LearnedAddress>();
        foreach (var (mac, text) in state.Learned)
        {
            if (Addresses.TryParse(text, out var address)) learned.Add(new(mac, address));
        }

        return learned.ToImmutable();
    }
}
