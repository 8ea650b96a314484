using System.Collections.Immutable;

namespace HookAot.Host;

/// <summary>The list of steps.</summary>
internal static class ConvergeSteps
{
    /// <summary>Every step, in the order in which they are applied. A new backend is one more of them.</summary>
    public static ImmutableArray<ConvergeStep> All { get; } =
    [
        new LocalnetStep(afterRules: false),
        new IptablesStep(),
        new SysctlStep(),
        new HairpinStep(),
        new FlowsStep(),
        new LocalnetStep(afterRules: true),
    ];
}
