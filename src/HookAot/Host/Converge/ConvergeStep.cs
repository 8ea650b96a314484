using System.Collections.Immutable;
using HookAot.Backends;
using Microsoft.Extensions.Logging;

namespace HookAot.Host;

/// <summary>
/// One kind of thing that a converge changes on the host. The hook, plan, apply and status go through the same list of
/// them, <see cref="ConvergeSteps.All"/>.
/// </summary>
internal abstract class ConvergeStep
{
    /// <summary>The step's name in the record; it never changes once released.</summary>
    public abstract string Name { get; }

    /// <summary>
    /// Looks at what is on the host. The hook does without: looking takes longer with every rule there.
    /// </summary>
    /// <param name="context">Where and how.</param>
    /// <param name="problem">Why nothing can be seen; null if something can.</param>
    public abstract StepView? Look(StepContext context, out string? problem);

    /// <summary>Makes the host as it is desired; where nothing is desired, as it was before we came.</summary>
    /// <param name="context">Where and how.</param>
    /// <param name="desired">What should be there, without the guests that an earlier step left out.</param>
    /// <param name="seen">What <see cref="Look"/> saw; null: the step has not looked.</param>
    public abstract StepOutcome Apply(StepContext context, Desired desired, StepView? seen);
}

/// <summary>What a step saw on the host.</summary>
internal abstract class StepView
{
    /// <summary>The rules that were seen; null if the step has none.</summary>
    public virtual IInstalledRules? Rules => null;

    /// <summary>What differs from what is desired, a sentence each.</summary>
    public abstract IEnumerable<Difference> DifferencesFrom(Desired desired);

    /// <summary>The scripts that <see cref="ConvergeStep.Apply"/> would run; none if it has nothing to run.</summary>
    public virtual IEnumerable<ToolScript> ScriptsFor(Desired desired) => [];
}

/// <summary>What a step works with.</summary>
/// <param name="Paths">Where things are.</param>
/// <param name="LockFd">The lock, which a tool keeps should we be killed; -1: none.</param>
/// <param name="Deadline">When everything has to be done.</param>
/// <param name="Record">The record as it was before.</param>
/// <param name="Log">The log.</param>
internal sealed record StepContext(HostPaths Paths, int LockFd, Deadline Deadline, HostState Record, ILogger Log)
{
    /// <summary>Whether a step before this one failed, so that what depends on its rules has to wait.</summary>
    public bool Failed { get; init; }

    /// <summary>Who has committed to nf_tables since what is known of it was found out.</summary>
    public NfGeneration Generation { get; init; } = new(start: null);

    /// <summary>What the last converge left in the tables of iptables, if nobody has committed since.</summary>
    public RulesLeft? Left { get; init; }
}

/// <summary>How a step went.</summary>
/// <param name="Error">Why the host is not as desired; null if it is.</param>
/// <param name="Refused">Guests that were left out because the kernel refuses their rules.</param>
/// <param name="Installed">Whether something of ours is on the host now; null: nobody knows.</param>
internal sealed record StepOutcome(string? Error, ImmutableArray<RefusedGuest> Refused, bool? Installed)
{
    /// <summary>What of the step is on the host, where it has parts.</summary>
    public string[]? Parts { get; init; }

    /// <summary>What is in the chains of iptables now; null: nobody knows, or the step has none.</summary>
    public ChainContents? Chains { get; init; }

    /// <summary>Whether nft died of a signal, so that iptables may stand in.</summary>
    public bool NftDied { get; init; }

    /// <summary>The host is as desired.</summary>
    public static StepOutcome Done(bool installed) => new(null, [], installed);
}

/// <summary>A guest that is left out because the kernel refuses its rules.</summary>
/// <param name="Guest">Its name.</param>
/// <param name="Reason">The tool's words.</param>
internal sealed record RefusedGuest(string Guest, string Reason);

/// <summary>A script for a tool.</summary>
/// <param name="Tool">The tool's path.</param>
/// <param name="Arguments">Its arguments.</param>
/// <param name="Text">Its standard input.</param>
internal sealed record ToolScript(string Tool, ImmutableArray<string> Arguments, string Text);
