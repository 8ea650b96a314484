using System.Collections.Immutable;
using System.Net;
using HookAot.Model;

namespace HookAot.Rules;

/// <summary>Everything that has to be in the kernel for what is active, without a word about which tool writes it.</summary>
/// <param name="Translations">What is sent on to a guest, in the order in which it has to be tried.</param>
/// <param name="Guests">Guests whose translated connections are accepted and, from their own net, masqueraded.</param>
/// <param name="Networks">Ranges that accept every forwarded connection.</param>
internal sealed record Ruleset(
    ImmutableArray<Translation> Translations,
    ImmutableArray<GuestAccess> Guests,
    ImmutableArray<NetworkRange> Networks)
{
    /// <summary>The ruleset of a host on which nothing is active.</summary>
    public static Ruleset Empty { get; } = new([], [], []);

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

/// <summary>One destination NAT.</summary>
/// <param name="Guest">The guest's name, which the rule carries as a comment.</param>
/// <param name="Public">The address that was connected to; null: any local one except loopback.</param>
/// <param name="Protocol">The transport protocol.</param>
/// <param name="PublicPorts">The ports that were connected to.</param>
/// <param name="Source">Who may connect; null: everybody.</param>
/// <param name="Target">The guest's address.</param>
/// <param name="TargetPorts">The guest's ports, as many as <paramref name="PublicPorts"/>.</param>
internal sealed record Translation(
    string Guest,
    IPAddress? Public,
    Protocol Protocol,
    PortRange PublicPorts,
    IPNetwork? Source,
    IPAddress Target,
    PortRange TargetPorts)
{
    /// <summary>Whether it is one of those that a forward of a guest becomes.</summary>
    public bool Serves(string guest, Forward forward) =>
        Guest == guest && PublicPorts == forward.Public && TargetPorts == forward.Guest && forward.Protocols.Contains(Protocol)
        && (Public is null ? forward.PublicAddresses.IsEmpty : forward.PublicAddresses.Contains(Public));
}

/// <summary>An active guest, or a forward of one, that cannot be served.</summary>
/// <param name="Guest">The guest's name.</param>
/// <param name="Forward">The forward; null: all of them.</param>
/// <param name="Reason">Why, and what to do.</param>
internal sealed record LeftOut(string Guest, Forward? Forward, string Reason)
{
    /// <summary>"guest: reason".</summary>
    public override string ToString() => $"{Printable.Escape(Guest)}: {Reason}";
}

/// <summary>A guest's address that translated connections may reach.</summary>
/// <param name="Guest">The guest's name.</param>
/// <param name="Address">The guest's address.</param>
/// <param name="Masqueraded">Whose translated connections get the host's address, since the guest would answer them past the host.</param>
internal sealed record GuestAccess(string Guest, IPAddress Address, IPNetwork Masqueraded);
