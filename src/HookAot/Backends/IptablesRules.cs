using System.Collections.Immutable;
using System.Net;
using HookAot.Model;
using HookAot.Rules;

namespace HookAot.Backends;

/// <summary>
/// The rules in our chains of iptables, or of ip6tables. A converge asks for them several times (what differs, the
/// whole script, what is left in the kernel); each part is worded once.
/// </summary>
/// <param name="wanted">What has to be there, of one family.</param>
/// <param name="ipv4">Whether it is for iptables; else for ip6tables.</param>
internal sealed class IptablesRules(WantedRules wanted, bool ipv4)
{
    private const int MultiportSlots = 15; // XT_MULTI_PORTS; a range takes two

    private readonly Dictionary<string, ImmutableArray<ScriptLine>> worded = [];

    /// <summary>The blocks that the forwards are in; null: those of what is wanted.</summary>
    public ImmutableArray<PortBlock>? Blocks { get; init; }

    /// <summary>The rules of a part; those of one chain in their order.</summary>
    public ImmutableArray<ScriptLine> Of(IptablesLayout.Part part)
    {
        if (worded.TryGetValue(part.Name, out var known)) return known;
        var rules = new PartRules(part);
        switch (part.Name)
        {
            case "guard":
                AddGuard(rules);
                break;
            case "accept":
                AddAccepts(rules, wanted.Accepted);
                break;
            case IptablesLayout.Translate:
                AddTranslations(rules, wanted.Translated);
                break;
            case "source":
                AddSources(rules, wanted.Translated);
                break;
            default:
                throw new InvalidOperationException($"unknown part {part.Name}");
        }

        return worded[part.Name] = rules.Added;
    }

    /// <summary>With route_localnet on, a guest could reach what listens on 127.0.0.1 (CVE-2020-8558).</summary>
    private void AddGuard(PartRules rules)
    {
        foreach (var bridge in wanted.Translated.Loopback.Select(l => l.Bridge).Distinct())
            rules.Add(IptablesLayout.Guard, null, $"-i {bridge} -j DROP");
    }

    /// <summary>
    /// Established connections meet the rules of guests, new ones also those of forwarded ports. What others translate
    /// to a guest's other ports, and what a guest opens itself, stays under the rules of others: the direction says
    /// which is which. ICMP errors are RELATED.
    /// </summary>
    private static void AddAccepts(PartRules rules, Ruleset ruleset)
    {
        foreach (var guest in ruleset.Guests)
        {
            var all = Lack.Of(guest.Address);
            Accept(guest.Guest, $"-s {guest.Address} -m conntrack --ctdir REPLY", all);
            Accept(
                guest.Guest, $"-d {guest.Address} -m conntrack --ctstate RELATED,ESTABLISHED --ctdir ORIGINAL", all);
        }

        foreach (var guest in ruleset.Guests)
        {
            foreach (var (match, source, needed) in PortMatches(guest.Address, guest.Ports))
            {
                var from = source is null ? "" : $"-s {source} ";
                Accept(guest.Guest, $"{from}-d {guest.Address} {match} -m conntrack --ctdir ORIGINAL", needed);
            }
        }

        foreach (var network in ruleset.Networks)
        {
            rules.Add(IptablesLayout.Ranges, null, $"-d {network.Range} -j ACCEPT");
            rules.Add(IptablesLayout.Ranges, null,
                $"-s {network.Range} -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT");
        }

        void Accept(string guest, string match, Lack needed) =>
            rules.Add(IptablesLayout.Forwards, guest, $"{match} -j ACCEPT", needed);
    }

