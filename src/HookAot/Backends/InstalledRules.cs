using System.Collections.Immutable;
using HookAot.Rules;

namespace HookAot.Backends;

/// <summary>What of ours is in the kernel, as a backend has read it.</summary>
internal interface IInstalledRules
{
    /// <summary>
    /// What is translated, in the order in which it is tried; guests carry the name that the rule shows.
    /// </summary>
    ImmutableArray<Translation> Translations { get; }

    /// <summary>Every rule and jump of ours with its place, so that two readings can be compared.</summary>
    ImmutableArray<string> Contents { get; }

    /// <summary>Whether what no rule accepts is dropped on its way through the host: docker and ufw set that.</summary>
    bool ForwardDropsByDefault { get; }

    /// <summary>Everything that differs from what should be there.</summary>
    IEnumerable<Difference> DifferencesFrom(WantedRules wanted);

    /// <summary>What a translation has matched; null: it is not there.</summary>
    Counters? CountersOf(Translation translation);
}

/// <summary>What differs between the host and what should be there.</summary>
/// <param name="Message">What is missing, too much, or in the wrong place.</param>
/// <param name="Guest">The guest whose rule is missing; null if it is none's.</param>
/// <param name="Translation">The translation that is missing; null where it is something else.</param>
/// <param name="Cure">The command that cures it; null: hookctrl apply.</param>
internal sealed record Difference(
    string Message, string? Guest = null, Translation? Translation = null, string? Cure = null)
{
    /// <summary>
    /// What does not work because of it, where that is not all of the guest's; null: as Guest and Translation say.
    /// </summary>
    public Lack? Lack { get; init; }

    /// <summary>The rule of another program's that it is about; null: none.</summary>
    public ForeignRule? Foreign { get; init; }

    /// <summary>
    /// Whether it changes nothing but the address with which leaves what the guest opens itself (snat); without a guest
    /// it does so for all.
    /// </summary>
    public bool IsOfOwnConnections { get; init; }

    /// <summary>Whether a translation does not work because of it.</summary>
    public bool Stops(Translation translation)
    {
        if (IsOfOwnConnections) return false;
        if (Translation is not null) return Translation == translation;
        return Lack is null ? Guest == translation.Guest : Lack.Concerns(translation);
    }
}

/// <summary>What a rule has matched since it was put in place.</summary>
/// <param name="Packets">Packets; where a rule translates, connections, since it sees only their first packet.</param>
/// <param name="Bytes">How many bytes those had.</param>
internal readonly record struct Counters(long Packets, long Bytes)
{
    /// <summary>Of a rule that does not count.</summary>
    public static Counters Unknown { get; } = new(-1, -1);

    /// <summary>Whether it counts.</summary>
    public bool IsKnown => Packets >= 0;

    /// <summary>Both sums; of which one is unknown, the sum is.</summary>
    public static Counters operator +(Counters a, Counters b) =>
        a.IsKnown && b.IsKnown ? new(a.Packets + b.Packets, a.Bytes + b.Bytes) : Unknown;
}
