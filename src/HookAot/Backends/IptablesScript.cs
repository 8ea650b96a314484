using System.Collections.Immutable;
using System.Text;
using HookAot.Model;
using HookAot.Rules;

namespace HookAot.Backends;

/// <summary>Prints a ruleset as a script for iptables-restore --noflush.</summary>
/// <remarks>
/// Each table is one commit, and so one atomic swap. filter comes before nat, so that nothing is translated before it
/// is accepted. With an assumption that turns out wrong the table's commit fails as a whole, at a line that says which
/// assumption it was: "-N" fails where the chain exists, "-D" where the rule does not (iptables(8)).
/// </remarks>
internal static class IptablesScript
{
    private const int MultiportSlots = 15; // XT_MULTI_PORTS; a range takes two

    /// <summary>The script that puts the ruleset in place of whatever of ours is there.</summary>
    public static ImmutableArray<ScriptLine> Replace(Ruleset ruleset, IEnumerable<TablePlan> tables)
    {
        var script = ImmutableArray.CreateBuilder<ScriptLine>();
        foreach (var plan in tables)
        {
            var ours = IptablesLayout.In(plan.Table);
            script.Add(Frame(plan, $"*{plan.Table}"));
            foreach (var chain in ours.Chains) script.Add(plan.IsPresent ? Empty(plan, chain) : New(plan, chain));
            AddJumpRemovals(script, plan);
            foreach (var jump in ours.Jumps.Reverse())
                script.Add(new($"-I {jump}", plan.Table, LineKind.JumpInsertion, jump));
            if (plan.Table == "nat") AddNat(script, ruleset);
            else AddFilter(script, ruleset);
            script.Add(Frame(plan, "COMMIT"));
        }

        return script.ToImmutable();
    }

