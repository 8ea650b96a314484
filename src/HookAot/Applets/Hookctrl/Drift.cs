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
        var wanted = comparison.Wanted;
        if (wanted.Config.Broken)
            foreach (var error in wanted.Config.Errors) drift.Add(new(error, "correct the file, then: hookctrl check && hookctrl apply"));

        foreach (var difference in comparison.Differences)
        {
            var guest = difference.Guest is null ? "" : $"{difference.Guest}: ";
            drift.Add(new($"{guest}{difference.Message}", Obstacle.Apply));
        }

        if (Obstacle.LeftBehind(paths) is { } leftBehind) drift.Add(leftBehind);
        if (!wanted.Ruleset.IsEmpty) drift.AddRange(AroundActiveForwards(paths, wanted));
        return drift;
    }

    private static IEnumerable<Obstacle> AroundActiveForwards(HostPaths paths, Wanted wanted)
    {
        var served = wanted.Ruleset.GuestNames.ToHashSet(StringComparer.Ordinal);
        var drivers = wanted.State.Guests.Where(g => served.Contains(g.Name)).Select(g => g.Driver).Distinct();
        foreach (var driver in drivers)
            if (Obstacle.Hook(paths, driver) is { } hook) yield return hook;

        if (Obstacle.Forwarding() is { } forwarding) yield return forwarding;
        foreach (var (guest, port) in Hairpin.Missing(wanted.Ruleset, wanted.State))
            yield return new($"{guest}: hairpin mode of {port} is off, so it does not reach itself by the public address " +
                "while br_netfilter is on", Obstacle.Apply);

        if (Obstacle.LibvirtsIptables(paths) is { } iptables) yield return iptables;
        if (Obstacle.LibvirtsNftables(paths) is { } nftables) yield return nftables;
    }
}
