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
        var now = DateTimeOffset.UtcNow;
        var learns = config.Machines.Where(m => m.PrivateAddresses.IsEmpty).Select(m => m.Name).ToHashSet(StringComparer.Ordinal);
        var guests = state.Guests
            .DistinctBy(g => g.Name)
            .Select(g => new RunningGuest(g.Name, learns.Contains(g.Name) ? LibvirtFiles.Addresses(paths, g, now) : [], g.Isolated));
        // A network that was added to the config while it was active.
        ImmutableArray<string> networks = config.Networks.IsEmpty ? [] : [.. state.Networks.Union(LibvirtFiles.ActiveNetworks(paths))];
        var leftOut = ImmutableArray.CreateBuilder<LeftOut>();
        var ruleset = RulesetBuilder.Build(config, new ActiveHost([.. guests], networks, ConnectedRoutes.Read() ?? []), leftOut);
        return new(file, state, ruleset, leftOut.ToImmutable());
    }

    /// <summary>The state with what libvirt's files say besides.</summary>
    public static HostState Running(HostPaths paths, HostState state, HookConfig? config)
    {
        var named = config?.Machines.Select(m => m.Name).ToHashSet(StringComparer.Ordinal);
        var known = state.Guests.Select(g => (g.Driver, g.Name)).ToHashSet();
        var running = LibvirtFiles.RunningGuests(paths, name => named?.Contains(name) ?? true).Where(g => !known.Contains((g.Driver, g.Name)));
        return state with
        {
            Guests = [.. state.Guests, .. running],
            Networks = [.. state.Networks.Union(LibvirtFiles.ActiveNetworks(paths))],
        };
    }
}
