using System.Collections.Immutable;
using System.Net;
using HookAot.Model;
using HookAot.Rules;

namespace HookAot.Backends;

/// <summary>
/// What a ruleset becomes in nf_tables, in words that nft 0.9.8 to 1.1 take alike (measured).
/// </summary>
/// <remarks>
/// A new connection is looked up once in each map, whether one forward is in it or ten thousand. nat chains see only
/// the first packet of a connection.
/// </remarks>
internal sealed class NftTables
{
    // Before libvirt's and iptables' 100: of several nat chains at a hook the first one that translates counts.
    private const string BeforeOthers = "99";

    private readonly Ruleset ruleset;
    private readonly bool ipv4;

    private NftTables(Ruleset ruleset, bool ipv4) => (this.ruleset, this.ipv4) = (ruleset, ipv4);

    private string Ip => ipv4 ? "ip" : "ip6";

    private string Address => ipv4 ? "ipv4_addr" : "ipv6_addr";

    private static IPNetwork Everywhere(bool ipv4) => new(ipv4 ? IPAddress.Any : IPAddress.IPv6Any, 0);

    /// <summary>Our own table of a family.</summary>
    /// <param name="ruleset">What has to be translated, of that family.</param>
    /// <param name="ipv4">The family.</param>
    public static NftTable Own(Ruleset ruleset, bool ipv4) =>
        ruleset.IsEmpty ? NftTable.None : new NftTables(ruleset, ipv4).Own();

    /// <summary>
    /// The rules of our chain in libvirt's table. They accept what IptablesScript accepts in FORWARD, and say nothing
    /// that a config says: libvirt reads this table line by line.
    /// </summary>
    /// <param name="ruleset">What has to be accepted, of that family.</param>
    /// <param name="ipv4">The family.</param>
    public static ImmutableArray<NftAccept> Accepts(Ruleset ruleset, bool ipv4) =>
        new NftTables(ruleset, ipv4).Accepts();

    private NftTable Own()
    {
        var maps = new Dictionary<NftMap, ImmutableArray<NftElement>.Builder>();
        foreach (var translation in ruleset.Translations)
        {
            foreach (var (map, element) in ElementsOf(translation))
            {
                if (!maps.TryGetValue(map, out var elements))
                    maps[map] = elements = ImmutableArray.CreateBuilder<NftElement>();
                elements.Add(element);
            }
        }

        var used = NftMap.All.Where(maps.ContainsKey).ToList();
        var sets = ImmutableArray.CreateBuilder<NftSet>();
        foreach (var map in used)
        {
            var counts = map.Kind != NftKind.SourcePorts;
            sets.Add(new(map.Name, IsMap: true, Type(map), counts, maps[map].ToImmutable()));
        }

        sets.Add(new(NftLayout.NotAny, IsMap: false, $"type {Address} ;", Counts: false, NotAny()));
        foreach (var protocol in ProtocolNames.All)
        {
            var hairpin = Hairpin(protocol);
            var type = $"type {Address} . {Address} . inet_service ; flags interval ;";
            if (hairpin.IsEmpty) continue;
            sets.Add(new(NftLayout.Hairpin(protocol), IsMap: false, type, Counts: false, hairpin));
        }

        return new(sets.ToImmutable(), Chains(used, sets));
    }

    /// <summary>The elements that a translation becomes, each with its map.</summary>
    public static IEnumerable<(NftMap Map, NftElement Element)> ElementsOf(Translation translation)
    {
        var scope = translation.Public is null ? NftScope.Any
            : IPAddress.IsLoopback(translation.Public) ? NftScope.Localhost
            : NftScope.One;
        if (translation.PublicPorts.Count > 1 && translation.PublicPorts == translation.TargetPorts)
        {
            yield return Element(new(scope, translation.Protocol, NftKind.Ranges), translation, offset: null);
            yield break;
        }

        // nft has no form that shifts a range: an element a port.
        var kind = translation.Source is null ? NftKind.Ports : NftKind.Sources;
        for (var offset = 0; offset < translation.PublicPorts.Count; offset++)
        {
            yield return Element(new(scope, translation.Protocol, kind), translation, offset);
            if (kind == NftKind.Sources)
                yield return Element(new(scope, translation.Protocol, NftKind.SourcePorts), translation, offset);
        }
    }

