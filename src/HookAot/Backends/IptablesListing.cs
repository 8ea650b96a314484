using System.Collections.Immutable;
using System.Globalization;
using HookAot.Rules;

namespace HookAot.Backends;

/// <summary>A rule that is in the kernel.</summary>
/// <param name="Text">As iptables-save prints it: "-A CHAIN ...".</param>
/// <param name="Counters">What it has matched.</param>
internal sealed record ListedRule(string Text, Counters Counters);

/// <summary>The output of iptables-save -c, as far as it concerns us.</summary>
internal sealed class IptablesListing : IInstalledRules
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
            else if (line.StartsWith(':')) listing.AddChain(table, line);
            else if (line.StartsWith('[')) listing.AddRule(table, line);
        }

        return listing;
    }

    /// <summary>The rules of a chain; null if there is no such chain.</summary>
    public IReadOnlyList<ListedRule>? Chain(string table, string chain) => chains.GetValueOrDefault((table, chain));

    // What happens at the end of a built-in chain: ACCEPT or DROP.
    private string? Policy(string table, string chain) => policies.GetValueOrDefault((table, chain));

    /// <summary>Whether a chain of ours is there.</summary>
    public bool HasOurs => chains.Keys.Any(k => IptablesLayout.IsOurs(k.Chain));

    /// <summary>The tables as they are: what to assume so that a script fits at once.</summary>
    public ImmutableArray<TablePlan> Plans => [.. IptablesLayout.Tables.Select(Plan)];

    /// <inheritdoc/>
    public ImmutableArray<Translation> Translations
    {
        get
        {
            var rules = new[] { IptablesLayout.Dnat, IptablesLayout.Local }.SelectMany(c => Chain("nat", c) ?? []);
            return [.. rules.Select(r => IptablesRule.Translation(r.Text)).OfType<Translation>()];
        }
    }

    /// <inheritdoc/>
    public ImmutableArray<string> Contents
    {
        get
        {
            var contents = ImmutableArray.CreateBuilder<string>();
            foreach (var table in IptablesLayout.Tables)
            {
                var layout = IptablesLayout.In(table);
                foreach (var chain in layout.Chains)
                    contents.AddRange((Chain(table, chain) ?? []).Select(r => r.Text));
                foreach (var jump in layout.Jumps)
                    contents.AddRange(Places(table, jump).Select(place => $"{jump} {place}"));
            }

            return contents.ToImmutable();
        }
    }

    /// <inheritdoc/>
    public bool ForwardDropsByDefault => Policy("filter", "FORWARD") == "DROP";

    /// <summary>Rules of other programs that lead to a chain of ours.</summary>
    public IEnumerable<string> ForeignReferences(string table, string chain)
    {
        var jumps = IptablesLayout.In(table).Jumps.Select(j => $"-A {j}").ToHashSet(StringComparer.Ordinal);
        foreach (var ((inTable, inChain), rules) in chains)
        {
            if (inTable != table || IptablesLayout.IsOurs(inChain)) continue;
            foreach (var rule in rules.Where(r => IptablesRule.LeadsTo(r.Text, chain) && !jumps.Contains(r.Text)))
                yield return rule.Text;
        }
    }

    /// <inheritdoc/>
    public Counters? CountersOf(Translation translation)
    {
        var text = IptablesRule.Canonical(IptablesScript.Translate(translation).Text);
        return ours.GetValueOrDefault(("nat", text))?.Counters;
    }

    /// <inheritdoc/>
    public IEnumerable<Difference> DifferencesFrom(Ruleset wanted)
    {
        var script = wanted.IsEmpty ? [] : IptablesScript.Replace(wanted, Plans);
        var rules = script.Where(l => l.Kind == LineKind.Rule).ToLookup(l => l.Subject, StringComparer.Ordinal);
        foreach (var table in IptablesLayout.Tables)
        {
            var layout = IptablesLayout.In(table);
            foreach (var chain in layout.Chains)
            {
                foreach (var difference in RuleDifferences(table, chain, [.. rules[chain]], wanted.IsEmpty))
                    yield return difference;
            }

            foreach (var jump in layout.Jumps)
            {
                if (JumpDifference(table, jump, wanted.IsEmpty) is { } difference) yield return difference;
            }
        }
    }

    private void AddChain(string table, string line)
    {
        if (line.Split(' ') is not [var name, var policy, ..]) return;
        chains[(table, name[1..])] = [];
        policies[(table, name[1..])] = policy;
    }

    private void AddRule(string table, string line)
    {
        if (line.Split(' ', 4) is not [var counters, "-A", var chain, ..]) return;
        if (!chains.TryGetValue((table, chain), out var rules)) return;

        var numbers = counters.Trim('[', ']').Split(':');
        var bytes = numbers.Length > 1 ? Number(numbers[1]) : 0;
        var rule = new ListedRule(line[(counters.Length + 1)..], new(Number(numbers[0]), bytes));
        rules.Add(rule);
        if (IptablesLayout.IsOurs(chain)) ours.TryAdd((table, IptablesRule.Canonical(rule.Text)), rule);
    }

    private TablePlan Plan(string table)
    {
        var layout = IptablesLayout.In(table);
        var there = layout.Chains.Any(c => Chain(table, c) is not null);
        return new(table, there, layout.Jumps.ToImmutableDictionary(j => j, j => Places(table, j).Count), []);
    }

    private IEnumerable<Difference> RuleDifferences(
        string table, string chain, List<ScriptLine> expected, bool nothingExpected)
    {
        if (Chain(table, chain) is not { } actual)
        {
            if (!nothingExpected) yield return new($"chain {chain} is missing (table {table})");
            var guests = expected.Where(l => l.Guest is not null);
            foreach (var line in guests.DistinctBy(Cause))
                yield return new($"rules are missing in {chain}", line.Guest, line.Translation);
            yield break;
        }

        if (nothingExpected)
        {
            // One that a rule of another program's leads to cannot be deleted, and does nothing while it is empty.
            var kept = actual.Count == 0 && ForeignReferences(table, chain).Any();
            if (!kept) yield return new($"chain {chain} is there, although nothing is active (table {table})");
            yield break;
        }

        var there = actual.Select(r => IptablesRule.Canonical(r.Text)).ToList();
        var wanted = expected.Select(l => IptablesRule.Canonical(l.Text)).ToList();
        var thereSet = there.ToHashSet(StringComparer.Ordinal);
        var wantedSet = wanted.ToHashSet(StringComparer.Ordinal);
        foreach (var (line, text) in expected.Zip(wanted))
        {
            if (!thereSet.Contains(text))
                yield return new($"missing: {text} (table {table})", line.Guest, line.Translation);
        }

        foreach (var text in there.Where(t => !wantedSet.Contains(t)))
            yield return new($"should not be there: {text} (table {table})");
        if (thereSet.SetEquals(wantedSet) && !there.SequenceEqual(wanted))
            yield return new($"the rules of {chain} are doubled or in another order (table {table})");
    }

    private static (string?, Translation?) Cause(ScriptLine line) => (line.Guest, line.Translation);

    private Difference? JumpDifference(string table, string jump, bool nothingExpected)
    {
        var chain = IptablesLayout.ChainOf(jump);
        var jumps = IptablesLayout.In(table).Jumps;
        var first = jumps.TakeWhile(j => j != jump).Count(j => IptablesLayout.ChainOf(j) == chain);
        return Places(table, jump) switch
        {
            [] when nothingExpected => null,
            [] => new($"the jump is missing: -A {jump} (table {table})"),
            _ when nothingExpected => new($"should not be there: -A {jump} (table {table})"),
            [var place] when place == first => null,
            [var place] => new($"not at the head of {chain}: -A {jump} is rule {place + 1}, behind " +
                $"{Chain(table, chain)![first].Text} (table {table})"),
            _ => new($"there more than once: -A {jump} (table {table})"),
        };
    }

    /// <summary>Where in its chain a jump stands, from 0.</summary>
    private List<int> Places(string table, string jump)
    {
        var rules = Chain(table, IptablesLayout.ChainOf(jump)) ?? [];
        var places = new List<int>();
        for (var i = 0; i < rules.Count; i++)
        {
            if (rules[i].Text == $"-A {jump}") places.Add(i);
        }

        return places;
    }

    private static long Number(string text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
}
