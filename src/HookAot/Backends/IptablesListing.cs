using System.Collections.Immutable;
using System.Globalization;
using HookAot.Rules;

namespace HookAot.Backends;

/// <summary>A rule that is in the kernel.</summary>
/// <param name="Text">As iptables-save prints it: "-A CHAIN ...".</param>
/// <param name="Counters">What it has matched.</param>
internal sealed record ListedRule(string Text, Counters Counters);

/// <summary>The output of iptables-save -c, or ip6tables-save -c, as far as it concerns us.</summary>
internal sealed class IptablesListing : IInstalledRules
{
    private readonly Dictionary<(string Table, string Chain), List<ListedRule>> chains = [];
    private readonly Dictionary<(string Table, string Chain), string> policies = [];

    // Without their chains: a forward keeps its counters where it comes into another one.
    private readonly Dictionary<(string Table, string Rule), ListedRule> ours = [];

    private readonly bool ipv4;
    private bool hasCounted;

    private IptablesListing(bool ipv4) => this.ipv4 = ipv4;

    /// <summary>Reads it. Lines that are not understood say nothing.</summary>
    /// <param name="text">What the tool printed.</param>
    /// <param name="ipv4">Whether it is iptables'; else ip6tables'.</param>
    public static IptablesListing Parse(string text, bool ipv4 = true)
    {
        var listing = new IptablesListing(ipv4);
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

    /// <summary>The parts as they are: what to assume so that a script fits at once.</summary>
    public ImmutableArray<PartPlan> Plans(WantedRules wanted) =>
        [.. IptablesLayout.Parts(ipv4).Select(p => Plan(p, wanted))];

    /// <inheritdoc/>
    public ImmutableArray<Translation> Translations
    {
        get
        {
            IEnumerable<string> chains = [IptablesLayout.Dnat, IptablesLayout.Local, .. IptablesLayout.BlockChains];
            var rules = chains.SelectMany(c => Chain("nat", c) ?? []);
            return [.. rules.Select(r => IptablesRule.Translation(r.Text)).OfType<Translation>()];
        }
    }

    /// <inheritdoc/>
    public ImmutableArray<string> Contents
    {
        get
        {
            var contents = ImmutableArray.CreateBuilder<string>();
            foreach (var part in IptablesLayout.Parts(ipv4))
            {
                foreach (var chain in part.AllChains)
                    contents.AddRange((Chain(part.Table, chain) ?? []).Select(r => r.Text));
                foreach (var jump in part.Jumps)
                    contents.AddRange(Places(part.Table, jump).Select(place => $"{jump} {place}"));
            }

            return contents.ToImmutable();
        }
    }

    /// <inheritdoc/>
    public bool ForwardDropsByDefault => Policy("filter", "FORWARD") == "DROP";

    /// <summary>Rules of other programs that lead to a chain of ours.</summary>
    public IEnumerable<string> ForeignReferences(IptablesLayout.Part part, string chain)
    {
        var jumps = part.Jumps.Select(j => $"-A {j}").ToHashSet(StringComparer.Ordinal);
        foreach (var ((inTable, inChain), rules) in chains)
        {
            if (inTable != part.Table || IptablesLayout.IsOurs(inChain)) continue;
            foreach (var rule in rules.Where(r => IptablesRule.LeadsTo(r.Text, chain) && !jumps.Contains(r.Text)))
                yield return rule.Text;
        }
    }

    /// <inheritdoc/>
    public Counters? CountersOf(Translation translation) => CountersOf(IptablesRules.Translate(translation));

    /// <summary>
    /// A script whose rules go on counting where the same rules are now; without, each converge would begin at 0.
    /// </summary>
    public ImmutableArray<ScriptLine> CarriedInto(ImmutableArray<ScriptLine> script)
    {
        if (!hasCounted) return script;
        var carried = ImmutableArray.CreateBuilder<ScriptLine>(script.Length);
        foreach (var line in script)
        {
            // Nobody asks what the others counted.
            var counters = line.Translation is null ? null : CountersOf(line);
            carried.Add(counters is { Packets: > 0 } counted
                ? line with { Text = $"{IptablesScript.CounterMark}{counted.Packets}:{counted.Bytes}] {line.Text}" }
                : line);
        }

        return carried.ToImmutable();
    }

    private Counters? CountersOf(ScriptLine line) =>
        ours.GetValueOrDefault((line.Table, IptablesRule.WithoutChain(IptablesRule.Canonical(line.Text))))?.Counters;

    /// <inheritdoc/>
    public IEnumerable<Difference> DifferencesFrom(WantedRules wanted)
    {
        var plans = Plans(wanted);
        var rules = plans.Where(p => p.IsWanted)
            .SelectMany(p => wanted.RulesFor(ipv4).Of(p.Part))
            .ToLookup(r => r.Subject, StringComparer.Ordinal);
        foreach (var plan in plans)
        {
            var needsBlocks = plan.Part.NeedsBlocks(wanted);
            foreach (var chain in plan.Part.ChainsWith(needsBlocks || plan.MayHaveBlocks))
            {
                var isNeeded = plan.IsWanted && (needsBlocks || plan.Part.Chains.Contains(chain));
                foreach (var difference in RuleDifferences(plan.Part, isNeeded, chain, [.. rules[chain]]))
                    yield return difference;
            }

            foreach (var jump in plan.Part.Jumps)
            {
                if (JumpDifference(plan, jump) is { } difference) yield return difference;
            }
        }
    }

    /// <summary>
    /// The script that adds and takes out only what differs; null where nothing of ours is there, or a chain is
    /// missing, or a jump is not where it belongs.
    /// </summary>
    public ImmutableArray<ScriptLine>? DifferenceTo(WantedRules wanted)
    {
        if (WholeParts() is not { } parts) return null;
        var chains = parts.SelectMany(p => p.ChainsWith(HasBlocks(p)), (p, chain) => (p.Table, Chain: chain)).ToList();
        var rules = chains.SelectMany(
            c => Chain(c.Table, c.Chain)!, (c, rule) => (c.Chain, IptablesRule.Canonical(rule.Text)));
        var contents = ChainContents.Of(chains.Select(c => c.Chain), rules);
        return IptablesDifference.From(contents, wanted, ipv4, IptablesRule.Canonical);
    }

    /// <summary>The parts that are there; null if one of them is not there as a whole.</summary>
    private List<IptablesLayout.Part>? WholeParts()
    {
        var whole = new List<IptablesLayout.Part>();
        foreach (var part in IptablesLayout.Parts(ipv4))
        {
            var chainsThere = part.Chains.Count(c => Chain(part.Table, c) is not null);
            if (chainsThere != 0 && chainsThere != part.Chains.Length) return null;
            var blocksThere = part.Blocks.Count(c => Chain(part.Table, c) is not null);
            if (blocksThere != 0 && (chainsThere == 0 || blocksThere != part.Blocks.Length)) return null;

            var plan = new PartPlan(part, isWanted: chainsThere > 0, isPresent: chainsThere > 0);
            if (part.Jumps.Any(jump => JumpDifference(plan, jump) is not null)) return null;
            if (chainsThere > 0) whole.Add(part);
        }

        return whole;
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
        hasCounted |= table == "nat" && rule.Counters.Packets > 0;
        if (IptablesLayout.IsOurs(chain))
            ours.TryAdd((table, IptablesRule.WithoutChain(IptablesRule.Canonical(rule.Text))), rule);
    }

    private PartPlan Plan(IptablesLayout.Part part, WantedRules wanted)
    {
        var there = part.AllChains.Any(c => Chain(part.Table, c) is not null);
        var jumps = part.Jumps.ToImmutableDictionary(j => j, j => Places(part.Table, j).Count);
        return new(part, part.IsFor(wanted), there, jumps, []) { MayHaveBlocks = HasBlocks(part) };
    }

    private bool HasBlocks(IptablesLayout.Part part) => part.Blocks.Any(c => Chain(part.Table, c) is not null);

    private IEnumerable<Difference> RuleDifferences(
        IptablesLayout.Part part, bool isNeeded, string chain, List<ScriptLine> expected)
    {
        var table = part.Table;
        if (Chain(table, chain) is not { } actual)
        {
            if (isNeeded) yield return new($"chain {chain} is missing ({In(table)})");
            var guests = expected.Where(l => l.Guest is not null);
            foreach (var line in guests.DistinctBy(Cause))
            {
                yield return new($"rules are missing in {chain}", line.Guest, line.Translation)
                {
                    IsOfOwnConnections = chain == IptablesLayout.Source,
                };
            }

            yield break;
        }

        if (!isNeeded)
        {
            // One that a rule of another program's leads to cannot be deleted, and does nothing while it is empty.
            var kept = actual.Count == 0 && ForeignReferences(part, chain).Any();
            if (!kept) yield return new($"chain {chain} is there, although nothing needs it ({In(table)})");
            yield break;
        }

        var there = actual.Select(r => IptablesRule.Canonical(r.Text)).ToList();
        var wanted = expected.Select(l => IptablesRule.Canonical(l.Text)).ToList();
        var thereSet = there.ToHashSet(StringComparer.Ordinal);
        var wantedSet = wanted.ToHashSet(StringComparer.Ordinal);
        foreach (var (line, text) in expected.Zip(wanted))
        {
            if (!thereSet.Contains(text))
            {
                yield return new($"missing: {text} ({In(table)})", line.Guest, line.Translation)
                {
                    Lack = line.Needed,
                    IsOfOwnConnections = chain == IptablesLayout.Source,
                };
            }
        }

        var foreign = there.Where(t => !wantedSet.Contains(t)).ToList();
        var places = foreign.Count == 0 || !LetsIn(chain) ? null : Places(there, expected, wanted);
        foreach (var text in foreign)
        {
            yield return new($"should not be there: {text} ({In(table)})")
            {
                Foreign = places is null ? null : new(text, there.IndexOf(text), places, table == "filter"),
            };
        }

        if (thereSet.SetEquals(wantedSet) && !there.SequenceEqual(wanted))
            yield return new($"the rules of {chain} are doubled or in another order ({In(table)})");
    }

    /// <summary>Whether connections from outside need the rules of a chain.</summary>
    private static bool LetsIn(string chain) =>
        chain is IptablesLayout.Dnat or IptablesLayout.Local or IptablesLayout.Forwards
        || IptablesLayout.BlockChains.Contains(chain);

    private static RulePlaces Places(List<string> there, List<ScriptLine> expected, List<string> wanted)
    {
        var placeOf = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < there.Count; i++) placeOf.TryAdd(there[i], i);
        var places = new RulePlaces();
        foreach (var (line, text) in expected.Zip(wanted))
            if (placeOf.TryGetValue(text, out var place)) places.Add(line, place);
        return places;
    }

