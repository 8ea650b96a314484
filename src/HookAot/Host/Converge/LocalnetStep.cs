using System.Collections.Immutable;
using HookAot.Backends;
using HookAot.Model;
using HookAot.Rules;
using Microsoft.Extensions.Logging;

namespace HookAot.Host;

/// <summary>
/// route_localnet on the bridges of guests that 127.0.0.1 reaches. With it the kernel also takes what a guest sends to
/// 127.0.0.0/8 for its own (the class of CVE-2020-8558), which rules of ours drop. So it is twice in the list of steps:
/// before the rules, where it is only switched off, and after them, where it is switched on. It is never on without
/// them.
/// </summary>
/// <param name="afterRules">Whether the rules are in place.</param>
internal sealed class LocalnetStep(bool afterRules) : ConvergeStep
{
    /// <inheritdoc/>
    public override string Name => afterRules ? "localnet" : "localnet-off";

    /// <summary>
    /// What the record has to say before anything is changed, so that what we switch on is known to be ours even if we
    /// are killed: what it said, and the bridges where it is off.
    /// </summary>
    public static ImmutableArray<string> Claimed(ImmutableArray<string> recorded, Ruleset ruleset) =>
        [.. recorded.Union(Bridges(ruleset).Where(IsOff))];

    /// <summary>What the record has to say afterwards.</summary>
    public static ImmutableArray<string> Kept(ImmutableArray<string> claimed, Ruleset ruleset) =>
        [.. claimed.Intersect(Bridges(ruleset))];

    /// <summary>The guests that 127.0.0.1 cannot reach, since it is off on their bridge.</summary>
    public static IEnumerable<LoopbackAccess> Missing(Ruleset ruleset) =>
        ruleset.Loopback.Where(l => IsOff(l.Bridge));

    /// <inheritdoc/>
    public override StepView? Look(StepContext context, out string? problem)
    {
        problem = null;
        return new View(afterRules);
    }

    /// <inheritdoc/>
    public override StepOutcome Apply(StepContext context, Desired desired, StepView? seen)
    {
        var wanted = Bridges(desired.Ruleset);
        // Also afterwards: the kernel may have refused the guest whose bridge it was.
        foreach (var bridge in context.Record.Localnet.Except(wanted)) Set(bridge, "0", context.Log);
        if (!afterRules) return StepOutcome.Done(installed: false);
        if (context.Failed) return new(null, [], null); // without the rule that drops, guests would reach 127.0.0.1

        foreach (var bridge in wanted.Where(IsOff)) Set(bridge, "1", context.Log);
        return StepOutcome.Done(installed: !wanted.IsEmpty);
    }

    private static void Set(string bridge, string value, ILogger log)
    {
        // The record is a file. A bridge that went has taken the setting with it.
        if (!InterfaceName.IsValid(bridge) || !File.Exists(Setting(bridge))) return;
        if (KernelSetting.Set(Setting(bridge), value) is var error and not 0)
            Log.Warned(log, $"route_localnet of {bridge} cannot be set to {value}: {Libc.Words(error)}");
    }

    private static ImmutableArray<string> Bridges(Ruleset ruleset) =>
        [.. ruleset.Loopback.Select(l => l.Bridge).Distinct()];

    // "all" is or'ed to that of each interface (linux/inetdevice.h, IN_DEV_ORCONF).
    private static bool IsOff(string bridge) =>
        InterfaceName.IsValid(bridge)
        && KernelSetting.Is(Setting(bridge), "0")
        && !KernelSetting.Is(Setting("all"), "1");

    private static string Setting(string bridge) => $"/proc/sys/net/ipv4/conf/{bridge}/route_localnet";

    private sealed class View(bool afterRules) : StepView
    {
        public override IEnumerable<Difference> DifferencesFrom(Desired desired)
        {
            if (!afterRules) yield break;
            foreach (var access in Missing(desired.Ruleset))
            {
                yield return new(
                    $"route_localnet of {access.Bridge} is off, so 127.0.0.1 does not reach it", access.Guest);
            }
        }
    }
}