    private static (NftMap Map, NftElement Element) Element(NftMap map, Translation translation, int? offset)
    {
        var everywhere = Everywhere(translation.Target.IsIPv4());
        var words = RuleComment.Of(translation);
        var (publicPorts, targetPorts) = (translation.PublicPorts, translation.TargetPorts);
        if (offset is { } at)
        {
            publicPorts = Single(publicPorts.First + at);
            targetPorts = Single(targetPorts.First + at);
        }

        var key = new NftFields();
        if (map.Kind != NftKind.Ports) key.Add(translation.Source ?? everywhere);
        if (!map.HasAddress) key.AddAlone(publicPorts);
        else if (translation.Public is { } address) key.Add(address).Add(publicPorts);
        else key.Add(everywhere).Add(publicPorts);

        var data = new NftFields();
        if (map.Kind == NftKind.SourcePorts) data.AddAlone(targetPorts);
        else data.Add(translation.Target);
        if (map.Kind == NftKind.Ports) data.Add(targetPorts);
        // The elements of a shifted range say which one: the kernel has no ranges that shift.
        var comment = translation.PublicPorts.Count > 1 && offset is not null
            ? $"{words} {translation.PublicPorts}"
            : words;
        var element = new NftElement(key.First, key.Last, data.First, comment)
        {
            KeyText = key.Text,
            DataText = data.Text,
            Guest = translation.Guest,
        };
        return (map, element);
    }

    private static PortRange Single(int port) => new((ushort)port, (ushort)port);

    private string Type(NftMap map)
    {
        var key = (map.Kind, map.HasAddress) switch
        {
            (NftKind.Ports, false) => "inet_service",
            (NftKind.Ports, true) => $"{Address} . inet_service",
            _ => $"{Address} . {Address} . inet_service",
        };
        var value = map.Kind switch
        {
            NftKind.Ports => $"{Address} . inet_service",
            NftKind.SourcePorts => "inet_service",
            _ => Address,
        };
        return map.Kind == NftKind.Ports ? $"type {key} : {value} ;" : $"type {key} : {value} ; flags interval ;";
    }

    private ImmutableArray<NftElement> NotAny()
    {
        var elements = ImmutableArray.CreateBuilder<NftElement>();
        foreach (var address in ruleset.NotAny)
        {
            var key = new NftFields().Add(address);
            elements.Add(new(key.First, key.Last, "", "") { KeyText = key.Text });
        }

        return elements.ToImmutable();
    }

    private ImmutableArray<NftElement> Hairpin(Protocol protocol)
    {
        var elements = ImmutableArray.CreateBuilder<NftElement>();
        foreach (var (source, address) in ruleset.Guests.Select(g => (g.Masqueraded, g.Address)).Distinct())
        {
            var same = ruleset.Guests.Where(g => g.Masqueraded == source && g.Address.Equals(address));
            Masquerade(elements, protocol, source, address, [.. same.SelectMany(g => g.Ports)]);
        }

        var loopback = new IPNetwork(new IPAddress([127, 0, 0, 0]), 8);
        foreach (var address in ruleset.Loopback.Select(l => l.Address).Distinct())
        {
            // Who is masqueraded whatever comes is so from 127.0.0.0/8 too: intervals must not overlap.
            var isAlways = ruleset.Guests.Any(g => g.Masqueraded.PrefixLength == 0 && g.Address.Equals(address));
            var same = ruleset.Loopback.Where(l => l.Address.Equals(address));
            if (!isAlways) Masquerade(elements, protocol, loopback, address, [.. same.SelectMany(l => l.Ports)]);
        }

        return elements.ToImmutable();
    }

