using System.Collections.Immutable;
using HookAot.Rules;

namespace HookAot.Backends;

/// <summary>What is assumed about a table before it is written.</summary>
/// <param name="Table">filter or nat.</param>
/// <param name="IsPresent">
/// Whether our chains and jumps are there. Where they are not, nothing is deleted, which saves the kernel's RCU wait
/// (about 14 ms on nf_tables).
/// </param>
/// <param name="Jumps">How often a jump is there, where that is not once: it was taken out, or doubled.</param>
/// <param name="Kept">Chains that cannot be deleted, since a rule of another program's leads to them.</param>
internal sealed record TablePlan(
    string Table, bool IsPresent, ImmutableDictionary<string, int> Jumps, ImmutableHashSet<string> Kept)
{
    /// <summary>Assumes that each jump is there once, or that nothing is.</summary>
    public TablePlan(string table, bool isPresent)
        : this(table, isPresent, ImmutableDictionary<string, int>.Empty, [])
    {
    }

    /// <summary>How often a jump is assumed to be there.</summary>
    public int Count(string jump) => IsPresent ? Jumps.GetValueOrDefault(jump, 1) : 0;
}

/// <summary>
/// The script that fits what is assumed about the tables, and better assumptions once a line of it was refused: the
/// hook does without looking at the kernel first, which would take longer with every rule on the host.
/// </summary>
internal sealed class IptablesAssumptions
{
    private const int MostJumps = 16;

    private readonly Ruleset ruleset;
    private readonly List<Attempt> attempts;
    private readonly List<(string Table, string Chain)> keptChains = [];

    /// <summary>Begins with an assumption.</summary>
    /// <param name="ruleset">What has to be there; empty: everything of ours has to go.</param>
    /// <param name="plans">The tables, as they are assumed to be.</param>
    public IptablesAssumptions(Ruleset ruleset, ImmutableArray<TablePlan> plans)
    {
        this.ruleset = ruleset;
        // What is to go is taken out in the reverse order: what is no longer translated need not be accepted.
        var ordered = Removes ? plans.Reverse().Where(p => p.IsPresent) : plans;
        attempts = [.. ordered.Select(p => new Attempt(p, TriedAbsent: !p.IsPresent, Counted: []))];
    }

    /// <summary>Whether nothing is left to do.</summary>
    public bool IsDone => attempts.Count == 0;

    /// <summary>The script for the tables that are left.</summary>
    public ImmutableArray<ScriptLine> Script
    {
        get
        {
            var plans = attempts.Select(a => a.Plan);
            return Removes ? IptablesScript.Remove(plans) : IptablesScript.Replace(ruleset, plans);
        }
    }

    /// <summary>Chains of ours that had to stay, empty, since a rule of another program's leads to them.</summary>
    public IReadOnlyList<(string Table, string Chain)> KeptChains => keptChains;

    /// <summary>Chains of our names that were there although they were assumed not to be.</summary>
    public bool FoundUnexpected { get; private set; }

    private bool Removes => ruleset.IsEmpty;

    /// <param name="Plan">What is assumed.</param>
    /// <param name="TriedAbsent">Whether the chains turned out to be there.</param>
    /// <param name="Counted">Jumps whose number is known.</param>
    private sealed record Attempt(TablePlan Plan, bool TriedAbsent, ImmutableHashSet<string> Counted);

    /// <summary>Everything is assumed to be there, or nothing.</summary>
    public static ImmutableArray<TablePlan> All(bool present) =>
        [.. IptablesLayout.Tables.Select(t => new TablePlan(t, present))];

    /// <summary>Assumes better, given the line that was refused; the tables before it are committed.</summary>
    /// <returns>Whether there is anything better to assume.</returns>
    public bool Learn(ScriptLine refused)
    {
        attempts.RemoveRange(0, attempts.FindIndex(a => a.Plan.Table == refused.Table));
        if (Better(attempts[0], refused) is not { } better) return false;

        attempts[0] = better;
        // What emptied one table probably emptied them all (a firewall's reload).
        if (!better.Plan.IsPresent)
        {
            for (var i = 1; i < attempts.Count; i++)
            {
                if (attempts[i].TriedAbsent) continue;
                attempts[i] = new(attempts[i].Plan with { IsPresent = false }, TriedAbsent: true, attempts[i].Counted);
            }
        }

        return true;
    }

    private Attempt? Better(Attempt attempt, ScriptLine refused)
    {
        switch (refused.Kind)
        {
            case LineKind.Chain when !attempt.Plan.IsPresent:
                FoundUnexpected = true;
                return attempt with { Plan = attempt.Plan with { IsPresent = true } };
            case LineKind.ChainRemoval:
                // The chain is still in use: a jump to it is doubled, or stands in a chain that we know nothing of.
                return OnceMore(attempt) ?? Keep(attempt, refused.Subject);
            case LineKind.JumpRemoval:
                return OnceLess(attempt, refused.Subject);
            case LineKind.Chain or LineKind.Frame or LineKind.JumpInsertion or LineKind.Rule:
                return null;
            default:
                throw new ArgumentOutOfRangeException(nameof(refused));
        }
    }

    /// <summary>The jump is not there that often. If it is not there at all, most likely nothing of ours is.</summary>
    private Attempt OnceLess(Attempt attempt, string jump)
    {
        var plan = attempt.Plan with
        {
            IsPresent = Removes || attempt.TriedAbsent,
            Jumps = attempt.Plan.Jumps.SetItem(jump, attempt.Plan.Count(jump) - 1),
        };
        return new(plan, TriedAbsent: true, attempt.Counted.Add(jump));
    }

    private static Attempt? OnceMore(Attempt attempt)
    {
        var plan = attempt.Plan;
        var jumps = plan.Jumps;
        foreach (var jump in IptablesLayout.In(plan.Table).Jumps)
        {
            var count = plan.Count(jump);
            if (!attempt.Counted.Contains(jump) && count < MostJumps) jumps = jumps.SetItem(jump, count + 1);
        }

        return jumps == plan.Jumps ? null : attempt with { Plan = plan with { Jumps = jumps } };
    }

    private Attempt Keep(Attempt attempt, string chain)
    {
        keptChains.Add((attempt.Plan.Table, chain));
        return attempt with { Plan = attempt.Plan with { Kept = attempt.Plan.Kept.Add(chain) } };
    }
}
