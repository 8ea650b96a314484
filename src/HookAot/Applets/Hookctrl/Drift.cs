using HookAot.Host;
using HookAot.Model;

namespace HookAot.Applets.Hookctrl;

/// <summary>Everything on the host that is not as the active forwards need it.</summary>
internal static class Drift
{
    /// <summary>Finds it: what is wrong with the config, our rules, the kernel, libvirt and other firewalls.</summary>
    public static IReadOnlyList<Obstacle> Find(HostPaths paths, Comparison comparison)
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
            var guest = difference.Guest is null ? "" : $"{difference.Guest}: ";
            drift.Add(new($"{guest}{difference.Message}", difference.Cure ?? Obstacle.Apply));
        }

        if (Obstacle.LeftBehind(paths) is { } leftBehind) drift.Add(leftBehind);
        if (!desired.Ruleset.IsEmpty) drift.AddRange(AroundActiveForwards(paths, desired));
        return drift;
    }

    private static IEnumerable<Obstacle> AroundActiveForwards(HostPaths paths, Desired desired)
    {
        var served = desired.Ruleset.GuestNames.ToHashSet(StringComparer.Ordinal);
        var drivers = desired.Seen.Guests.Where(g => served.Contains(g.Name)).Select(g => g.Driver).Distinct();
        foreach (var driver in drivers)
            if (Obstacle.Hook(paths, driver) is { } hook) yield return hook;

        if (Obstacle.LibvirtsIptables(paths) is { } iptables) yield return iptables;
    }
}
