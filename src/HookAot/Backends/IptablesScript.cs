using System.Collections.Immutable;
using System.Net;
using System.Text;
using HookAot.Model;
using HookAot.Rules;

namespace HookAot.Backends;

/// <summary>Prints a ruleset as a script for iptables-restore --noflush, or ip6tables-restore.</summary>
/// <remarks>
/// Each part is one commit, and so one atomic swap. Accepting comes before translating. With an assumption that turns
/// out wrong the commit fails as a whole, at a line that says which assumption it was: "-N" fails where the chain
/// exists, "-D" where the rule does not (iptables(8)).
/// </remarks>
/// <param name="wanted">What has to be there, of one family.</param>
/// <param name="ipv4">Whether it is for iptables; else for ip6tables.</param>
internal sealed class IptablesScript(WantedRules wanted, bool ipv4)
{
    /// <summary>What a rule with counters begins with: "[3:180] -A ..." (iptables-restore(8)).</summary>
    public const char CounterMark = '[';

    /// <summary>What a table's part of a script ends with.</summary>
    public const string Commit = "COMMIT";

    private const int MultiportSlots = 15; // XT_MULTI_PORTS; a range takes two

    /// <summary>The blocks that the forwards are in; null: those of what is wanted.</summary>
    public ImmutableArray<PortBlock>? Blocks { get; init; }

    /// <summary>The script that puts what is wanted in place of whatever of ours is there.</summary>
    /// <param name="plans">
    /// The parts that are there or have to be. One that is not wanted goes, so that the rules are those from before we
    /// came.
    /// </param>
    public ImmutableArray<ScriptLine> For(IEnumerable<PartPlan> plans)
    {
        var script = ImmutableArray.CreateBuilder<ScriptLine>();
        foreach (var plan in plans)
        {
            var first = script.Count;
            script.Add(Frame(plan, $"*{plan.Part.Table}"));
            if (plan.IsWanted) AddReplacement(script, plan);
            else AddRemoval(script, plan);
            script.Add(Frame(plan, Commit));
            for (var i = first; i < script.Count; i++) script[i] = script[i] with { Part = plan.Part.Name };
        }

        return script.ToImmutable();
    }

    /// <summary>The text to feed to the tool.</summary>
    public static string Print(IEnumerable<ScriptLine> script)
    {
        var text = new StringBuilder();
        foreach (var line in script) text.Append(line.Text).Append('\n');
        return text.ToString();
    }

    private void AddReplacement(ImmutableArray<ScriptLine>.Builder script, PartPlan plan)
    {
        foreach (var chain in plan.Part.Chains) script.Add(plan.IsPresent ? Empty(plan, chain) : New(plan, chain));
        var needsBlocks = plan.Part.NeedsBlocks(wanted);
        if (needsBlocks || plan.MayHaveBlocks) AddEmptyBlocks(script, plan);
        if (!needsBlocks && plan.MayHaveBlocks) AddBlockRemovals(script, plan);
        AddJumpRemovals(script, plan);
        foreach (var jump in plan.Part.Jumps.Reverse())
            script.Add(new($"-I {jump}", plan.Part.Table, LineKind.JumpInsertion, jump));

        switch (plan.Part.Name)
        {
            case "guard":
                AddGuard(script);
                break;
            case "accept":
                AddAccepts(script, wanted.Accepted);
                break;
            case "translate":
                AddTranslations(script, wanted.Translated);
                break;
            case "source":
                AddSources(script, wanted.Translated);
                break;
            default:
                throw new InvalidOperationException($"unknown part {plan.Part.Name}");
        }
    }

    private static void AddRemoval(ImmutableArray<ScriptLine>.Builder script, PartPlan plan)
    {
        // Makes the chain where it is missing: "-D ... -j CHAIN" is not even parsed without it.
        foreach (var chain in plan.Part.Chains) script.Add(Empty(plan, chain));
        if (plan.MayHaveBlocks)
        {
            AddEmptyBlocks(script, plan);
            AddBlockRemovals(script, plan);
        }

        AddJumpRemovals(script, plan);
        foreach (var chain in plan.Part.Chains.Where(c => !plan.Kept.Contains(c)))
            script.Add(new($"-X {chain}", plan.Part.Table, LineKind.ChainRemoval, chain));
    }

    // Nothing leads to a block any more once the part's own chains are empty.
    private static void AddEmptyBlocks(ImmutableArray<ScriptLine>.Builder script, PartPlan plan)
    {
        foreach (var chain in plan.Part.Blocks) script.Add(Empty(plan, chain));
    }

