using System.Collections.Immutable;
using System.Net;
using HookAot.Model;

namespace HookAot.Rules;

/// <summary>
/// Everything that has to be in the kernel for what is active, without a word about which tool writes it.
/// </summary>
/// <param name="Translations">What is sent on to a guest, in the order in which it has to be tried.</param>
/// <param name="Guests">Guests whose translated connections are accepted and, from their own net, masqueraded.</param>
/// <param name="Networks">Ranges that accept every forwarded connection.</param>
/// <param name="NotAny">
/// Local addresses that a translation without a public address leaves alone: those of libvirt's bridges, where dnsmasq
/// answers the guests.
/// </param>
internal sealed record Ruleset(
    ImmutableArray<Translation> Translations,
    ImmutableArray<GuestAccess> Guests,
    ImmutableArray<NetworkRange> Networks,
    ImmutableArray<IPAddress> NotAny)
{
    /// <summary>The ruleset of a host on which nothing is active.</summary>
    public static Ruleset Empty { get; } = new([], [], [], []);

    /// <summary>Whether nothing has to be in the kernel.</summary>
    public bool IsEmpty => Translations.IsEmpty && Guests.IsEmpty && Networks.IsEmpty;

    /// <summary>The names of the guests that have rules in it.</summary>
    public ImmutableArray<string> GuestNames => [.. Guests.Select(g => g.Guest).Distinct()];

    /// <summary>The ruleset for the guests that are named, and for all networks.</summary>
    public Ruleset Only(IReadOnlySet<string> guests) => this with
    {
        Translations = [.. Translations.Where(t => guests.Contains(t.Guest))],
        Guests = [.. Guests.Where(g => guests.Contains(g.Guest))],
    };
}
