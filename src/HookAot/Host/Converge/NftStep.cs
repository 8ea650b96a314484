namespace HookAot.Host;
internal sealed class NftStep : ConvergeStep
{
    public override string Name => "nftables";
    public override StepView? Look(StepContext context, out string? problem) { problem = null; return new View(); }
    public override StepOutcome Apply(StepContext context, Desired desired, StepView? seen) => StepOutcome.Done(installed: false);
    private sealed class View : StepView
    {
        public override IEnumerable<HookAot.Backends.Difference> DifferencesFrom(Desired desired) => [];
    }
}
