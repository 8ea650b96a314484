using HookAot.Backends;
using HookAot.Rules;

namespace HookAot.Host;

/// <summary>UDP flows that are older than their forward, or that outlive it, see <see cref="Conntrack"/>.</summary>
internal sealed class FlowsStep : ConvergeStep
{
    /// <inheritdoc/>
    public override string Name => "flows";

    /// <inheritdoc/>
    public override StepView? Look(StepContext context, out string? problem)
    {
        problem = null;
        return new View();
    }

    /// <inheritdoc/>
    public override StepOutcome Apply(StepContext context, Desired desired, StepView? seen)
    {
        if (context.Failed) return StepOutcome.Done(installed: false); // the old rules are in force
        var now = UdpForward.Of(desired.Ruleset);
        var before = context.Record.Udp;
        var changed = now.Except(before).Concat(before.Except(now)).ToList();
        if (changed.Count > 0) Conntrack.Forget(changed, desired.Seen.AnyAddresses, context.Log);
        if (seen is not null) Conntrack.ForgetStale(now, desired.Seen.AnyAddresses, context.Log);
        return StepOutcome.Done(installed: !now.IsEmpty);
    }

    private sealed class View : StepView
    {
        public override IEnumerable<Difference> DifferencesFrom(Desired desired) => [];
    }
}
