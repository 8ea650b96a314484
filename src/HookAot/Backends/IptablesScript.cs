using System.Collections.Immutable;
using System.Net;
using System.Text;
using HookAot.Model;
using HookAot.Rules;

namespace HookAot.Backends;

/// <summary>What a line of a script is for, so that a refusal of the kernel can be traced to its cause.</summary>
internal enum LineKind
{
    /// <summary>"*nat" or "COMMIT".</summary>
    Frame,

    /// <summary>Makes, empties or deletes a chain of ours.</summary>
    Chain,

    /// <summary>Takes a jump out of a chain of the kernel's.</summary>
    JumpRemoval,

    /// <summary>Puts a jump at the head of a chain of the kernel's.</summary>
    JumpInsertion,

    /// <summary>A rule in a chain of ours.</summary>
    Rule,
}

/// <summary>One line of an iptables-restore script.</summary>
/// <param name="Text">The line without its end.</param>
/// <param name="Table">The table that it belongs to.</param>
/// <param name="Kind">What it is for.</param>
/// <param name="Guest">The guest that needs it; null where it is needed by all.</param>
/// <param name="Translation">What the rule translates; null where it does not.</param>
internal sealed record ScriptLine(string Text, string Table, LineKind Kind, string? Guest = null, Translation? Translation = null);

/// <summary>What is assumed about a table before it is written.</summary>
internal enum TableState
{
    /// <summary>Our chains do not exist. Nothing is deleted, which saves the kernel's RCU wait (about 14 ms on nf_tables).</summary>
    Absent,

    /// <summary>Our chains and jumps are there.</summary>
    Present,
}

/// <summary>One table of a script.</summary>
/// <param name="Table">filter or nat.</param>
/// <param name="State">What is assumed to be there.</param>
/// <param name="Jumps">How often a jump is there, where that is not once: somebody took it out, or doubled it.</param>
internal sealed record TablePlan(string Table, TableState State, ImmutableDictionary<string, int> Jumps)
{
    /// <summary>How often a jump is assumed to be there.</summary>
    public int Count(string jump) => State == TableState.Absent ? 0 : Jumps.GetValueOrDefault(jump, 1);
}

/// <summary>Prints a ruleset as a script for iptables-restore --noflush.</summary>
/// <remarks>
/// Each table is one commit, and so one atomic swap. filter comes before nat, so that nothing is translated before it is accepted.
/// With an assumption that turns out wrong the table's commit fails as a whole, at a line that says which assumption it was: "-N" fails
/// where the chain exists, "-D" where the rule does not (iptables-restore(8), iptables(8)).
/// </remarks>
internal static class IptablesScript
{
    private const string Forwards = "HOOKAOT-FWD", Ranges = "HOOKAOT-NET";
    private const string Dnat = "HOOKAOT-DNAT", Local = "HOOKAOT-LOCAL", Snat = "HOOKAOT-SNAT";

    // In the order in which the tables are committed, and the jumps of one chain in their order from its head.
    private static readonly ImmutableArray<(string Table, string[] Chains, string[] Jumps)> Layout =
    [
        ("filter", [Forwards, Ranges], [$"FORWARD -m conntrack --ctstate DNAT -j {Forwards}", $"FORWARD -j {Ranges}"]),
        ("nat", [Dnat, Local, Snat],
            [$"PREROUTING -j {Dnat}", $"OUTPUT -j {Dnat}", $"POSTROUTING -m conntrack --ctstate DNAT -j {Snat}"]),
    ];

    /// <summary>The tables, in the order in which they are committed.</summary>
    public static ImmutableArray<string> Tables { get; } = [.. Layout.Select(t => t.Table)];

    /// <summary>Our chains in a table, and the jumps that lead to them ("CHAIN match -j OURS"), from the head of each chain.</summary>
    public static (IReadOnlyList<string> Chains, IReadOnlyList<string> Jumps) In(string table)
    {
        var (_, chains, jumps) = Layout.Single(t => t.Table == table);
        return (chains, jumps);
    }

    /// <summary>The script that puts the ruleset in place of whatever of ours is there.</summary>
    public static ImmutableArray<ScriptLine> Replace(Ruleset ruleset, IEnumerable<TablePlan> tables)
    {
        var script = ImmutableArray.CreateBuilder<ScriptLine>();
        foreach (var plan in tables)
        {
            var (chains, jumps) = In(plan.Table);
            script.Add(new($"*{plan.Table}", plan.Table, LineKind.Frame));
            foreach (var chain in chains)
                script.Add(new(plan.State == TableState.Absent ? $"-N {chain}" : $":{chain} - [0:0]", plan.Table, LineKind.Chain));
            foreach (var jump in Removable(plan, jumps))
                script.Add(new($"-D {jump}", plan.Table, LineKind.JumpRemoval));
            foreach (var jump in jumps.Reverse())
                script.Add(new($"-I {jump}", plan.Table, LineKind.JumpInsertion));
            script.AddRange(plan.Table == "nat" ? Nat(ruleset) : Filter(ruleset));
            script.Add(new("COMMIT", plan.Table, LineKind.Frame));
        }

        return script.ToImmutable();
    }