    private void Masquerade(
        ImmutableArray<NftElement>.Builder elements,
        Protocol protocol,
        IPNetwork source,
        IPAddress address,
        ImmutableArray<AcceptedPorts> accepted)
    {
        var guest = ruleset.Guests.FirstOrDefault(g => g.Address.Equals(address))?.Guest
            ?? ruleset.Loopback.First(l => l.Address.Equals(address)).Guest;
        foreach (var range in Ranges(accepted, protocol))
        {
            var key = new NftFields().Add(source).Add(address).Add(range);
            elements.Add(new(key.First, key.Last, "", RuleComment.Guest(guest))
            {
                KeyText = key.Text,
                Guest = guest,
                Needed = Lack.Of(address, protocol, [range]),
            });
        }
    }

    /// <summary>The ports of a protocol, joined, so that no two of them overlap.</summary>
    private static ImmutableArray<PortRange> Ranges(ImmutableArray<AcceptedPorts> accepted, Protocol protocol)
    {
        foreach (var ports in AcceptedPorts.FromAnywhere([.. accepted.Where(a => a.Protocol == protocol)]))
            return ports.Ranges;
        return [];
    }

    private ImmutableArray<NftTableChain> Chains(List<NftMap> used, ImmutableArray<NftSet>.Builder sets)
    {
        var chains = ImmutableArray.CreateBuilder<NftTableChain>();
        chains.Add(new(NftLayout.Forwards, null, Forwards(used)));
        var output = ImmutableArray.CreateBuilder<string>();
        if (used.Exists(m => m.Scope == NftScope.Localhost))
        {
            chains.Add(new(NftLayout.Localhost, null, [.. Lookups(used, NftScope.Localhost)]));
            output.Add($"ip daddr 127.0.0.1 jump {NftLayout.Localhost}");
        }

        var loopback = ipv4 ? "127.0.0.0/8" : "::1";
        output.Add($"{Ip} daddr != {loopback} fib daddr type local jump {NftLayout.Forwards}");
        // From elsewhere 127.0.0.1 is nobody's, but the kernel looks at that only behind prerouting.
        chains.Add(new(NftLayout.Prerouting, "type nat hook prerouting priority -100",
            [$"{Ip} daddr != {loopback} fib daddr type local jump {NftLayout.Forwards}"]));
        chains.Add(new("output", "type nat hook output priority -100", output.ToImmutable()));
        chains.Add(new("postrouting", $"type nat hook postrouting priority {BeforeOthers}", Postrouting(sets)));
        if (ruleset.Loopback.IsEmpty) return chains.ToImmutable();

        // With route_localnet on, a guest could reach what listens on 127.0.0.1 (CVE-2020-8558).
        var bridges = ruleset.Loopback.Select(l => l.Bridge).Distinct();
        chains.Add(new("guard", "type filter hook prerouting priority -300",
            [.. bridges.Select(b => $"iifname \"{b}\" ip daddr 127.0.0.0/8 drop")]));
        return chains.ToImmutable();
    }

    private ImmutableArray<string> Forwards(List<NftMap> used)
    {
        var rules = ImmutableArray.CreateBuilder<string>();
        // Each link has the same fe80::/10: what is sent there, or from there, is for the neighbours.
        if (!ipv4) rules.Add("ip6 saddr fe80::/10 return");
        rules.AddRange(Lookups(used, NftScope.One));
        if (!ipv4) rules.Add("ip6 daddr fe80::/10 return");
        rules.Add($"{Ip} daddr @{NftLayout.NotAny} return");
        rules.AddRange(Lookups(used, NftScope.Any));
        return rules.ToImmutable();
    }

    private IEnumerable<string> Lookups(List<NftMap> used, NftScope scope)
    {
        foreach (var map in used)
        {
            if (map.Scope != scope || map.Kind == NftKind.SourcePorts) continue;
            var key = (map.Kind, map.HasAddress) switch
            {
                (NftKind.Ports, false) => "",
                (NftKind.Ports, true) => $"{Ip} daddr . ",
                _ => $"{Ip} saddr . {Ip} daddr . ",
            };
            var port = $"{key}{map.Protocol.Name()} dport";
            yield return map.Kind switch
            {
                NftKind.Ports => $"dnat {Ip} addr . port to {port} map @{map.Name}",
                NftKind.Ranges => $"dnat to {port} map @{map.Name}",
                _ => $"dnat to {port} map @{map.Name} : " +
                    $"{port} map @{(map with { Kind = NftKind.SourcePorts }).Name}",
            };
        }
    }

