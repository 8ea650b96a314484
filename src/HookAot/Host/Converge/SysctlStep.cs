using HookAot.Backends;

namespace HookAot.Host;

/// <summary>Settings of the kernel that forwards depend on. libvirt sets them; they are looked at only.</summary>
internal sealed class SysctlStep : ConvergeStep
{
    /// <inheritdoc/>
    public override string Name => "sysctl";

    /// <inheritdoc/>
    public override StepView? Look(StepContext context, out string? problem)
    {
        problem = null;
        return new View();
    }

    /// <inheritdoc/>
    public override StepOutcome Apply(StepContext context, Desired desired, StepView? seen) =>
        StepOutcome.Done(installed: false);

    private sealed class View : StepView
    {
        public override IEnumerable<Difference> DifferencesFrom(Desired desired)
        {
            if (desired.Ruleset.IsEmpty || HostSettings.Forwards) yield break;
            yield return new(
                "net.ipv4.ip_forward is 0: the kernel forwards nothing", Cure: "sysctl -w net.ipv4.ip_forward=1");
        }
    }
}
