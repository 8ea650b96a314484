using System.Collections.Immutable;
using HookAot.Backends;
using HookAot.Rules;

namespace HookAot.Host;

/// <summary>
/// Brings one ruleset into the kernel with iptables-restore, in as few processes as the tables allow.
/// </summary>
/// <param name="context">Where and how.</param>
/// <param name="iptables">The iptables whose tools are run.</param>
/// <param name="installed">Whether our chains should be there; null: nobody knows.</param>
internal sealed class IptablesTransaction(StepContext context, string iptables, bool? installed)
{
    private readonly IptablesRestore tool = new(iptables, context);

    /// <summary>Whether chains of ours had to stay although everything should go.</summary>
    public bool LeftChains { get; private set; }

    /// <summary>
    /// Puts the ruleset in place of whatever of ours is there, or takes that out if the ruleset is empty.
    /// </summary>
    /// <param name="ruleset">What has to be there.</param>
    /// <param name="seen">The tables as iptables-save showed them; null: they were not looked at.</param>
    /// <returns>Why the rules are not in place, null if they are; and who is left out.</returns>
    public (string? Error, ImmutableArray<RefusedGuest> Refused) Run(Ruleset ruleset, ImmutableArray<TablePlan>? seen)
    {
        var present = IptablesAssumptions.All(present: true);
        var plans = seen ?? IptablesAssumptions.All(present: installed == true || ruleset.IsEmpty);
        var selection = new GuestSelection(Apply, some => tool.Test(new IptablesAssumptions(some, present).Script));
        return selection.Apply(ruleset, context.Record.Served);

        Attempt Apply(Ruleset some)
        {
            var attempt = ApplyOnce(some, plans);
            plans = present; // some tables may have been committed
            return attempt;
        }
    }

    /// <summary>
    /// Whether the ruleset is there: a tool may fail after it has done its work, killed at its end, say.
    /// </summary>
    public bool IsInPlace(Ruleset ruleset)
    {
        if (context.Deadline.HasPassed) return false;
        return Listing() is { } listing && !listing.DifferencesFrom(ruleset).Any();
    }

    private Attempt ApplyOnce(Ruleset ruleset, ImmutableArray<TablePlan> plans)
    {
        var assumptions = new IptablesAssumptions(ruleset, plans);
        while (!assumptions.IsDone)
        {
            var result = tool.Apply(assumptions.Script);
            if (result.Verdict == Verdict.InPlace) break;
            if (result.Refused is not { } line) return new(result.Verdict, null, result.Message);
            if (line is { Kind: LineKind.Rule, Guest: { } guest })
                return new(Verdict.RuleRefused, guest, result.Message);
            if (context.Deadline.HasPassed || !assumptions.Learn(line))
                return new(Verdict.ToolFailed, null, result.Message);
        }

        if (assumptions.FoundUnexpected && installed == false && !tool.HasRepeated)
        {
            Log.Warned(context.Log, "chains named HOOKAOT-* were there although hookaot had taken its own out; " +
                "what was in them is replaced");
        }

        foreach (var (table, chain) in assumptions.KeptChains) WarnOfReference(table, chain);
        return new(Verdict.InPlace);
    }

    private void WarnOfReference(string table, string chain)
    {
        LeftChains = true;
        var references = Listing()?.ForeignReferences(table, chain).ToList() ?? [];
        var rules = references.Count == 0 ? "a rule of another program" : $"'{string.Join("', '", references)}'";
        var stays = $"chain {chain} (table {table}) stays, empty and without effect";
        Log.Warned(context.Log, $"{stays}: {rules} leads to it; delete that, then: hookctrl apply");
    }

    private IptablesListing? Listing() =>
        IptablesSave.Read(iptables, context.LockFd, context.Deadline, out _);
}
