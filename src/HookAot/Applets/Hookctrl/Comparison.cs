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

    // By the guest and its public ports: ten thousand forwards each look for their own.
    private readonly Dictionary<string, List<Translation>> translations = new(StringComparer.Ordinal);

    private readonly HashSet<Translation> missing = [];
    private readonly List<Difference> ruleDifferences = [];

    private Comparison(Desired desired, KernelView kernel)
    {
        Desired = desired;
        this.kernel = kernel;
        Differences = [.. kernel.DifferencesFrom(desired)];
        foreach (var difference in kernel.RuleDifferencesFrom(desired))
        {
            if (difference.Translation is { } translation) missing.Add(translation);
            else ruleDifferences.Add(difference);
        }

        foreach (var translation in desired.Ruleset.Translations)
        {
            var key = Key(translation.Guest, translation.PublicPorts);
            if (!translations.TryGetValue(key, out var same)) translations[key] = same = [];
            same.Add(translation);
        }
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

    /// <summary>Whether rules are missing that a translation needs: its own, or others'.</summary>
    public bool LacksRulesOf(Translation translation) =>
        missing.Contains(translation) || ruleDifferences.Exists(d => d.Stops(translation));

    /// <summary>Whether what a guest opens itself leaves with another address than it should.</summary>
    public bool LacksSourceOf(string guest) =>
        ruleDifferences.Exists(d => d.IsOfOwnConnections && (d.Guest is null || d.Guest == guest));

    /// <summary>Another program's rule that takes what a translation is for; null: there is none.</summary>
    public ForeignRule? TakerOf(Translation translation) =>
        ruleDifferences.Find(d => d.Foreign?.Takes(translation) == true)?.Foreign;

    /// <summary>What a forward becomes; empty while its guest is not active.</summary>
    public IReadOnlyList<Translation> TranslationsOf(Machine machine, Forward forward) =>
        translations.TryGetValue(Key(machine.Name, forward.Public), out var same)
            ? same.FindAll(t => t.Serves(machine.Name, forward))
            : [];

    /// <summary>What a translation matched so far; null if it is not in the kernel.</summary>
    public Counters? CountersOf(Translation translation) => kernel.CountersOf(translation);

    private static string Key(string guest, PortRange ports) => $"{ports} {guest}";
}