    private void AddTranslations(PartRules rules, Ruleset ruleset)
    {
        // Each link has the same fe80::/10: what is sent there, or from there, is for the neighbours.
        if (!ipv4) rules.Add(IptablesLayout.Dnat, null, "-s fe80::/10 -j RETURN");
        var blocks = Blocks ?? PortBlocks.Of(ruleset);
        var oneAddress = ruleset.Translations.Where(t => t.Public is not null);
        AddForwards(rules, blocks, IptablesLayout.Dnat, oneAddress);
        AddAnyAddress(rules, blocks, ruleset);
        foreach (var guest in ruleset.Guests)
        {
            var source = guest.Masqueraded.PrefixLength == 0 ? "" : $"-s {guest.Masqueraded} ";
            foreach (var (match, _, needed) in PortMatches(guest.Address, AcceptedPorts.FromAnywhere(guest.Ports)))
            {
                var rule = $"{source}-d {guest.Address} {match} -j MASQUERADE";
                rules.Add(IptablesLayout.Snat, guest.Guest, rule, needed);
            }
        }

        foreach (var loopback in ruleset.Loopback)
        {
            var ports = AcceptedPorts.FromAnywhere(loopback.Ports);
            foreach (var (match, _, needed) in PortMatches(loopback.Address, ports))
            {
                var rule = $"-s 127.0.0.0/8 -d {loopback.Address} {match} -j MASQUERADE";
                rules.Add(IptablesLayout.Snat, loopback.Guest, rule, needed);
            }
        }
    }

    /// <summary>
    /// "Is it local?" is a route lookup: asked once for all forwards to any address, not once for each.
    /// </summary>
    private void AddAnyAddress(PartRules rules, ImmutableArray<PortBlock> blocks, Ruleset ruleset)
    {
        var anyAddress = ruleset.Translations.Where(t => t.Public is null).ToList();
        if (anyAddress.Count == 0) return;

        var loopback = ipv4 ? "127.0.0.0/8" : "::1";
        var local = $"! -d {loopback} -m addrtype --dst-type LOCAL -j {IptablesLayout.Local}";
        rules.Add(IptablesLayout.Dnat, null, local, Lack.OfAnyAddress(ipv4));
        if (!ipv4) rules.Add(IptablesLayout.Local, null, "-d fe80::/10 -j RETURN");
        foreach (var address in ruleset.NotAny)
            rules.Add(IptablesLayout.Local, null, $"-d {address} -j RETURN");
        AddForwards(rules, blocks, IptablesLayout.Local, anyAddress);
    }

    /// <summary>The forwards of a chain, or what leads to their blocks, and the blocks.</summary>
    private static void AddForwards(
        PartRules rules,
        ImmutableArray<PortBlock> blocks,
        string chain,
        IEnumerable<Translation> translations)
    {
        if (blocks.IsEmpty)
        {
            foreach (var translation in translations) rules.Add(Translate(chain, translation));
            return;
        }

        AddBlocks(rules, blocks, chain);
    }

    private static void AddBlocks(
        PartRules rules, ImmutableArray<PortBlock> blocks, string chain)
    {
        foreach (var block in blocks.Where(b => b.Parent == chain))
        {
            var name = block.Protocol.Name();
            var jump = $"-p {name} -m {name} --dport {block.Ports.Join(':')} -j {block.Chain}";
            rules.Add(chain, null, jump, Lack.Of(block.Translations));
            if (block.IsBranch)
            {
                AddBlocks(rules, blocks, block.Chain);
                continue;
            }

            foreach (var translation in block.Translations) rules.Add(Translate(block.Chain, translation));
        }
    }

    /// <summary>
    /// Only connections that the guest opens itself come here: what is translated has the address that was asked. Its
    /// own net and groups of hosts keep its address, as with libvirt's masquerade.
    /// </summary>
    private void AddSources(PartRules rules, Ruleset ruleset)
    {
        var groups = ipv4 ? "224.0.0.0/4" : "ff00::/8";
        foreach (var source in ruleset.Sources)
        {
            Add(source, $"-s {source.Address} -d {source.Own} -j RETURN");
            Add(source, $"-s {source.Address} -d {groups} -j RETURN");
            if (ipv4) Add(source, $"-s {source.Address} -d 255.255.255.255 -j RETURN");
            Add(source, $"-s {source.Address} -j SNAT --to-source {source.Public}");
        }

        void Add(SourceAddress source, string rule) => rules.Add(IptablesLayout.Source, source.Guest, rule);
    }

