using System.Collections.Immutable;
using HookAot.Backends;
using HookAot.Host;
using HookAot.Model;
using HookAot.Rules;

namespace HookAot.Applets.Hookctrl;

/// <summary>What should be in force, beside what is in the kernel.</summary>
internal sealed class Comparison
{
    private readonly IptablesListing kernel;
    private readonly ILookup<string, ScriptLine> lines;

    private Comparison(Wanted wanted, IptablesListing kernel)
    {
        Wanted = wanted;
        this.kernel = kernel;
        Differences = [.. kernel.DifferencesFrom(wanted.Ruleset)];
        lines = IptablesTool.Script(wanted.Ruleset, kernel.Plans)
            .Where(line => line.Kind == LineKind.Rule && line.Guest is not null)
            .ToLookup(line => line.Guest!, StringComparer.Ordinal);
    }

    /// <summary>What should be in force.</summary>
    public Wanted Wanted { get; }

    /// <summary>Everything that differs.</summary>
    public ImmutableArray<Difference> Differences { get; }

    /// <summary>Makes it now.</summary>
    /// <param name="paths">Where things are.</param>
    /// <param name="error">Why there is no answer; null if there is one.</param>
    public static Comparison? Read(HostPaths paths, out string? error) =>
        KernelRules.Read(paths, lockFd: -1, out error) is { } kernel ? new(Wanted.Now(paths), kernel) : null;

    /// <summary>Whether rules are missing that all forwards of a guest need.</summary>
    public bool LacksRulesOf(string guest) =>
        lines[guest].Any(line => line.Translation is null && kernel.Find(line) is null);

    /// <summary>What a forward becomes; empty while its guest is not active.</summary>
    public ImmutableArray<Translation> TranslationsOf(Machine machine, Forward forward) =>
        [.. Wanted.Ruleset.Translations.Where(t => t.Serves(machine.Name, forward))];

    /// <summary>What a translation matched so far; null if it is not in the kernel.</summary>
    public (long Packets, long Bytes)? CountersOf(Translation translation)
    {
        var line = lines[translation.Guest].First(l => l.Translation == translation);
        return kernel.Find(line) is { } rule ? (rule.Packets, rule.Bytes) : null;
    }
}
