using System.Collections.Immutable;
using HookAot.Backends;

namespace HookAot.Host;

/// <summary>
/// Brings what is wanted of one family into the kernel with iptables-restore or ip6tables-restore, in as few processes
/// as the tables allow.
/// </summary>
/// <param name="context">Where and how.</param>
/// <param name="iptables">The iptables or ip6tables whose tools are run.</param>
/// <param name="ipv4">Which of both it is.</param>
/// <param name="wasClean">Whether nothing of ours should be there.</param>
internal sealed class IptablesTransaction(StepContext context, string iptables, bool ipv4, bool wasClean)
{
    private readonly IptablesRestore tool = new(iptables, context);

    /// <summary>What the rules have counted so far, which they go on from; null: nobody has looked.</summary>
    public IptablesListing? Counted { get; set; }

    /// <summary>Whether the forwards may be in blocks, see <see cref="PortBlocks"/>.</summary>
    public bool MayHaveBlocks { get; set; }

    /// <summary>Whether chains of ours had to stay although everything should go.</summary>
    public bool LeftChains { get; private set; }

    /// <summary>
    /// Puts what is wanted in place of whatever of ours is there, or takes that out if nothing is wanted.
    /// </summary>
    /// <param name="wanted">What has to be there, of this family.</param>
    /// <param name="isPresent">Whether a part should be there already.</param>
    /// <param name="seen">The parts as iptables-save showed them; null: they were not looked at.</param>
    /// <returns>Why the rules are not in place, null if they are; and who is left out.</returns>
    public (string? Error, ImmutableArray<RefusedGuest> Refused) Run(
        WantedRules wanted, Func<IptablesLayout.Part, bool> isPresent, ImmutableArray<PartPlan>? seen)
    {
        var isFirst = true;
        var selection = new GuestSelection(Apply, Test);
        return selection.Apply(wanted.GuestNames, context.Record.Served);

        Attempt Apply(IReadOnlySet<string> guests)
        {
            var some = wanted.Only(guests);
            // What is left of a ruleset without some guests may need fewer parts than were seen or assumed for all.
            var assumptions = isFirst && seen is { } plans
                ? new IptablesAssumptions(some, [.. plans.Select(p => p with { IsWanted = p.Part.IsFor(some) })], ipv4)
                : Assume(some, p => isFirst ? isPresent(p) : isPresent(p) || p.IsFor(wanted));
            isFirst = false; // some parts may have been committed
            MayHaveBlocks |= PortBlocks.AreNeeded(some.Translated);
            return ApplyOnce(assumptions);
        }

        bool Test(IReadOnlySet<string> guests) =>
            tool.Test(Assume(wanted.Only(guests), p => p.IsFor(wanted)).Script);
    }

    /// <summary>
    /// Whether what is wanted is there: a tool may fail after it has done its work, killed at its end, say.
    /// </summary>
    public bool IsInPlace(WantedRules wanted)
    {
        if (context.Deadline.HasPassed) return false;
        return Listing() is { } listing && !listing.DifferencesFrom(wanted).Any();
    }

    /// <summary>
    /// Adds and takes out only what differs from what is there. Where that fails, or somebody else has committed
    /// meanwhile, nothing is known any more, and everything has to be put in anew.
    /// </summary>
    /// <returns>Whether what is wanted is in place.</returns>
    public bool TryDifference(ImmutableArray<ScriptLine> difference)
    {
        if (!difference.IsEmpty && tool.ApplyFirst(difference).Verdict != Verdict.InPlace) return false;
        return context.Generation.Ours is not null;
    }

    private IptablesAssumptions Assume(WantedRules wanted, Func<IptablesLayout.Part, bool> isPresent) =>
        new(wanted, IptablesAssumptions.Plans(wanted, ipv4, isPresent, MayHaveBlocks), ipv4);

    private Attempt ApplyOnce(IptablesAssumptions assumptions)
    {
        while (!assumptions.IsDone)
        {
            var script = assumptions.Script;
            var result = tool.Apply(Counted?.CarriedInto(script) ?? script);
            if (result.Verdict == Verdict.InPlace) break;
            if (result.Refused is not { } line) return new(result.Verdict, null, result.Message);
            if (line is { Kind: LineKind.Rule, Guest: { } guest })
                return new(Verdict.RuleRefused, guest, result.Message);
            if (context.Deadline.HasPassed || !assumptions.Learn(line))
                return new(Verdict.ToolFailed, null, result.Message);
        }

        if (assumptions.FoundUnexpected && wasClean && !tool.HasRepeated)
        {
            Log.Warned(context.Log, "chains named HOOKAOT-* were there although hookaot had taken its own out; " +
                "what was in them is replaced");
        }

        foreach (var (part, chain) in assumptions.KeptChains) WarnOfReference(part, chain);
        return new(Verdict.InPlace);
    }

    private void WarnOfReference(IptablesLayout.Part part, string chain)
    {
        LeftChains = true;
        var references = Listing()?.ForeignReferences(part, chain).ToList() ?? [];
        var rules = references.Count == 0 ? "a rule of another program" : $"'{string.Join("', '", references)}'";
        var stays = $"chain {chain} (table {part.Table}) stays, empty and without effect";
        Log.Warned(context.Log, $"{stays}: {rules} leads to it; delete that, then: hookctrl apply");
    }

    private IptablesListing? Listing() =>
        IptablesSave.Read(iptables, ipv4, context.LockFd, context.Deadline, out _);
}