    private static void AddBlockRemovals(ImmutableArray<ScriptLine>.Builder script, PartPlan plan)
    {
        foreach (var chain in plan.Part.Blocks.Where(c => !plan.Kept.Contains(c)))
            script.Add(new($"-X {chain}", plan.Part.Table, LineKind.ChainRemoval, chain));
    }

    private static ScriptLine Frame(PartPlan plan, string text) =>
        new(text, plan.Part.Table, LineKind.Frame, plan.Part.Table);

    private static ScriptLine New(PartPlan plan, string chain) =>
        new($"-N {chain}", plan.Part.Table, LineKind.Chain, chain);

    private static ScriptLine Empty(PartPlan plan, string chain) =>
        new($":{chain} - [0:0]", plan.Part.Table, LineKind.Chain, chain);

    private static void AddJumpRemovals(ImmutableArray<ScriptLine>.Builder script, PartPlan plan)
    {
        foreach (var jump in plan.Part.Jumps)
        {
            for (var i = 0; i < plan.Count(jump); i++)
                script.Add(new($"-D {jump}", plan.Part.Table, LineKind.JumpRemoval, jump));
        }
    }

    /// <summary>With route_localnet on, a guest could reach what listens on 127.0.0.1 (CVE-2020-8558).</summary>
    private void AddGuard(ImmutableArray<ScriptLine>.Builder script)
    {
        foreach (var bridge in wanted.Translated.Loopback.Select(l => l.Bridge).Distinct())
            script.Add(Rule("raw", IptablesLayout.Guard, null, $"-i {bridge} -j DROP"));
    }