    private static (string?, Translation?) Cause(ScriptLine line) => (line.Guest, line.Translation);

    private Difference? JumpDifference(PartPlan plan, string jump)
    {
        var (table, nothingExpected) = (plan.Part.Table, !plan.IsWanted);
        var chain = IptablesLayout.ChainOf(jump);
        var rules = Chain(table, chain) ?? [];
        var leadsToForwards = IptablesRule.LeadsTo(jump, IptablesLayout.Dnat)
            || IptablesRule.LeadsTo(jump, IptablesLayout.Forwards);
        // Among ours the order does not matter: each takes other packets.
        var first = rules.TakeWhile(r => IsOurJump(r.Text)).Count();
        return Places(table, jump) switch
        {
            [] when nothingExpected => null,
            // Without that of OUTPUT or POSTROUTING, who connects from outside notices nothing.
            [] => new($"the jump is missing: -A {jump} ({In(table)})")
            {
                Lack = leadsToForwards && chain != "OUTPUT" ? Lack.Of(ipv4) : null,
                IsOfOwnConnections = IptablesRule.LeadsTo(jump, IptablesLayout.Source),
            },
            _ when nothingExpected => new($"should not be there: -A {jump} ({In(table)})"),
            [var place] when place < first => null,
            [var place] => new($"not at the head of {chain}: -A {jump} is rule {place + 1}, behind " +
                $"{rules[first].Text} ({In(table)})"),
            _ => new($"there more than once: -A {jump} ({In(table)})"),
        };
    }

    private bool IsOurJump(string rule) => IptablesLayout.Parts(ipv4).Any(p => p.Jumps.Any(j => rule == $"-A {j}"));

    private string In(string table) => ipv4 ? $"table {table}" : $"table {table}, IPv6";

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