    /// <summary>"-p tcp -m tcp --dport 80", or with several ports -m multiport, as many rules as that takes.</summary>
    private static IEnumerable<(string Match, string? Source, Lack Needed)> PortMatches(
        IPAddress target, IEnumerable<AcceptedPorts> accepted)
    {
        foreach (var ports in accepted)
        {
            var name = ports.Protocol.Name();
            var source = ports.Source?.ToString();
            if (ports.Ranges is [var only])
            {
                var needed = Lack.Of(target, ports.Protocol, ports.Ranges);
                yield return ($"-p {name} -m {name} --dport {only.Join(':')}", source, needed);
                continue;
            }

            foreach (var some in Portions(ports.Ranges))
            {
                var list = string.Join(',', some.Select(r => r.Join(':')));
                var needed = Lack.Of(target, ports.Protocol, some);
                yield return ($"-p {name} -m multiport --dports {list}", source, needed);
            }
        }
    }

    /// <summary>Lists of ports that one multiport match can hold.</summary>
    private static IEnumerable<ImmutableArray<PortRange>> Portions(ImmutableArray<PortRange> ranges)
    {
        var (first, free) = (0, MultiportSlots);
        for (var next = 0; next < ranges.Length; next++)
        {
            var slots = ranges[next].Count == 1 ? 1 : 2;
            if (slots > free)
            {
                yield return ranges[first..next];
                (first, free) = (next, MultiportSlots);
            }

            free -= slots;
        }

        yield return ranges[first..];
    }

    /// <summary>The rule that a translation becomes.</summary>
    internal static ScriptLine Translate(Translation t) => Translate(ChainFor(t), t);

    /// <summary>The chain that translates what is for the translation's address; its blocks are below it.</summary>
    internal static string ChainFor(Translation t) =>
        t.Public is null ? IptablesLayout.Local : IptablesLayout.Dnat;

    private static ScriptLine Translate(string chain, Translation t)
    {
        var name = t.Protocol.Name();
        var source = t.Source is null ? "" : $"-s {t.Source} ";
        var address = t.Public is null ? "" : $"-d {t.Public} ";
        // From elsewhere 127.0.0.1 is nobody's: PREROUTING, which leads here too, has no interface to leave by.
        var only = t.Public is not null && IPAddress.IsLoopback(t.Public) ? "-o lo " : "";
        var rule = $"-A {chain} {source}{address}{only}-p {name} -m {name} --dport {t.PublicPorts.Join(':')} " +
            $"-m comment --comment \"{RuleComment.Of(t)}\" -j DNAT --to-destination {Destination(t)}";
        return new(rule, "nat", LineKind.Rule, chain, t.Guest, t) { Part = IptablesLayout.Translate };
    }

    /// <summary>
    /// No port keeps the port, so for equal ranges. A shifted range needs "first-last/base": without the base
    /// everything goes to the first port.
    /// </summary>
    internal static string Destination(Translation t)
    {
        if (t.PublicPorts == t.TargetPorts) return t.Target.ToString();
        return t.TargetPorts.Count == 1
            ? $"{t.Target.InBrackets()}:{t.TargetPorts}"
            : $"{t.Target.InBrackets()}:{t.TargetPorts}/{t.PublicPorts.First}";
    }

    /// <summary>The rules of one part, as they are added.</summary>
    private sealed class PartRules(IptablesLayout.Part part)
    {
        private readonly ImmutableArray<ScriptLine>.Builder added = ImmutableArray.CreateBuilder<ScriptLine>();

        public ImmutableArray<ScriptLine> Added => added.DrainToImmutable();

        public void Add(ScriptLine rule) => added.Add(rule);

        public void Add(string chain, string? guest, string rule, Lack? needed = null) =>
            added.Add(new($"-A {chain} {rule}", part.Table, LineKind.Rule, chain, guest)
            {
                Part = part.Name,
                Needed = needed,
            });
    }
}