    /// <summary>
    /// Established connections meet the rules of guests, new ones also those of forwarded ports. What others translate
    /// to a guest's other ports, and what a guest opens itself, stays under the rules of others: the direction says
    /// which is which. ICMP errors are RELATED.
    /// </summary>
    private static void AddAccepts(ImmutableArray<ScriptLine>.Builder script, Ruleset ruleset)
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
            script.Add(Rule("filter", IptablesLayout.Ranges, null, $"-d {network.Range} -j ACCEPT"));
            script.Add(Rule("filter", IptablesLayout.Ranges, null,
                $"-s {network.Range} -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT"));
        }

        void Accept(string guest, string match, Lack needed) => script.Add(
            Rule("filter", IptablesLayout.Forwards, guest, $"{match} -j ACCEPT") with { Needed = needed });
    }

    private void AddTranslations(ImmutableArray<ScriptLine>.Builder script, Ruleset ruleset)
    {
        // Each link has the same fe80::/10: what is sent there, or from there, is for the neighbours.
        if (!ipv4) script.Add(Rule("nat", IptablesLayout.Dnat, null, "-s fe80::/10 -j RETURN"));
        var blocks = Blocks ?? PortBlocks.Of(ruleset);
        var oneAddress = ruleset.Translations.Where(t => t.Public is not null);
        AddForwards(script, blocks, IptablesLayout.Dnat, oneAddress);
        AddAnyAddress(script, blocks, ruleset);
        foreach (var guest in ruleset.Guests)
        {
            var source = guest.Masqueraded.PrefixLength == 0 ? "" : $"-s {guest.Masqueraded} ";
            foreach (var (match, _, needed) in PortMatches(guest.Address, AcceptedPorts.FromAnywhere(guest.Ports)))
            {
                var rule = $"{source}-d {guest.Address} {match} -j MASQUERADE";
                script.Add(Rule("nat", IptablesLayout.Snat, guest.Guest, rule) with { Needed = needed });
            }
        }

        foreach (var loopback in ruleset.Loopback)
        {
            var ports = AcceptedPorts.FromAnywhere(loopback.Ports);
            foreach (var (match, _, needed) in PortMatches(loopback.Address, ports))
            {
                var rule = $"-s 127.0.0.0/8 -d {loopback.Address} {match} -j MASQUERADE";
                script.Add(Rule("nat", IptablesLayout.Snat, loopback.Guest, rule) with { Needed = needed });
            }
        }
    }

    /// <summary>
    /// "Is it local?" is a route lookup: asked once for all forwards to any address, not once for each.
    /// </summary>
    private void AddAnyAddress(
        ImmutableArray<ScriptLine>.Builder script, ImmutableArray<PortBlock> blocks, Ruleset ruleset)
    {
        var anyAddress = ruleset.Translations.Where(t => t.Public is null).ToList();
        if (anyAddress.Count == 0) return;

        var loopback = ipv4 ? "127.0.0.0/8" : "::1";
        var local = $"! -d {loopback} -m addrtype --dst-type LOCAL -j {IptablesLayout.Local}";
        script.Add(Rule("nat", IptablesLayout.Dnat, null, local) with { Needed = Lack.OfAnyAddress(ipv4) });
        if (!ipv4) script.Add(Rule("nat", IptablesLayout.Local, null, "-d fe80::/10 -j RETURN"));
        foreach (var address in ruleset.NotAny)
            script.Add(Rule("nat", IptablesLayout.Local, null, $"-d {address} -j RETURN"));
        AddForwards(script, blocks, IptablesLayout.Local, anyAddress);
    }

    /// <summary>The forwards of a chain, or what leads to their blocks, and the blocks.</summary>
    private static void AddForwards(
        ImmutableArray<ScriptLine>.Builder script,
        ImmutableArray<PortBlock> blocks,
        string chain,
        IEnumerable<Translation> translations)
    {
        if (blocks.IsEmpty)
        {
            foreach (var translation in translations) script.Add(Translate(chain, translation));
            return;
        }

        AddBlocks(script, blocks, chain);
    }

    private static void AddBlocks(
        ImmutableArray<ScriptLine>.Builder script, ImmutableArray<PortBlock> blocks, string chain)
    {
        foreach (var block in blocks.Where(b => b.Parent == chain))
        {
            var name = block.Protocol.Name();
            var jump = $"-p {name} -m {name} --dport {block.Ports.Join(':')} -j {block.Chain}";
            script.Add(Rule("nat", chain, null, jump) with { Needed = Lack.Of(block.Translations) });
            if (block.IsBranch)
            {
                AddBlocks(script, blocks, block.Chain);
                continue;
            }

            foreach (var translation in block.Translations) script.Add(Translate(block.Chain, translation));
        }
    }

    /// <summary>
    /// Only connections that the guest opens itself come here: what is translated has the address that was asked. Its
    /// own net and groups of hosts keep its address, as with libvirt's masquerade.
    /// </summary>
    private void AddSources(ImmutableArray<ScriptLine>.Builder script, Ruleset ruleset)
    {
        var groups = ipv4 ? "224.0.0.0/4" : "ff00::/8";
        foreach (var source in ruleset.Sources)
        {
            Add(source, $"-s {source.Address} -d {source.Own} -j RETURN");
            Add(source, $"-s {source.Address} -d {groups} -j RETURN");
            if (ipv4) Add(source, $"-s {source.Address} -d 255.255.255.255 -j RETURN");
            Add(source, $"-s {source.Address} -j SNAT --to-source {source.Public}");
        }

        void Add(SourceAddress source, string rule) =>
            script.Add(Rule("nat", IptablesLayout.Source, source.Guest, rule));
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
        var rule = new StringBuilder();
        if (t.Source is { } source) rule.Append($"-s {source} ");
        if (t.Public is { } address) rule.Append($"-d {address} ");
        // From elsewhere 127.0.0.1 is nobody's: PREROUTING, which leads here too, has no interface to leave by.
        if (t.Public is not null && IPAddress.IsLoopback(t.Public)) rule.Append("-o lo ");
        rule.Append($"-p {t.Protocol.Name()} -m {t.Protocol.Name()} --dport {t.PublicPorts.Join(':')} ");
        rule.Append($"-m comment --comment \"{RuleComment.Of(t)}\" -j DNAT --to-destination {Destination(t)}");
        return Rule("nat", chain, t.Guest, rule.ToString()) with { Translation = t };
    }

    /// <summary>
    /// No port keeps the port, so for equal ranges. A shifted range needs "first-last/base": without the base
    /// everything goes to the first port.
    /// </summary>
    internal static string Destination(Translation t)
    {
        if (t.PublicPorts == t.TargetPorts) return t.Target.ToString();
        var target = t.Target.IsIPv4() ? $"{t.Target}" : $"[{t.Target}]";
        return t.TargetPorts.Count == 1
            ? $"{target}:{t.TargetPorts}"
            : $"{target}:{t.TargetPorts}/{t.PublicPorts.First}";
    }

    private static ScriptLine Rule(string table, string chain, string? guest, string rule) =>
        new($"-A {chain} {rule}", table, LineKind.Rule, chain, guest);
}
