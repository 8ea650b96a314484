using System.Collections.Immutable;
using HookAot.Backends;
using HookAot.Host;
using HookAot.Model;
using HookAot.Rules;

namespace HookAot.Applets.Hookctrl;

/// <summary>What should be in force, beside what is in the kernel.</summary>
internal sealed class Comparison
{
    private readonly KernelView kernel;
    private readonly ImmutableArray<Difference> ruleDifferences;

    private Comparison(Desired desired, KernelView kernel)
    {
        Desired = desired;
        this.kernel = kernel;
        Differences = [.. kernel.DifferencesFrom(desired)];
        ruleDifferences = [.. kernel.RuleDifferencesFrom(desired)];
    }

    /// <summary>What should be in force.</summary>
    public Desired Desired { get; }

    /// <summary>Everything that differs.</summary>
    public ImmutableArray<Difference> Differences { get; }

    /// <summary>Makes it now.</summary>
    /// <param name="paths">Where things are.</param>
    /// <param name="error">Why there is no answer; null if there is one.</param>
    public static Comparison? Read(HostPaths paths, out string? error)
    {
        if (KernelView.Look(paths, out error) is not { } kernel) return null;
        return new(Desired.Now(paths).WithoutRefused(HostRecord.Read(paths)), kernel);
    }

    /// <summary>Whether rules are missing that all forwards of a guest need.</summary>
    public bool LacksRulesOf(string guest) => ruleDifferences.Any(d => d.Guest == guest && d.Translation is null);

    /// <summary>Whether rules are missing that a translation needs, itself or what accepts it.</summary>
    public bool LacksRulesOf(Translation translation) => ruleDifferences.Any(d => d.Translation == translation);

    /// <summary>What a forward becomes; empty while its guest is not active.</summary>
    public ImmutableArray<Translation> TranslationsOf(Machine machine, Forward forward) =>
        [.. Desired.Ruleset.Translations.Where(t => t.Serves(machine.Name, forward))];

    /// <summary>What a translation matched so far; null if it is not in the kernel.</summary>
    public Counters? CountersOf(Translation translation) => kernel.CountersOf(translation);
}
