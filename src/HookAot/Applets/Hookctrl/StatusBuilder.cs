using HookAot.Backends;
using HookAot.Host;
using HookAot.Model;
using HookAot.Rules;

namespace HookAot.Applets.Hookctrl;

/// <summary>Judges each forward and network of the config by what is in the kernel.</summary>
internal static class StatusBuilder
{
    /// <summary>The states of a forward; a network is active or not active.</summary>
    public const string Active = "active", NotRunning = "not running", LeftOut = "left out", Missing = "missing",
        Disabled = "disabled", Ended = "ended";

    /// <summary>The states of a forward.</summary>
    public static IEnumerable<string> States => [Active, NotRunning, LeftOut, Missing, Disabled, Ended];

    /// <summary>The report.</summary>
    /// <param name="comparison">What should be in force, and what is.</param>
    /// <param name="filter">Which forwards are asked for.</param>
    /// <param name="drift">What differs.</param>
    /// <param name="watched">Whether a watcher runs.</param>
    public static StatusReport Build(
        Comparison comparison, ForwardFilter filter, IReadOnlyList<Obstacle> drift, bool watched)
    {
        var desired = comparison.Desired;
        var config = desired.Config.Config ?? HookConfig.Empty;
        var active = desired.Seen.Guests.Select(g => g.Name).ToHashSet(StringComparer.Ordinal);
        var open = OpenConnections.Count(desired.Ruleset.Translations);

        var rows = new List<StatusRow>();
        foreach (var machine in config.Machines)
        {
            var leftOut = desired.LeftOut.Where(l => l.Guest == machine.Name).ToList();
            foreach (var forward in machine.Forwards)
            {
                if (!filter.Takes(machine.Name, forward)) continue;
                var reasons = leftOut.FindAll(l => l.Forward is null || l.Forward == forward);
                var reason = reasons.Find(l => !l.Partly) ?? reasons.FirstOrDefault();
                rows.Add(Row(comparison, machine, forward, active.Contains(machine.Name), reason, open));
            }

            foreach (var idle in machine.Idle)
            {
                if (!filter.Takes(machine.Name, idle)) continue;
                var row = Row(comparison, machine, idle, isActive: false, leftOut: null, open);
                rows.Add(row with { State = IsEnded(idle) ? Ended : Disabled });
            }
        }

        foreach (var name in desired.Config.LeftOutMachines)
            if (filter.Takes(name)) rows.Add(Mistaken(name));
        if (!filter.IsNarrow) rows.AddRange(desired.Config.LeftOutNetworks.Select(Mistaken));

        var networks = filter.IsNarrow ? [] : config.Networks.Select(n => Network(n, desired.Ruleset));
        var ok = drift.Count == 0 && !rows.Exists(r => r.State is LeftOut or Missing || r.Reason is not null);
        return new(
            ok,
            desired.Backend.Backend.Name(),
            desired.Backend.Why,
            watched,
            [.. rows],
            [.. networks],
            [.. drift.Select(d => $"{d}")]);
    }

    /// <summary>Whether a forward that is idle is so because its time has ended.</summary>
    public static bool IsEnded(Forward forward) =>
        forward.Enabled && forward.Until is { } until && until <= LocalTime.Now;

    private static StatusRow Row(
        Comparison comparison,
        Machine machine,
        Forward forward,
        bool isActive,
        LeftOut? leftOut,
        Dictionary<Translation, int>? open)
    {
        var translations = comparison.TranslationsOf(machine, forward);
        var (sum, complete, opened) = (default(Counters), translations.Count > 0, 0);
        if (forward.Snat && comparison.LacksSourceOf(machine.Name)) complete = false;
        ForeignRule? taker = null;
        foreach (var translation in translations)
        {
            var counters = comparison.CountersOf(translation);
            if (counters is null || comparison.LacksRulesOf(translation)) complete = false;
            taker ??= comparison.TakerOf(translation);
            sum += counters ?? default;
            opened += open?.GetValueOrDefault(translation) ?? 0;
        }

        var state = (isActive, leftOut, complete) switch
        {
            (false, _, _) => NotRunning,
            (_, { Partly: false }, _) => LeftOut,
            (_, _, false) => Missing,
            _ => Active,
        };
        var reason = leftOut?.Reason;
        if (taker is not null) reason ??= $"a rule of another program's comes before it: {taker.Text}";
        return new(
            machine.Name,
            ListVerbs.Texts(forward.PublicAddresses),
            $"{forward.Public}",
            ListVerbs.Protocols(forward),
            Target(machine, forward, translations),
            ListVerbs.Texts(forward.Sources),
            forward.Localhost,
            forward.Snat,
            state,
            isActive ? reason : null,
            sum.Packets,
            sum.Bytes,
            state == Active ? sum.Packets : StatusRow.Unknown,
            isActive && open is not null ? opened : StatusRow.Unknown,
            forward.Comment);
    }

    /// <summary>"192.168.122.2:80 [fd00::2]:80": where it goes, or would go.</summary>
    private static string Target(Machine machine, Forward forward, IEnumerable<Translation> translations)
    {
        var targets = translations.Select(t => t.Target).Distinct().ToList();
        if (targets.Count == 0) targets.AddRange(machine.PrivateAddresses.Take(1));
        return ListVerbs.Target(targets, forward.Guest);
    }

    private static StatusRow Mistaken(string name)
    {
        const string Reason = "its entry has mistakes: hookctrl check";
        const long Unknown = StatusRow.Unknown;
        return new(name, [], "-", "-", "-", [], false, false, LeftOut, Reason, 0, 0, Unknown, Unknown, null);
    }

    private static NetworkState Network(NetworkRange network, Ruleset ruleset) =>
        new(network.Name, $"{network.Range}", ruleset.Networks.Contains(network) ? Active : "not active");
}
