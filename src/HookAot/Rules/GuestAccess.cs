using System.Collections.Immutable;
using System.Net;
using HookAot.Model;

namespace HookAot.Rules;

/// <summary>A guest's address that translated connections may reach.</summary>
/// <param name="Guest">The guest's name.</param>
/// <param name="Address">The guest's address.</param>
/// <param name="Ports">Where new connections are accepted: only ports that we forward.</param>
/// <param name="Masqueraded">
/// Whose translated connections get the host's address, since the guest would answer them past the host.
/// </param>
internal sealed record GuestAccess(
    string Guest, IPAddress Address, ImmutableArray<AcceptedPorts> Ports, IPNetwork Masqueraded);

/// <summary>Ports of a guest that new connections may reach.</summary>
/// <param name="Protocol">The transport protocol.</param>
/// <param name="Source">Who may connect; null: everybody.</param>
/// <param name="Ranges">The ports, ascending; neighbouring ones are one range.</param>
internal sealed record AcceptedPorts(Protocol Protocol, IPNetwork? Source, ImmutableArray<PortRange> Ranges)
{
    /// <summary>
    /// The ports of translations to one address, by protocol and source, in the order of the translations.
    /// </summary>
    public static ImmutableArray<AcceptedPorts> Of(IEnumerable<Translation> translations)
    {
        var accepted = ImmutableArray.CreateBuilder<AcceptedPorts>();
        foreach (var group in translations.GroupBy(t => (t.Protocol, t.Source), t => t.TargetPorts))
            accepted.Add(new(group.Key.Protocol, group.Key.Source, Joined(group)));
        return accepted.ToImmutable();
    }

    /// <summary>The same ports whoever connects: one for each protocol.</summary>
    public static IEnumerable<AcceptedPorts> FromAnywhere(ImmutableArray<AcceptedPorts> ports)
    {
        foreach (var group in ports.GroupBy(p => p.Protocol))
            yield return new(group.Key, null, Joined(group.SelectMany(p => p.Ranges)));
    }

    /// <summary>Ranges that overlap or follow each other become one, so that many forwards are few rules.</summary>
    private static ImmutableArray<PortRange> Joined(IEnumerable<PortRange> ranges)
    {
        var joined = ImmutableArray.CreateBuilder<PortRange>();
        foreach (var range in ranges.OrderBy(r => r.First))
        {
            if (joined.Count > 0 && range.First <= joined[^1].Last + 1)
                joined[^1] = new(joined[^1].First, Math.Max(joined[^1].Last, range.Last));
            else
                joined.Add(range);
        }

        return joined.ToImmutable();
    }
}
