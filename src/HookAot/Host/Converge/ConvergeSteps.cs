using System.Collections.Immutable;
using HookAot.Model;

namespace HookAot.Host;

/// <summary>The list of steps.</summary>
internal static class ConvergeSteps
{
    /// <summary>The steps that write rules with iptables and ip6tables.</summary>
    public static ImmutableArray<ConvergeStep> Iptables { get; } =
        [new IptablesStep(ipv4: true), new IptablesStep(ipv4: false)];

    private static readonly ImmutableArray<ConvergeStep> Nftables = [new NftStep()];

    private static readonly ImmutableArray<ConvergeStep> Others =
        [new SysctlStep(), new HairpinStep(), new FlowsStep()];

    private static readonly ConvergeStep First = new LocalnetStep(afterRules: false);

    /// <summary>What is done when everything else is, and succeeded.</summary>
    public static ConvergeStep Last { get; } = new LocalnetStep(afterRules: true);

    /// <summary>Every step. A new backend is one more of them.</summary>
    public static ImmutableArray<ConvergeStep> All { get; } = [First, .. Iptables, .. Nftables, .. Others, Last];

    /// <summary>
    /// Every step but the last, in the order in which they are applied. The backend that translates comes behind the
    /// other one, which only accepts, so that nothing is translated before it is accepted. Where the backend is
    /// changed, the new one comes first: the old one's rules go when they are no longer needed.
    /// </summary>
    /// <param name="choice">Which backend translates.</param>
    /// <param name="before">The name of the one that translated before; null: none did, or nobody knows.</param>
    public static IEnumerable<ConvergeStep> InOrder(BackendChoice choice, string? before)
    {
        var changes = before is not null && before != choice.Backend.Name();
        var nftablesTranslates = choice.Backend == Backend.Nftables;
        var nftablesFirst = nftablesTranslates == changes;
        var writers = nftablesFirst ? Nftables.Concat(Iptables) : Iptables.Concat(Nftables);
        return [First, .. writers, .. Others];
    }

    /// <summary>Every step, those of the backend that translates before the others.</summary>
    public static IEnumerable<ConvergeStep> ByWeight(BackendChoice choice) => choice.Backend == Backend.Nftables
        ? [.. Nftables, .. Iptables, .. Others, Last]
        : [.. Iptables, .. Nftables, .. Others, Last];
}
