using System.Collections.Immutable;
using HookAot.Backends;
using HookAot.Rules;

namespace HookAot.Host;

/// <summary>
/// The tables filter and nat of iptables, IPv4. One process where the assumption about what is there holds. Where it
/// does not, the transaction fails, changes nothing in that table, and names the line that was wrong; the next attempt
/// assumes better.
/// </summary>
internal sealed class IptablesStep : ConvergeStep
{
    /// <inheritdoc/>
    public override string Name => "iptables";

    /// <inheritdoc/>
    public override StepView? Look(StepContext context, out string? problem)
    {
        var iptables = context.Paths.Iptables;
        var listing = IptablesSave.Read(iptables, context.LockFd, context.Deadline, out problem);
        return listing is null ? null : new View(iptables!, listing);
    }

    /// <inheritdoc/>
    public override StepOutcome Apply(StepContext context, Desired desired, StepView? seen)
    {
        var ruleset = desired.Ruleset;
        var installed = context.Record.IsInstalled(Name);
        var listing = (seen as View)?.Listing;
        if (ruleset.IsEmpty && installed == false && listing is null) return StepOutcome.Done(installed: false);
        if (context.Paths.Iptables is not { } iptables) return new(IptablesRestore.Missing, [], null);

        if (listing is not null) CleanOtherVariant(context);
        var transaction = new IptablesTransaction(context, iptables, installed);
        var (error, refused) = transaction.Run(ruleset, listing?.Plans);
        if (error is not null && transaction.IsInPlace(ruleset)) error = null;

        bool? nowInstalled = error is not null || transaction.LeftChains ? null : !ruleset.IsEmpty;
        return new(error, refused, nowInstalled);
    }

    /// <summary>
    /// Where iptables was switched from one variant to the other while guests ran, rules of ours are left behind there,
    /// and forward on.
    /// </summary>
    private static void CleanOtherVariant(StepContext context)
    {
        if (OtherFirewalls.OursElsewhere(context.Paths) is not { } other) return;
        var (error, _) = new IptablesTransaction(context, other, installed: null).Run(Ruleset.Empty, seen: null);
        if (error is not null) Log.Failed(context.Log, $"rules of ours stay in {other}: {error}");
    }

    /// <summary>What iptables-save says.</summary>
    internal sealed class View(string iptables, IptablesListing listing) : StepView
    {
        /// <summary>All rules, those of others among them.</summary>
        public IptablesListing Listing => listing;

        /// <inheritdoc/>
        public override IInstalledRules Rules => listing;

        /// <inheritdoc/>
        public override IEnumerable<Difference> DifferencesFrom(Desired desired) =>
            listing.DifferencesFrom(desired.Ruleset);

        /// <inheritdoc/>
        public override IEnumerable<ToolScript> ScriptsFor(Desired desired)
        {
            var assumptions = new IptablesAssumptions(desired.Ruleset, listing.Plans);
            if (assumptions.IsDone) yield break;

            var text = IptablesScript.Print(assumptions.Script);
            yield return new(iptables + "-restore", IptablesRestore.Arguments, text);
        }
    }
}
