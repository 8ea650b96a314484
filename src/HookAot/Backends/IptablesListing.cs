using System.Collections.Immutable;
using System.Globalization;
using HookAot.Rules;

namespace HookAot.Backends;

/// <summary>A rule that is in the kernel.</summary>
/// <param name="Text">As iptables-save prints it: "-A CHAIN ...".</param>
/// <param name="Packets">How many packets it matched since it was put there. In the table nat: connections, it sees only their first packet.</param>
/// <param name="Bytes">How many bytes those had.</param>
internal sealed record ListedRule(string Text, long Packets, long Bytes);

/// <summary>What differs between the kernel and what should be there.</summary>
/// <param name="Message">What is missing, too much, or in the wrong place.</param>
/// <param name="Guest">The guest whose rule is missing; null if it is none's.</param>
internal sealed record Difference(string Message, string? Guest = null);

/// <summary>The output of iptables-save -c, as far as it concerns us.</summary>
internal sealed class IptablesListing
{
    private readonly Dictionary<(string Table, string Chain), List<ListedRule>> chains = [];
    private readonly Dictionary<(string Table, string Chain), string> policies = [];
    private readonly Dictionary<(string Table, string Rule), ListedRule> ours = [];

    private IptablesListing() { }

    /// <summary>Reads it. Lines that are not understood say nothing.</summary>
    public static IptablesListing Parse(string text)
    {
        var listing = new IptablesListing();
        var table = "";
        foreach (var line in text.Split('\n'))
        {
            if (line.StartsWith('*')) table = line[1..].Trim();
            else if (line.StartsWith(':') && line.Split(' ') is [var name, var policy, ..])
            {
                listing.chains[(table, name[1..])] = [];
                listing.policies[(table, name[1..])] = policy;
            }
            else if (line.StartsWith('[') && line.Split(' ', 4) is [var counters, "-A", var chain, ..] && listing.chains.TryGetValue((table, chain), out var rules))
            {
                var numbers = counters.Trim('[', ']').Split(':');
                var rule = new ListedRule(line[(counters.Length + 1)..], Number(numbers[0]), numbers.Length > 1 ? Number(numbers[1]) : 0);
                rules.Add(rule);
                if (IsOurs(chain)) listing.ours.TryAdd((table, Canonical(rule.Text)), rule);
            }
        }

        return listing;
    }

    /// <summary>The rules of a chain; null if there is no such chain.</summary>
    public IReadOnlyList<ListedRule>? Chain(string table, string chain) => chains.GetValueOrDefault((table, chain));

    /// <summary>What happens to a packet at the end of a built-in chain: ACCEPT or DROP; null if there is no such chain.</summary>
    public string? Policy(string table, string chain) => policies.GetValueOrDefault((table, chain));

    /// <summary>The tables as they are: what to assume so that a script fits at once.</summary>
    public ImmutableArray<TablePlan> Plans =>
        [.. from table in IptablesScript.Tables
            let layout = IptablesScript.In(table)
            let there = layout.Chains.Any(c => Chain(table, c) is not null)
            select new TablePlan(table, there ? TableState.Present : TableState.Absent, layout.Jumps.ToImmutableDictionary(j => j, j => Places(table, j).Count))];

    /// <summary>The rule in the kernel that a line of a script became; null if it is not there.</summary>
    public ListedRule? Find(ScriptLine line) => ours.GetValueOrDefault((line.Table, Canonical(line.Text)));

    /// <summary>All rules in chains of ours, without counters.</summary>
    public IEnumerable<string> Ours => ours.Keys.Select(k => k.Rule);

    /// <summary>The jumps to our chains, each with its place.</summary>
    public IEnumerable<string> Jumps =>
        IptablesScript.Tables.SelectMany(t => IptablesScript.In(t).Jumps.SelectMany(j => Places(t, j).Select(place => $"{j} {place}")));

