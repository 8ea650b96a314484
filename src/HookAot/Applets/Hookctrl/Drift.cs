using HookAot.Backends;
using HookAot.Host;
using HookAot.Model;

namespace HookAot.Applets.Hookctrl;

/// <summary>Everything on the host that is not as the active forwards need it.</summary>
internal static class Drift
{
    /// <summary>
    /// Finds it: what is wrong with the config, our rules, the kernel, libvirt, the watcher and other firewalls.
    /// </summary>
    /// <param name="paths">Where things are.</param>
    /// <param name="comparison">What should be in force, and what is.</param>
    /// <param name="filter">Which forwards are asked for: what is only others' is left away.</param>
    /// <param name="watched">Whether a watcher runs.</param>
    public static IReadOnlyList<Obstacle> Find(
        HostPaths paths, Comparison comparison, ForwardFilter filter, bool watched)
    {
        var drift = new List<Obstacle>();
        var desired = comparison.Desired;
        if (desired.Config.Broken)
        {
            const string Cure = "correct the file, then: hookctrl check && hookctrl apply";
            foreach (var error in desired.Config.Errors) drift.Add(new(error, Cure));
        }

        foreach (var difference in comparison.Differences)
        {
            if (!Concerns(difference, filter, desired)) continue;
            var guest = difference.Guest is null ? "" : $"{difference.Guest}: ";
            drift.Add(new($"{guest}{difference.Message}", difference.Cure ?? Obstacle.Apply));
        }

        if (Obstacle.LeftBehind(paths) is { } leftBehind) drift.Add(leftBehind);
        foreach (var driver in Drivers(paths, desired))
            if (Obstacle.Hook(paths, driver) is { } hook) drift.Add(hook);
        if (Obstacle.Watcher(paths, watched) is { } watcher) drift.Add(watcher);
        if (!desired.Ruleset.IsEmpty && Obstacle.LibvirtsIptables(paths) is { } iptables) drift.Add(iptables);
        return drift;
    }

    private static bool Concerns(Difference difference, ForwardFilter filter, Desired desired)
    {
        if (!filter.IsNarrow) return true;
        if (difference.Translation is { } translation) return filter.Takes(translation);
        if (difference.Foreign is { } foreign)
            return desired.Ruleset.Translations.Any(t => filter.Takes(t) && foreign.Takes(t));
        if (difference.IsOfOwnConnections) return HasSnat(difference.Guest, filter, desired);
        if (difference.Lack is { } lack)
            return desired.Ruleset.Translations.Any(t => filter.Takes(t) && lack.Concerns(t));
        return difference.Guest is null || filter.Takes(difference.Guest);
    }

    /// <summary>Whether a forward with snat is asked for.</summary>
    private static bool HasSnat(string? guest, ForwardFilter filter, Desired desired)
    {
        foreach (var machine in (desired.Config.Config ?? HookConfig.Empty).Machines)
        {
            if (guest is not null && machine.Name != guest) continue;
            foreach (var forward in machine.Forwards)
                if (forward.Snat && filter.Takes(machine.Name, forward)) return true;
        }

        return false;
    }

    /// <summary>
    /// The drivers that have to call the hook: those of the guests that are served, and of those that libvirt would
    /// start.
    /// </summary>
    private static IEnumerable<string> Drivers(HostPaths paths, Desired desired)
    {
        var served = desired.Ruleset.GuestNames.ToHashSet(StringComparer.Ordinal);
        var machines = (desired.Config.Config ?? HookConfig.Empty).Machines;
        foreach (var driver in LibvirtStatus.Drivers)
        {
            var isServed = desired.Seen.Guests.Any(g => g.Driver == driver && served.Contains(g.Name));
            if (isServed || machines.Any(m => !m.Forwards.IsEmpty && LibvirtDefinitions.Has(paths, driver, m.Name)))
                yield return driver;
        }
    }
}
