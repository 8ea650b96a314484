using System.Collections.Immutable;

namespace HookAot.Backends;

/// <summary>What is assumed about a part before it is written.</summary>
/// <param name="Part">The part.</param>
/// <param name="IsWanted">Whether it has to be there; where it has not, it is taken out.</param>
/// <param name="IsPresent">
/// Whether our chains and jumps are there. Where they are not, nothing is deleted, which saves the kernel's RCU wait
/// (about 14 ms on nf_tables).
/// </param>
/// <param name="Jumps">How often a jump is there, where that is not once: it was taken out, or doubled.</param>
/// <param name="Kept">Chains that cannot be deleted, since a rule of another program's leads to them.</param>
internal sealed record PartPlan(
    IptablesLayout.Part Part,
    bool IsWanted,
    bool IsPresent,
    ImmutableDictionary<string, int> Jumps,
    ImmutableHashSet<string> Kept)
{
    /// <summary>Assumes that each jump is there once, or that nothing is.</summary>
    public PartPlan(IptablesLayout.Part part, bool isWanted, bool isPresent)
        : this(part, isWanted, isPresent, ImmutableDictionary<string, int>.Empty, [])
    {
    }

    /// <summary>Whether the blocks of the part may be there; to take out some that are not does no harm.</summary>
    public bool MayHaveBlocks { get; init; }

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

    private readonly WantedRules wanted;
    private readonly bool ipv4;
    private readonly List<Attempt> attempts;
    private readonly List<(IptablesLayout.Part Part, string Chain)> keptChains = [];

    /// <summary>Begins with an assumption.</summary>
    /// <param name="wanted">What has to be there, of one family.</param>
    /// <param name="plans">The parts, as they are assumed to be.</param>
    /// <param name="ipv4">Whether it is for iptables; else for ip6tables.</param>
    public IptablesAssumptions(WantedRules wanted, ImmutableArray<PartPlan> plans, bool ipv4)
    {
        (this.wanted, this.ipv4) = (wanted, ipv4);
        attempts = [.. InOrder(plans).Select(p => new Attempt(p, TriedAbsent: !p.IsPresent, Counted: []))];
    }

    /// <summary>Whether nothing is left to do.</summary>
    public bool IsDone => attempts.Count == 0;

    /// <summary>The script for the parts that are left.</summary>
    public ImmutableArray<ScriptLine> Script =>
        new IptablesScript(wanted, ipv4).For(attempts.Select(a => a.Plan));

    /// <summary>Chains of ours that had to stay, empty, since a rule of another program's leads to them.</summary>
    public IReadOnlyList<(IptablesLayout.Part Part, string Chain)> KeptChains => keptChains;

    /// <summary>Chains of our names that were there although they were assumed not to be.</summary>
    public bool FoundUnexpected { get; private set; }

    /// <param name="Plan">What is assumed.</param>
    /// <param name="TriedAbsent">Whether the chains turned out to be there.</param>
    /// <param name="Counted">Jumps whose number is known.</param>
    private sealed record Attempt(PartPlan Plan, bool TriedAbsent, ImmutableHashSet<string> Counted);

    /// <summary>Each part that has to be there, or that is.</summary>
    /// <param name="wanted">What has to be there, of one family.</param>
    /// <param name="ipv4">Whether it is for iptables; else for ip6tables.</param>
    /// <param name="isPresent">Whether a part is there.</param>
    /// <param name="mayHaveBlocks">Whether blocks may be there.</param>
    public static ImmutableArray<PartPlan> Plans(
        WantedRules wanted, bool ipv4, Func<IptablesLayout.Part, bool> isPresent, bool mayHaveBlocks = false) =>
        [.. IptablesLayout.Parts(ipv4).Select(p => new PartPlan(p, p.IsFor(wanted), isPresent(p))
        {
            MayHaveBlocks = mayHaveBlocks && !p.Blocks.IsEmpty,
        })];

    /// <summary>
    /// The parts in the order of their commits. What is to go is taken out in the reverse order: what is no longer
    /// translated need not be accepted.
    /// </summary>
    public static IEnumerable<PartPlan> InOrder(ImmutableArray<PartPlan> plans)
    {
        foreach (var plan in plans)
            if (plan.IsWanted) yield return plan;
        for (var i = plans.Length - 1; i >= 0; i--)
            if (plans[i] is { IsPresent: true, IsWanted: false }) yield return plans[i];
    }

    /// <summary>Assumes better, given the line that was refused; the parts before it are committed.</summary>
    /// <returns>Whether there is anything better to assume.</returns>
    public bool Learn(ScriptLine refused)
    {
        attempts.RemoveRange(0, attempts.FindIndex(a => a.Plan.Part.Name == refused.Part));
        if (Better(attempts[0], refused) is not { } better) return false;

        attempts[0] = better;
        // What emptied one table probably emptied them all (a firewall's reload).
        if (!better.Plan.IsPresent)
        {
            for (var i = 1; i < attempts.Count; i++)
            {
                if (attempts[i].TriedAbsent || !attempts[i].Plan.IsWanted) continue;
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
                var hasBlocks = !attempt.Plan.Part.Blocks.IsEmpty;
                return attempt with { Plan = attempt.Plan with { IsPresent = true, MayHaveBlocks = hasBlocks } };
            case LineKind.ChainRemoval:
                // The chain is still in use: a jump to it is doubled, or stands in a chain that we know nothing of.
                return OnceMore(attempt) ?? Keep(attempt, refused.Subject);
            case LineKind.JumpRemoval:
                return OnceLess(attempt, refused.Subject);
            case LineKind.Chain or LineKind.Frame or LineKind.JumpInsertion or LineKind.Rule
                or LineKind.RuleRemoval:
                return null;
            default:
                throw new ArgumentOutOfRangeException(nameof(refused));
        }
    }

    /// <summary>The jump is not there that often. If it is not there at all, most likely nothing of ours is.</summary>
    private static Attempt OnceLess(Attempt attempt, string jump)
    {
        var plan = attempt.Plan with
        {
            IsPresent = !attempt.Plan.IsWanted || attempt.TriedAbsent,
            Jumps = attempt.Plan.Jumps.SetItem(jump, attempt.Plan.Count(jump) - 1),
        };
        return new(plan, TriedAbsent: true, attempt.Counted.Add(jump));
    }

    private static Attempt? OnceMore(Attempt attempt)
    {
        var plan = attempt.Plan;
        var jumps = plan.Jumps;
        foreach (var jump in plan.Part.Jumps)
        {
            var count = plan.Count(jump);
            if (!attempt.Counted.Contains(jump) && count < MostJumps) jumps = jumps.SetItem(jump, count + 1);
        }

        return jumps == plan.Jumps ? null : attempt with { Plan = plan with { Jumps = jumps } };
    }

    private Attempt Keep(Attempt attempt, string chain)
    {
        keptChains.Add((attempt.Plan.Part, chain));
        return attempt with { Plan = attempt.Plan with { Kept = attempt.Plan.Kept.Add(chain) } };
    }
}