    private ImmutableArray<string> Postrouting(ImmutableArray<NftSet>.Builder sets)
    {
        var rules = ImmutableArray.CreateBuilder<string>();
        foreach (var protocol in ProtocolNames.All)
        {
            var set = NftLayout.Hairpin(protocol);
            if (!sets.Any(s => s.Name == set)) continue;
            var key = $"{Ip} saddr . {Ip} daddr . {protocol.Name()} dport";
            rules.Add($"ct status dnat {key} @{set} masquerade");
        }

        // Only connections that the guest opens itself: what is translated has the address that was asked.
        var groups = ipv4 ? "224.0.0.0/4, 255.255.255.255" : "ff00::/8";
        foreach (var source in ruleset.Sources)
        {
            rules.Add($"ct status & dnat != dnat {Ip} saddr {source.Address} " +
                $"{Ip} daddr != {{ {source.Own}, {groups} }} snat to {source.Public}");
        }

        return rules.ToImmutable();
    }

    private ImmutableArray<NftAccept> Accepts()
    {
        var rules = ImmutableArray.CreateBuilder<NftAccept>();
        if (!ruleset.Guests.IsEmpty)
        {
            var guests = string.Join(", ", ruleset.Guests.Select(g => g.Address).Distinct());
            ImmutableArray<GuestLack> all = [.. ruleset.Guests.Select(g => new GuestLack(g.Guest, Lack.Of(g.Address)))];
            rules.Add(new($"ct status dnat ct direction reply {Ip} saddr {{ {guests} }} accept", all));
            rules.Add(new($"ct status dnat ct direction original ct state established,related " +
                $"{Ip} daddr {{ {guests} }} accept", all));
        }

        foreach (var protocol in ProtocolNames.All)
        {
            foreach (var source in Sources(protocol)) AddAccepts(rules, protocol, source);
        }

        foreach (var network in ruleset.Networks)
        {
            rules.Add(new($"{Ip} daddr {network.Range} accept", []));
            rules.Add(new($"{Ip} saddr {network.Range} ct state established,related accept", []));
        }

        return rules.ToImmutable();
    }

    /// <summary>Who may connect, each once; null: everybody.</summary>
    private IEnumerable<IPNetwork?> Sources(Protocol protocol) => ruleset.Guests
        .SelectMany(g => g.Ports)
        .Where(p => p.Protocol == protocol)
        .Select(p => p.Source)
        .Distinct();

    private void AddAccepts(ImmutableArray<NftAccept>.Builder rules, Protocol protocol, IPNetwork? source)
    {
        var (ports, ranges) = (new Elements(), new Elements());
        foreach (var address in ruleset.Guests.Select(g => g.Address).Distinct())
        {
            var guests = ruleset.Guests.Where(g => g.Address.Equals(address)).ToList();
            var accepted = guests.SelectMany(g => g.Ports).Where(p => p.Source == source);
            foreach (var range in Ranges([.. accepted], protocol))
            {
                var elements = range.Count == 1 ? ports : ranges;
                elements.Texts.Add($"{address} . {range}");
                var lack = Lack.Of(address, protocol, [range]);
                foreach (var guest in guests) elements.Needed.Add(new(guest.Guest, lack));
            }
        }

        // An interval costs a new connection more, so the single ports are by themselves.
        foreach (var elements in (Elements[])[ports, ranges])
        {
            if (elements.Texts.Count == 0) continue;
            var from = source is null ? "" : $"{Ip} saddr {source} ";
            rules.Add(new($"ct status dnat ct direction original {from}" +
                $"{Ip} daddr . {protocol.Name()} dport {{ {string.Join(", ", elements.Texts)} }} accept",
                [.. elements.Needed]));
        }
    }

    private sealed class Elements
    {
        public List<string> Texts { get; } = [];

        public List<GuestLack> Needed { get; } = [];
    }
}