    /// <summary>
    /// The script that takes everything of ours out, so that the ruleset is the one from before we came.
    /// </summary>
    public static ImmutableArray<ScriptLine> Remove(IEnumerable<TablePlan> tables)
    {
        var script = ImmutableArray.CreateBuilder<ScriptLine>();
        foreach (var plan in tables)
        {
            var ours = IptablesLayout.In(plan.Table);
            script.Add(Frame(plan, $"*{plan.Table}"));
            // Makes the chain where it is missing: "-D ... -j CHAIN" is not even parsed without it.
            foreach (var chain in ours.Chains) script.Add(Empty(plan, chain));
            AddJumpRemovals(script, plan);
            foreach (var chain in ours.Chains.Where(c => !plan.Kept.Contains(c)))
                script.Add(new($"-X {chain}", plan.Table, LineKind.ChainRemoval, chain));
            script.Add(Frame(plan, "COMMIT"));
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

    private static ScriptLine Frame(TablePlan plan, string text) => new(text, plan.Table, LineKind.Frame, plan.Table);

    private static ScriptLine New(TablePlan plan, string chain) =>
        new($"-N {chain}", plan.Table, LineKind.Chain, chain);

    private static ScriptLine Empty(TablePlan plan, string chain) =>
        new($":{chain} - [0:0]", plan.Table, LineKind.Chain, chain);

    private static void AddJumpRemovals(ImmutableArray<ScriptLine>.Builder script, TablePlan plan)
    {
        foreach (var jump in IptablesLayout.In(plan.Table).Jumps)
        {
            for (var i = 0; i < plan.Count(jump); i++)
                script.Add(new($"-D {jump}", plan.Table, LineKind.JumpRemoval, jump));
        }
    }

    /// <summary>
    /// Established connections meet the rules of guests, new ones also those of forwarded ports. What others translate
    /// to a guest's other ports, and what a guest opens itself, stays under the rules of others: the direction says
    /// which is which. ICMP errors are RELATED.
    /// </summary>
    private static void AddFilter(ImmutableArray<ScriptLine>.Builder script, Ruleset ruleset)
    {
        foreach (var guest in ruleset.Guests)
        {
            Accept(guest.Guest, $"-s {guest.Address} -m conntrack --ctdir REPLY");
            Accept(guest.Guest, $"-d {guest.Address} -m conntrack --ctstate RELATED,ESTABLISHED --ctdir ORIGINAL");
        }

        foreach (var guest in ruleset.Guests)
        {
            foreach (var (match, source) in PortMatches(guest.Ports))
            {
                var from = source is null ? "" : $"-s {source} ";
                Accept(guest.Guest, $"{from}-d {guest.Address} {match} -m conntrack --ctdir ORIGINAL");
            }
        }

        foreach (var network in ruleset.Networks)
        {
            script.Add(Rule("filter", IptablesLayout.Ranges, null, $"-d {network.Range} -j ACCEPT"));
            script.Add(Rule("filter", IptablesLayout.Ranges, null,
                $"-s {network.Range} -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT"));
        }

        void Accept(string guest, string match) =>
            script.Add(Rule("filter", IptablesLayout.Forwards, guest, $"{match} -j ACCEPT"));
    }

    private static void AddNat(ImmutableArray<ScriptLine>.Builder script, Ruleset ruleset)
    {
        foreach (var translation in ruleset.Translations.Where(t => t.Public is not null))
            script.Add(Translate(IptablesLayout.Dnat, translation));

        AddAnyAddress(script, ruleset);
        foreach (var guest in ruleset.Guests)
        {
            var source = guest.Masqueraded.PrefixLength == 0 ? "" : $"-s {guest.Masqueraded} ";
            foreach (var (match, _) in PortMatches(AcceptedPorts.FromAnywhere(guest.Ports)))
            {
                var rule = $"{source}-d {guest.Address} {match} -j MASQUERADE";
                script.Add(Rule("nat", IptablesLayout.Snat, guest.Guest, rule));
            }
        }
    }

    /// <summary>
    /// "Is it local?" is a route lookup: asked once for all forwards to any address, not once for each.
    /// </summary>
    private static void AddAnyAddress(ImmutableArray<ScriptLine>.Builder script, Ruleset ruleset)
    {
        var anyAddress = ruleset.Translations.Where(t => t.Public is null).ToList();
        if (anyAddress.Count == 0) return;

        var local = $"! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j {IptablesLayout.Local}";
        script.Add(Rule("nat", IptablesLayout.Dnat, null, local));
        foreach (var address in ruleset.NotAny)
            script.Add(Rule("nat", IptablesLayout.Local, null, $"-d {address} -j RETURN"));
        foreach (var translation in anyAddress) script.Add(Translate(IptablesLayout.Local, translation));
    }

    /// <summary>"-p tcp -m tcp --dport 80", or with several ports -m multiport, as many rules as that takes.</summary>
    private static IEnumerable<(string Match, string? Source)> PortMatches(IEnumerable<AcceptedPorts> accepted)
    {
        foreach (var ports in accepted)
        {
            var name = ports.Protocol.Name();
            var source = ports.Source?.ToString();
            if (ports.Ranges is [var only])
            {
                yield return ($"-p {name} -m {name} --dport {only.Join(':')}", source);
                continue;
            }

            foreach (var some in Portions(ports.Ranges))
                yield return ($"-p {name} -m multiport --dports {some}", source);
        }
    }

    /// <summary>Lists of ports that one multiport match can hold.</summary>
    private static IEnumerable<string> Portions(ImmutableArray<PortRange> ranges)
    {
        var list = new StringBuilder();
        var free = MultiportSlots;
        foreach (var range in ranges)
        {
            var slots = range.Count == 1 ? 1 : 2;
            if (slots > free)
            {
                yield return list.ToString();
                list.Clear();
                free = MultiportSlots;
            }

            if (list.Length > 0) list.Append(',');
            list.Append(range.Join(':'));
            free -= slots;
        }

        yield return list.ToString();
    }

    /// <summary>The rule that a translation becomes.</summary>
    internal static ScriptLine Translate(Translation t) =>
        Translate(t.Public is null ? IptablesLayout.Local : IptablesLayout.Dnat, t);

    private static ScriptLine Translate(string chain, Translation t)
    {
        var rule = new StringBuilder();
        if (t.Source is { } source) rule.Append($"-s {source} ");
        if (t.Public is { } address) rule.Append($"-d {address} ");
        rule.Append($"-p {t.Protocol.Name()} -m {t.Protocol.Name()} --dport {t.PublicPorts.Join(':')} ");
        rule.Append($"-m comment --comment \"{Comment(t.Guest)}\" -j DNAT --to-destination {Destination(t)}");
        return Rule("nat", chain, t.Guest, rule.ToString()) with { Translation = t };
    }

    /// <summary>
    /// No port keeps the port, so for equal ranges. A shifted range needs "first-last/base": without the base
    /// everything goes to the first port.
    /// </summary>
    internal static string Destination(Translation t)
    {
        if (t.PublicPorts == t.TargetPorts) return t.Target.ToString();
        return t.TargetPorts.Count == 1
            ? $"{t.Target}:{t.TargetPorts}"
            : $"{t.Target}:{t.TargetPorts}/{t.PublicPorts.First}";
    }

    /// <summary>
    /// A guest may be called anything; the comment is for a reader, so everything that could mean something to a parser
    /// becomes "_". The kernel takes 255 bytes (XT_MAX_COMMENT_LEN).
    /// </summary>
    internal static string Comment(string guest)
    {
        const int MostCharacters = 60;
        var comment = new StringBuilder(guest.Length);
        foreach (var c in guest.AsSpan(0, Math.Min(guest.Length, MostCharacters)))
            comment.Append(char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' or '+' or ':' or '@' ? c : '_');
        return comment.ToString();
    }

    private static ScriptLine Rule(string table, string chain, string? guest, string rule) =>
        new($"-A {chain} {rule}", table, LineKind.Rule, chain, guest);
}
