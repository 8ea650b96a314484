using System.Collections.Immutable;
using HookAot.Backends;
using HookAot.Rules;
using Microsoft.Extensions.Logging.Abstractions;

namespace HookAot.Host;

/// <summary>What all steps saw on the host together.</summary>
internal sealed class KernelView
{
    private readonly ImmutableArray<(ConvergeStep Step, StepView View)> views;

    private KernelView(ImmutableArray<(ConvergeStep Step, StepView View)> views, NfGeneration generation) =>
        (this.views, Generation) = (views, generation);

    /// <summary>Who has committed to nf_tables since the look began.</summary>
    public NfGeneration Generation { get; }

    /// <summary>What is translated.</summary>
    public ImmutableArray<Translation> Translations => [.. Rules.SelectMany(r => r.Translations)];

    /// <summary>Every rule and jump of ours with its place, so that two views can be compared.</summary>
    public ImmutableArray<string> Contents => [.. Rules.SelectMany(r => r.Contents)];

    private IEnumerable<IInstalledRules> Rules => views.Select(v => v.View.Rules).OfType<IInstalledRules>();

    /// <summary>Looks at the host.</summary>
    /// <param name="context">Where and how.</param>
    /// <param name="problem">Why nothing can be seen; null if everything was.</param>
    public static KernelView? Look(StepContext context, out string? problem)
    {
        problem = null;
        var generation = NfGeneration.FromNow();
        var views = ImmutableArray.CreateBuilder<(ConvergeStep, StepView)>();
        foreach (var step in ConvergeSteps.All)
        {
            if (step.Look(context, out problem) is not { } view) return null;
            views.Add((step, view));
        }

        return new(views.ToImmutable(), generation);
    }

    /// <summary>Looks at the host for a person, and changes nothing.</summary>
    public static KernelView? Look(HostPaths paths, out string? problem)
    {
        var deadline = Deadline.In(Limits.All);
        var context = new StepContext(paths, LockFd: -1, deadline, HostState.Unknown, NullLogger.Instance);
        return Look(context, out problem);
    }

    /// <summary>What a step saw.</summary>
    public StepView Of(ConvergeStep step) => views.Single(v => v.Step == step).View;

    /// <summary>Everything that differs from what is desired; first what the backend that translates lacks.</summary>
    public IEnumerable<Difference> DifferencesFrom(Desired desired) =>
        InOrderOfWeight(desired).SelectMany(v => v.DifferencesFrom(desired));

    /// <summary>Everything of rules that differs from what is desired.</summary>
    public IEnumerable<Difference> RuleDifferencesFrom(Desired desired) =>
        InOrderOfWeight(desired).Where(v => v.Rules is not null).SelectMany(v => v.DifferencesFrom(desired));

    private IEnumerable<StepView> InOrderOfWeight(Desired desired) =>
        ConvergeSteps.ByWeight(desired.Backend).Select(Of);

    /// <summary>Whether what no rule accepts is dropped on its way through the host.</summary>
    public bool ForwardDropsByDefault => Rules.Any(r => r.ForwardDropsByDefault);

    /// <summary>What a translation has matched; null: it is not there.</summary>
    public Counters? CountersOf(Translation translation)
    {
        Counters? sum = null;
        foreach (var rules in Rules)
        {
            if (rules.CountersOf(translation) is { } counters) sum = (sum ?? default) + counters;
        }

        return sum;
    }

    /// <summary>The scripts that apply would run, in its order.</summary>
    /// <param name="desired">What should be there.</param>
    /// <param name="before">The name of the backend that translated at the last converge; null: none did.</param>
    public IEnumerable<ToolScript> ScriptsFor(Desired desired, string? before) =>
        ConvergeSteps.InOrder(desired.Backend, before).SelectMany(step => Of(step).ScriptsFor(desired));
}
