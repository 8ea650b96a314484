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
            var ruleset = desired.Ruleset;
            if (!HostSettings.Forwards && !ruleset.OfFamily(ipv4: true).IsEmpty)
            {
                yield return new(
                    "net.ipv4.ip_forward is 0: the kernel forwards nothing", Cure: "sysctl -w net.ipv4.ip_forward=1");
            }

            if (!HostSettings.ForwardsIPv6 && !ruleset.OfFamily(ipv4: false).IsEmpty)
            {
                yield return new(
                    "net.ipv6.conf.all.forwarding is 0: the kernel forwards no IPv6",
                    Cure: "sysctl -w net.ipv6.conf.all.forwarding=1");
            }
        }
    }
}