    /// <summary>The script that takes everything of ours out, so that the ruleset is the one from before we came.</summary>
    public static ImmutableArray<ScriptLine> Remove(IEnumerable<TablePlan> tables)
    {
        var script = ImmutableArray.CreateBuilder<ScriptLine>();
        foreach (var plan in tables)
        {
            var (chains, jumps) = In(plan.Table);
            script.Add(new($"*{plan.Table}", plan.Table, LineKind.Frame));
            // Makes the chain where it is missing: "-D ... -j CHAIN" is not even parsed without it.
            foreach (var chain in chains) script.Add(new($":{chain} - [0:0]", plan.Table, LineKind.Chain));
            foreach (var jump in Removable(plan, jumps)) script.Add(new($"-D {jump}", plan.Table, LineKind.JumpRemoval));
            foreach (var chain in chains) script.Add(new($"-X {chain}", plan.Table, LineKind.Chain));
            script.Add(new("COMMIT", plan.Table, LineKind.Frame));
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

    private static IEnumerable<string> Removable(TablePlan plan, IReadOnlyList<string> jumps) =>
        jumps.SelectMany(j => Enumerable.Repeat(j, plan.Count(j)));

    private static IEnumerable<ScriptLine> Filter(Ruleset ruleset)
    {
        foreach (var guest in ruleset.Guests)
        {
            yield return Rule("filter", guest.Guest, $"-A {Forwards} -d {guest.Address} -m conntrack --ctstate DNAT -j ACCEPT");
            yield return Rule("filter", guest.Guest, $"-A {Forwards} -s {guest.Address} -m conntrack --ctstate DNAT -j ACCEPT");
        }

        foreach (var network in ruleset.Networks)
        {
            yield return Rule("filter", null, $"-A {Ranges} -d {network.Range} -j ACCEPT");
            yield return Rule("filter", null, $"-A {Ranges} -s {network.Range} -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT");
        }
    }

    private static IEnumerable<ScriptLine> Nat(Ruleset ruleset)
    {
        foreach (var t in ruleset.Translations.Where(t => t.Public is not null)) yield return Translate(Dnat, t);

        // "Is it local?" is a route lookup: asked once for all forwards to any address, not once for each.
        var anyAddress = ruleset.Translations.Where(t => t.Public is null).ToList();
        if (anyAddress.Count > 0)
            yield return Rule("nat", null, $"-A {Dnat} ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j {Local}");
        foreach (var t in anyAddress) yield return Translate(Local, t);

        foreach (var guest in ruleset.Guests)
        {
            var source = guest.Masqueraded.PrefixLength == 0 ? "" : $"-s {guest.Masqueraded} ";
            yield return Rule("nat", guest.Guest, $"-A {Snat} {source}-d {guest.Address} -m conntrack --ctstate DNAT -j MASQUERADE");
        }
    }

    private static ScriptLine Translate(string chain, Translation t)
    {
        var rule = new StringBuilder($"-A {chain}");
        if (t.Source is { } source) rule.Append($" -s {source}");
        if (t.Public is { } address) rule.Append($" -d {address}");
        rule.Append($" -p {t.Protocol.Name()} -m {t.Protocol.Name()} --dport {t.PublicPorts.Join(':')}");
        rule.Append($" -m comment --comment \"{Comment(t.Guest)}\" -j DNAT --to-destination {Destination(t)}");
        return Rule("nat", t.Guest, rule.ToString()) with { Translation = t };
    }

    /// <summary>
    /// No port keeps the port, so for equal ranges. A shifted range needs "first-last/base": without the base everything goes to
    /// the first port.
    /// </summary>
    internal static string Destination(Translation t) => t.PublicPorts == t.TargetPorts
        ? t.Target.ToString()
        : t.TargetPorts.Count == 1
            ? $"{t.Target}:{t.TargetPorts}"
            : $"{t.Target}:{t.TargetPorts}/{t.PublicPorts.First}";

    /// <summary>
    /// A guest may be called anything; the comment is for a reader, so everything that could mean something to a parser becomes "_".
    /// The kernel takes 255 bytes (XT_MAX_COMMENT_LEN).
    /// </summary>
    internal static string Comment(string guest)
    {
        var comment = new StringBuilder(guest.Length);
        foreach (var c in guest.AsSpan(0, Math.Min(guest.Length, 60)))
            comment.Append(char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' or '+' or ':' or '@' ? c : '_');
        return comment.ToString();
    }

    private static ScriptLine Rule(string table, string? guest, string text) => new(text, table, LineKind.Rule, guest);
}
