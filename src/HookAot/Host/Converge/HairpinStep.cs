using HookAot.Backends;

namespace HookAot.Host;

/// <summary>Hairpin mode on the bridge ports of guests, see <see cref="Hairpin"/>.</summary>
internal sealed class HairpinStep : ConvergeStep
{
    /// <inheritdoc/>
    public override string Name => "hairpin";

    /// <inheritdoc/>
    public override StepView? Look(StepContext context, out string? problem)
    {
        problem = null;
        return new View();
    }

    /// <inheritdoc/>
    public override StepOutcome Apply(StepContext context, Desired desired, StepView? seen)
    {
        Hairpin.Enable(desired.Ruleset, desired.Seen, context.Log);
        return StepOutcome.Done(installed: false); // libvirt takes the port away with the guest
    }

    private sealed class View : StepView
    {
        public override IEnumerable<Difference> DifferencesFrom(Desired desired)
        {
            foreach (var (guest, port) in Hairpin.Missing(desired.Ruleset, desired.Seen))
            {
                yield return new($"hairpin mode of {port} is off, so it does not reach itself by the public address " +
                    "while br_netfilter is on", guest);
            }
        }
    }
}
