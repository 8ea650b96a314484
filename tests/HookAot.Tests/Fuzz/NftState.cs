using System.Text;
using static HookAot.Tests.Fuzz.BrokenPromiseException;

namespace HookAot.Tests.Fuzz;

/// <summary>
/// What of ours is in nf_tables, as far as scripts say: each command is carried out as the kernel does, or refused.
/// Names begin with the family: "ip tcp_ports".
/// </summary>
/// <param name="isKnown">Whether it is known what was there before; else nothing is refused.</param>
internal sealed class NftState(bool isKnown)
{
    private readonly HashSet<string> tables = [];
    private readonly Dictionary<string, string> types = [];
    private readonly Dictionary<string, Dictionary<string, string>> sets = [];
    private readonly Dictionary<string, List<string>> chains = [];
    private readonly Dictionary<string, int> jumps = [];

    /// <summary>A copy.</summary>
    public NftState(NftState other)
        : this(isKnown: true)
    {
        tables = [.. other.tables];
        types = new(other.types);
        sets = other.sets.ToDictionary(s => s.Key, s => new Dictionary<string, string>(s.Value));
        chains = other.chains.ToDictionary(c => c.Key, c => c.Value.ToList());
        jumps = new(other.jumps);
    }

    /// <summary>The elements of a set: key and data.</summary>
    public IEnumerable<(string Key, string Data)> Elements(string set) =>
        (sets.GetValueOrDefault(set) ?? []).Select(e => (e.Key, e.Value.Split('\t')[0]));

    /// <summary>The rules of a chain.</summary>
    public IReadOnlyList<string> Rules(string chain) => chains.GetValueOrDefault(chain) ?? [];

    /// <summary>"add table" and "delete table".</summary>
    public void Table(string family, bool isAdded)
    {
        Require(tables.Contains(family) != isAdded, "a table is made once, and deleted where it is", family);
        if (isAdded)
        {
            tables.Add(family);
            return;
        }

        tables.Remove(family);
        foreach (var set in sets.Keys.Where(s => s.StartsWith(family + " ", StringComparison.Ordinal)).ToList())
            _ = sets.Remove(set) & types.Remove(set);
        foreach (var chain in chains.Keys.Where(c => IsOf(c, $"{family} hookaot ")).ToList())
            _ = chains.Remove(chain) & types.Remove(chain);
    }

    /// <summary>"add map" and "add set".</summary>
    public void Set(string set, string type)
    {
        Require(tables.Contains(set.Split(' ')[0]), "a set is in a table", set);
        Require(sets.TryAdd(set, []), "a set is made once", set);
        types[set] = type;
    }

    /// <summary>"add element" and "delete element".</summary>
    public void Element(string set, string key, string data, bool isAdded)
    {
        if (!sets.TryGetValue(set, out var elements))
        {
            Require(false, "an element is in a set", set);
            sets[set] = elements = [];
        }

        var isDone = isAdded ? elements.TryAdd(key, data) : elements.Remove(key);
        Require(isDone, "an element is added once, and deleted where it is", $"{set} {key}");
    }

    /// <summary>"add chain".</summary>
    public void Chain(string chain, string hook)
    {
        var isOwn = IsOf(chain, $"{chain.Split(' ')[0]} hookaot ");
        Require(!isOwn || tables.Contains(chain.Split(' ')[0]), "a chain is in a table", chain);
        // Of a chain that is there nothing changes, which is no error; ours are in a table that has just been made.
        Require(chains.TryAdd(chain, []) || !isOwn, "a chain is made once", chain);
        types[chain] = hook;
    }

    /// <summary>"flush chain" and "delete chain".</summary>
    public void Empty(string chain, bool isDeleted)
    {
        Require(chains.ContainsKey(chain), "a chain is emptied or deleted where it is", chain);
        if (!isDeleted)
        {
            chains[chain] = [];
            return;
        }

        Require(jumps.GetValueOrDefault(chain) == 0, "a chain is not deleted while a rule jumps to it", chain);
        Require(Rules(chain).Count == 0, "a chain is empty when it is deleted", chain);
        _ = chains.Remove(chain) & types.Remove(chain);
    }

    /// <summary>"add rule".</summary>
    public void Rule(string chain, string rule)
    {
        if (!chains.TryGetValue(chain, out var rules))
        {
            Require(false, "a rule is in a chain", chain);
            chains[chain] = rules = [];
        }

        rules.Add(rule);
    }

    /// <summary>A jump from libvirt's chain to ours comes or goes.</summary>
    public void Jump(string chain, bool isAdded)
    {
        Require(!isAdded || chains.ContainsKey(chain), "a jump leads to a chain that is there", chain);
        jumps[chain] = jumps.GetValueOrDefault(chain) + (isAdded ? 1 : -1);
        Require(jumps[chain] is 0 or 1, "a jump is there once, or not at all", chain);
    }

    /// <summary>All of it, in one order.</summary>
    public override string ToString()
    {
        var lines = new List<string>();
        lines.AddRange(tables);
        lines.AddRange(types.Select(t => $"{t.Key}: {t.Value}"));
        lines.AddRange(sets.SelectMany(s => s.Value.Select(e => $"{s.Key}: {e.Key} = {e.Value}")));
        lines.AddRange(chains.SelectMany(c => c.Value.Select((rule, at) => $"{c.Key} {at:d6} {rule}")));
        lines.AddRange(jumps.Where(j => j.Value != 0).Select(j => $"jump {j.Key}"));
        lines.Sort(StringComparer.Ordinal);
        return new StringBuilder().AppendJoin('\n', lines).ToString();
    }

    private static bool IsOf(string name, string start) => name.StartsWith(start, StringComparison.Ordinal);

    private void Require(bool holds, string promise, string found) => Unless(holds || !isKnown, promise, found);
}
