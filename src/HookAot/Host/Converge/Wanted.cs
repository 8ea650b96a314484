using System.Collections.Immutable;
using HookAot.Model;
using HookAot.Rules;

namespace HookAot.Host;

/// <summary>What should be in the kernel, given the config and what is active.</summary>
/// <param name="Config">The configuration in force, and what is wrong with it.</param>
/// <param name="State">What is active.</param>
/// <param name="Ruleset">What should be in the kernel.</param>
/// <param name="LeftOut">What cannot be served, and why.</param>
internal sealed record Wanted(ConfigFile Config, HostState State, Ruleset Ruleset, ImmutableArray<LeftOut> LeftOut)
{
    /// <summary>What 'hookctrl apply' would put in place now. Changes nothing.</summary>
    public static Wanted Now(HostPaths paths)
    {
        var config = ConfigFile.Read(paths);
        var state = Running(paths, StateFiles.Read(paths) ?? HostState.Unknown, config.Config);
        return Compute(paths, config, state);
    }

    /// <summary>The ruleset for a state, as a converge computes it.</summary>
    public static Wanted Compute(HostPaths paths, ConfigFile file, HostState state)
    {
        if (file.Config is not { } config) return new(file, state, Ruleset.Empty, []);
        var learns = config.Machines.Where(m => m.PrivateAddresses.IsEmpty).Select(m => m.Name).ToHashSet(StringComparer.Ordinal);
        var active = state.Guests.IsEmpty ? [] : LibvirtStatus.ActiveNetworks(paths).Networks;
        var seen = Seen(paths, state.Guests.Where(g => learns.Contains(g.Name)), active);
        var guests = state.Guests
            .DistinctBy(g => g.Name)
            .Select(g => Running(g.Name, config, seen, active));
        // A network that was added to the config while it was active.
        ImmutableArray<string> networks = config.Networks.IsEmpty ? [] : [.. state.Networks.Union(LibvirtStatus.ActiveNetworks(paths).Networks.Select(n => n.Name))];
        var leftOut = ImmutableArray.CreateBuilder<LeftOut>();
        var ruleset = RulesetBuilder.Build(config, new ActiveHost([.. guests], networks, ConnectedRoutes.Read()), leftOut);
        return new(file, state, ruleset, leftOut.ToImmutable());
    }

    // Isolation belongs to the network of the address that is forwarded to: a guest may have a NIC in another one.
    private static RunningGuest Running(string name, HookConfig config, Observation seen, ImmutableArray<ObservedNetwork> active)
    {
        var learned = seen.Guests.FirstOrDefault(s => s.Name == name) is { } guest ? GuestAddresses.Of(guest, seen) : [];
        var fixedAddresses = config.Machines.FirstOrDefault(m => m.Name == name)?.PrivateAddresses ?? [];
        var address = (fixedAddresses.IsEmpty ? learned : fixedAddresses).FirstOrDefault(a => a.IsIPv4());
        return new(name, learned, address is not null && Isolation.IsIsolated(address, active));
    }

    private static Observation Seen(HostPaths paths, IEnumerable<ActiveGuest> learning, ImmutableArray<ObservedNetwork> networks)
    {
        ImmutableArray<ObservedGuest> guests = [.. learning.Select(g => new ObservedGuest(g.Driver, g.Name, g.Interfaces, Evidence.Record))];
        if (guests.IsEmpty) return Observation.Nothing;
        var leases = DnsmasqLeases.Read(paths, GuestAddresses.Bridges(guests, networks));
        return Observation.Nothing with { Guests = guests, Networks = networks, Leases = leases, Now = DateTimeOffset.UtcNow };
    }

    /// <summary>The state with what libvirt's files say besides.</summary>
    public static HostState Running(HostPaths paths, HostState state, HookConfig? config)
    {
        var named = config?.Machines.Select(m => m.Name).ToHashSet(StringComparer.Ordinal);
        var known = state.Guests.Select(g => (g.Driver, g.Name)).ToHashSet();
        var running = LibvirtStatus.RunningGuests(paths, name => named?.Contains(name) ?? true).Guests
            .Where(g => !known.Contains((g.Driver, g.Name)))
            .Select(g => new ActiveGuest(g.Driver, g.Name, g.Interfaces, g.Interfaces.Any(nic => nic.Network is not null && LibvirtStatus.Network(paths, nic.Network) is { Isolated: true })));
        return state with
        {
            Guests = [.. state.Guests, .. running],
            Networks = [.. state.Networks.Union(LibvirtStatus.ActiveNetworks(paths).Networks.Select(n => n.Name))],
        };
    }
}
