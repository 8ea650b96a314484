using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using HookAot.Model;

namespace HookAot.Rules;

/// <summary>
/// Everything that has to be in the kernel for what is active, of both families, without a word about which tool
/// writes it.
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
    /// <summary>Guests whose forwards the host reaches by 127.0.0.1 too, by translations of that address.</summary>
    public ImmutableArray<LoopbackAccess> Loopback { get; init; } = [];

    /// <summary>Guests whose own connections leave with a public address.</summary>
    public ImmutableArray<SourceAddress> Sources { get; init; } = [];

    /// <summary>The ruleset of a host on which nothing is active.</summary>
    public static Ruleset Empty { get; } = new([], [], [], []);

    /// <summary>Whether nothing has to be in the kernel.</summary>
    public bool IsEmpty => Translations.IsEmpty && Guests.IsEmpty && Networks.IsEmpty;

    /// <summary>The names of the guests that have rules in it.</summary>
    public ImmutableArray<string> GuestNames =>
        [.. Guests.Select(g => g.Guest).Concat(Loopback.Select(l => l.Guest)).Distinct()];

    /// <summary>Such as "1 forward for 1 active guest".</summary>
    public string Summary =>
        $"{Number(Translations.Length, "forward")} for {Number(GuestNames.Length, "active guest")}";

    private static string Number(int count, string of) =>
        string.Create(CultureInfo.InvariantCulture, $"{count} {of}{(count == 1 ? "" : "s")}");

    /// <summary>The part of one family: a translation is of the family of its target.</summary>
    public Ruleset OfFamily(bool ipv4) => new(
        [.. Translations.Where(t => t.Target.IsIPv4() == ipv4)],
        [.. Guests.Where(g => g.Address.IsIPv4() == ipv4)],
        [.. Networks.Where(n => n.Range.BaseAddress.IsIPv4() == ipv4)],
        [.. NotAny.Where(a => a.IsIPv4() == ipv4)])
    {
        Loopback = ipv4 ? Loopback : [],
        Sources = [.. Sources.Where(s => s.Address.IsIPv4() == ipv4)],
    };

    /// <summary>The ruleset of some translations of a guest alone.</summary>
    public Ruleset OnlyFor(string guest, IReadOnlyList<Translation> translations)
    {
        ImmutableArray<AcceptedPorts> PortsOf(IPAddress address, bool loopback) => AcceptedPorts.Of(
            translations.Where(t => t.Target.Equals(address) && t.IsLoopback == loopback));

        var guests = Guests.Where(g => g.Guest == guest)
            .Select(g => g with { Ports = PortsOf(g.Address, loopback: false) });
        var locals = Loopback.Where(l => l.Guest == guest)
            .Select(l => l with { Ports = PortsOf(l.Address, loopback: true) });
        return new([.. translations], [.. guests.Where(g => !g.Ports.IsEmpty)], [], NotAny)
        {
            Loopback = [.. locals.Where(l => !l.Ports.IsEmpty)],
            Sources = [.. Sources.Where(s => s.Guest == guest)],
        };
    }

    /// <summary>The ruleset for the guests that are named, and for all networks.</summary>
    public Ruleset Only(IReadOnlySet<string> guests) => this with
    {
        Translations = [.. Translations.Where(t => guests.Contains(t.Guest))],
        Guests = [.. Guests.Where(g => guests.Contains(g.Guest))],
        Loopback = [.. Loopback.Where(l => guests.Contains(l.Guest))],
        Sources = [.. Sources.Where(s => guests.Contains(s.Guest))],
    };
}
