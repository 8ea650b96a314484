using System.Collections.Immutable;
using HookAot.Backends;
using HookAot.Rules;

namespace HookAot.Host;

/// <summary>
/// What came of a look at the host, and of the converge that followed where it was not as it should be.
/// </summary>
/// <param name="Found">What differed before; empty where everything was as it should be.</param>
/// <param name="Left">What differs now.</param>
/// <param name="Before">What was there before.</param>
/// <param name="After">What is there now.</param>
/// <param name="Desired">What should be there.</param>
internal sealed record Healing(
    ImmutableArray<Difference> Found,
    ImmutableArray<Difference> Left,
    KernelView Before,
    KernelView After,
    Desired Desired)
{
    /// <summary>Whether there was something to do.</summary>
    public bool Converged { get; init; }

    /// <summary>Whether other forwards should be in force than before: rules differed because of that.</summary>
    public bool HasNews { get; init; }

    /// <summary>Whether the converge brought everything into the kernel, as far as it knows.</summary>
    public bool Applied { get; init; } = true;

    /// <summary>Whether everything is as it should be now.</summary>
    public bool Done => Applied && Left.IsEmpty;

    /// <summary>Forwards that are there now and were not before.</summary>
    public ImmutableArray<Translation> Added => [.. After.Translations.Except(Before.Translations)];

    /// <summary>Forwards that were there before and are not now.</summary>
    public ImmutableArray<Translation> Removed => [.. Before.Translations.Except(After.Translations)];
}
