using System.Collections.Immutable;
using HookAot.Rules;

namespace HookAot.Host;

/// <summary>What should be on the host, given the config and what was seen.</summary>
/// <param name="Config">The configuration in force, and what is wrong with it.</param>
/// <param name="Seen">What was seen on the host.</param>
/// <param name="Ruleset">What should be in the kernel.</param>
/// <param name="LeftOut">What cannot be served, and why.</param>
/// <param name="Backend">Which tool writes it.</param>
internal sealed record Desired(
    ConfigFile Config, Observation Seen, Ruleset Ruleset, ImmutableArray<LeftOut> LeftOut, BackendChoice Backend)
{
    /// <summary>What 'hookctrl apply' would put in place now. Changes nothing.</summary>
    public static Desired Now(HostPaths paths)
    {
        var config = ConfigFile.Read(paths);
        var state = LibvirtRescan.Of(paths, HostRecord.Read(paths) ?? HostState.Unknown, config.Config);
        var seen = ObservationReader.Read(paths, config.Config, state);
        return Compute(config, seen, BackendChoice.Of(paths, config.Config));
    }

    /// <summary>Computes it.</summary>
    public static Desired Compute(ConfigFile config, Observation seen, BackendChoice backend)
    {
        if (config.Config is null) return new(config, seen, Ruleset.Empty, [], backend);

        var leftOut = ImmutableArray.CreateBuilder<LeftOut>();
        var ruleset = RulesetBuilder.Build(config.Config, seen, leftOut);
        return new(config, seen, ruleset, leftOut.ToImmutable(), backend);
    }

    /// <summary>
    /// The same, with the guests left out whose rules the kernel refused at the last converge: apply tries them again,
    /// and until then they are not in force.
    /// </summary>
    public Desired WithoutRefused(HostState? record)
    {
        var served = Ruleset.GuestNames;
        ImmutableArray<RefusedGuest> refused = [.. (record?.Refused ?? []).Where(r => served.Contains(r.Guest))];
        var reasons = refused.Select(r => new LeftOut(r.Guest, null, $"the kernel refuses its rules: {r.Reason}"));
        return Without(refused) with { LeftOut = [.. LeftOut, .. reasons] };
    }

    /// <summary>The same without guests that the kernel does not take.</summary>
    public Desired Without(ImmutableArray<RefusedGuest> refused)
    {
        if (refused.IsEmpty) return this;
        var names = Ruleset.GuestNames.Except(refused.Select(r => r.Guest)).ToHashSet(StringComparer.Ordinal);
        return this with { Ruleset = Ruleset.Only(names) };
    }
}
