using System.Collections.Immutable;
using HookAot.Rules;

namespace HookAot.Backends;

/// <summary>
/// What one backend has to do of a ruleset. One backend translates; accepting may be up to several, since an accept is
/// final in its own base chain only (nft(8)).
/// </summary>
/// <param name="translated">What this backend translates and masquerades.</param>
/// <param name="accepted">What this backend accepts on its way through the host.</param>
internal sealed class WantedRules(Ruleset translated, Ruleset accepted)
{
    private IptablesRules? iptables, ip6tables;

    /// <summary>What this backend translates and masquerades.</summary>
    public Ruleset Translated => translated;

    /// <summary>What this backend accepts on its way through the host.</summary>
    public Ruleset Accepted => accepted;

    /// <summary>Nothing: everything of ours has to go.</summary>
    public static WantedRules Nothing { get; } = new(Ruleset.Empty, Ruleset.Empty);

    /// <summary>Whether nothing has to be there.</summary>
    public bool IsEmpty => Translated.IsEmpty && Accepted.IsEmpty;

    /// <summary>All of a ruleset.</summary>
    public static WantedRules All(Ruleset ruleset) => new(ruleset, ruleset);

    /// <summary>The names of the guests that have rules in it.</summary>
    public ImmutableArray<string> GuestNames => [.. Translated.GuestNames.Union(Accepted.GuestNames)];

    /// <summary>The rules for the guests that are named, and for all networks.</summary>
    public WantedRules Only(IReadOnlySet<string> guests) => GuestNames.All(guests.Contains)
        ? this
        : new(Translated.Only(guests), Accepted.Only(guests));

    /// <summary>The part of one family.</summary>
    public WantedRules OfFamily(bool ipv4) => new(Translated.OfFamily(ipv4), Accepted.OfFamily(ipv4));

    /// <summary>The rules of what is one family's here, for iptables or for ip6tables.</summary>
    public IptablesRules RulesFor(bool ipv4) =>
        ipv4 ? iptables ??= new(this, ipv4) : ip6tables ??= new(this, ipv4);
}