    /// <summary>Everything that differs from what should be there.</summary>
    public IEnumerable<Difference> DifferencesFrom(Ruleset ruleset)
    {
        var script = ruleset.IsEmpty ? [] : IptablesScript.Replace(ruleset, Plans);
        foreach (var table in IptablesScript.Tables)
        {
            var (chainsOfOurs, jumps) = IptablesScript.In(table);
            foreach (var chain in chainsOfOurs)
            {
                var expected = script.Where(l => l.Kind == LineKind.Rule && l.Table == table && ChainOf(l.Text) == chain).ToList();
                foreach (var difference in RuleDifferences(table, chain, expected, ruleset.IsEmpty)) yield return difference;
            }

            foreach (var difference in JumpDifferences(table, jumps, ruleset.IsEmpty)) yield return difference;
        }
    }

    private IEnumerable<Difference> RuleDifferences(string table, string chain, List<ScriptLine> expected, bool nothingExpected)
    {
        if (Chain(table, chain) is not { } actual)
        {
            if (!nothingExpected) yield return new($"chain {chain} is missing (table {table})");
            foreach (var guest in expected.Select(l => l.Guest).OfType<string>().Distinct()) yield return new($"rules are missing in {chain}", guest);
            yield break;
        }

        if (nothingExpected)
        {
            yield return new($"chain {chain} is there, although nothing is active (table {table})");
            yield break;
        }

        var there = actual.Select(r => Canonical(r.Text)).ToList();
        var wanted = expected.Select(l => Canonical(l.Text)).ToList();
        var (thereSet, wantedSet) = (there.ToHashSet(StringComparer.Ordinal), wanted.ToHashSet(StringComparer.Ordinal));
        foreach (var (line, text) in expected.Zip(wanted))
            if (!thereSet.Contains(text)) yield return new($"missing: {text} (table {table})", line.Guest);
        foreach (var text in there.Where(t => !wantedSet.Contains(t))) yield return new($"should not be there: {text} (table {table})");
        if (thereSet.SetEquals(wantedSet) && !there.SequenceEqual(wanted)) yield return new($"the rules of {chain} are doubled or in another order (table {table})");
    }

    private IEnumerable<Difference> JumpDifferences(string table, IReadOnlyList<string> jumps, bool nothingExpected)
    {
        foreach (var jump in jumps)
        {
            var chain = jump.Split(' ')[0];
            var first = jumps.TakeWhile(j => j != jump).Count(j => j.StartsWith(chain + " ", StringComparison.Ordinal));
            switch (Places(table, jump))
            {
                case [] when !nothingExpected:
                    yield return new($"the jump is missing: -A {jump} (table {table})");
                    break;
                case [_, ..] when nothingExpected:
                    yield return new($"should not be there: -A {jump} (table {table})");
                    break;
                case [var place] when place != first:
                    yield return new($"not at the head of {chain}: -A {jump} is rule {place + 1}, behind {Chain(table, chain)![first].Text} (table {table})");
                    break;
                case [_, _, ..]:
                    yield return new($"there more than once: -A {jump} (table {table})");
                    break;
                default:
                    break;
            }
        }
    }

    /// <summary>Where in its chain a jump stands, from 0.</summary>
    private List<int> Places(string table, string jump)
    {
        var rules = Chain(table, jump.Split(' ')[0]) ?? [];
        return [.. Enumerable.Range(0, rules.Count).Where(i => rules[i].Text == $"-A {jump}")];
    }

    private static bool IsOurs(string chain) => IptablesScript.Tables.Any(t => IptablesScript.In(t).Chains.Contains(chain));

    private static string ChainOf(string rule) => rule.Split(' ', 3)[1];

    /// <summary>A rule as iptables-save prints it: addresses with their prefix length, what matches everything left out, quotes only where needed.</summary>
    internal static string Canonical(string rule)
    {
        var words = rule.Replace("\"", "", StringComparison.Ordinal).Split(' ').ToList();
        for (var i = words.Count - 2; i >= 0; i--)
        {
            if (words[i] is not ("-s" or "-d")) continue;
            if (words[i + 1] == "0.0.0.0/0") words.RemoveRange(i, 2);
            else if (!words[i + 1].Contains('/', StringComparison.Ordinal)) words[i + 1] += "/32";
        }

        return string.Join(' ', words);
    }

    private static long Number(string text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
}
