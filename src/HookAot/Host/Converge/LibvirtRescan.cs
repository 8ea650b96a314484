using System.Collections.Immutable;
using HookAot.Model;
using HookAot.Rules;

namespace HookAot.Host;

/// <summary>
/// The record, compared with libvirt's status files, which win: an event may have been lost, and a NIC plugged later is
/// told by none.
/// </summary>
internal static class LibvirtRescan
{
    /// <summary>
    /// How long, in milliseconds, a guest or a network that has come counts as active without its file: libvirt writes
    /// a guest's status file after the hook "start", and it deletes it before "stopped".
    /// </summary>
    public const int Grace = 60_000;

    /// <summary>The state after the comparison.</summary>
    /// <param name="paths">Where libvirt's files are.</param>
    /// <param name="state">The record.</param>
    /// <param name="config">Which guests are of interest; null: all, since no config can be read.</param>
    public static HostState Of(HostPaths paths, HostState state, HookConfig? config)
    {
        var now = Environment.TickCount64;
        return state with { Guests = Guests(paths, state, config, now), Networks = Networks(paths, state, now) };
    }

    private static ImmutableArray<RecordedGuest> Guests(HostPaths paths, HostState state, HookConfig? config, long now)
    {
        var wanted = config?.Machines.Select(m => m.Name).ToHashSet(StringComparer.Ordinal);
        var recorded = state.Guests.Select(g => g.Name).ToHashSet(StringComparer.Ordinal);
        var running = LibvirtStatus.RunningGuests(
            paths, name => wanted is null || wanted.Contains(name) || recorded.Contains(name));
        var files = running.Guests.ToDictionary(g => (g.Driver, g.Name));
        var unread = running.Unread.Select(g => (g.Driver, g.Name)).ToHashSet();

        var guests = ImmutableArray.CreateBuilder<RecordedGuest>();
        foreach (var guest in state.Guests)
        {
            var key = (guest.Driver, guest.Name);
            if (files.Remove(key, out var file))
                guests.Add(unread.Contains(key) ? guest : guest with { Interfaces = file.Interfaces });
            else if (CannotTell(paths, running, guest.Driver) || IsFresh(guest.Since, now))
                guests.Add(guest);
        }

        foreach (var file in running.Guests.Where(g => files.ContainsKey((g.Driver, g.Name))))
            guests.Add(new(file.Driver, file.Name, file.Interfaces, now, Shadowed: false));

        return [.. guests.Select(g => g with { Shadowed = g.Shadowed && guests.Count(o => o.Name == g.Name) > 1 })];
    }

    // The record is a file: what it says may lie in the future.
    private static bool IsFresh(long since, long now) => since <= now && since > now - Grace;

    private static bool CannotTell(HostPaths paths, RunningGuests running, string driver) =>
        running.HiddenDrivers.Contains(driver) || !Directory.Exists(Path.Combine(paths.LibvirtRun, driver));

    private static ImmutableArray<RecordedNetwork> Networks(HostPaths paths, HostState state, long now)
    {
        var active = LibvirtStatus.ActiveNetworks(paths);
        var directory = Path.Combine(paths.LibvirtRun, HostEvent.NetworkDriver);
        if (active.Hidden || !Directory.Exists(directory)) return state.Networks;

        var files = active.Networks.Select(n => n.Name).ToHashSet(StringComparer.Ordinal);
        var networks = ImmutableArray.CreateBuilder<RecordedNetwork>();
        foreach (var network in state.Networks)
        {
            if (files.Remove(network.Name) || IsFresh(network.Since, now)) networks.Add(network);
        }

        networks.AddRange(files.Select(name => new RecordedNetwork(name, now)));
        return networks.ToImmutable();
    }
}
