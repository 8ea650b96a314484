using System.Collections.Immutable;
using HookAot.Backends;

namespace HookAot.Host;

/// <summary>What came of the steps of one converge.</summary>
internal sealed class StepResults
{
    private readonly List<string> errors = [];
    private readonly Dictionary<string, RecordedStep> steps = [];
    private readonly List<RefusedGuest> refused = [];
    private readonly Dictionary<string, ChainContents?> chains = [];

    /// <summary>Why the host is not as desired; empty if it is.</summary>
    public IReadOnlyList<string> Errors => errors;

    /// <summary>Whether the host is not as desired.</summary>
    public bool HasFailed => errors.Count > 0;

    /// <summary>What of ours is on the host; a step that is missing is not known.</summary>
    public ImmutableArray<RecordedStep> Steps => [.. steps.Values];

    /// <summary>Guests that were left out because the kernel refuses their rules, each once.</summary>
    public ImmutableArray<RefusedGuest> Refused => [.. refused.DistinctBy(r => r.Guest)];

    /// <summary>What a step left in the chains of iptables; null: nobody knows.</summary>
    public ChainContents? ChainsOf(ConvergeStep step) => chains.GetValueOrDefault(step.Name);

    /// <summary>Whether nft died of a signal.</summary>
    public bool NftDied { get; private set; }

    /// <summary>Takes down why nothing can be as desired.</summary>
    public void Fail(string error)
    {
        if (!errors.Contains(error)) errors.Add(error);
    }

    /// <summary>Takes down how a step went; of two times the last one counts.</summary>
    public void Add(ConvergeStep step, StepOutcome outcome)
    {
        NftDied |= outcome.NftDied;
        refused.AddRange(outcome.Refused);
        chains[step.Name] = outcome.Chains;
        if (outcome.Error is not null) Fail(outcome.Error);
        if (outcome.Installed is { } installed) steps[step.Name] = new(step.Name, installed, outcome.Parts);
        else steps.Remove(step.Name);
    }
}
