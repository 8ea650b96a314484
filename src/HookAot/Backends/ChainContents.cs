using HookAot.Model;

namespace HookAot.Backends;

/// <summary>
/// What is in our chains of one family of iptables, a number for each rule: enough to tell what has to be added and
/// taken out, and little to keep. Their jumps are where they belong.
/// </summary>
/// <param name="Chains">The chains that are there, by name, with their rules in their order.</param>
internal sealed record ChainContents(IReadOnlyDictionary<string, ulong[]> Chains)
{
    /// <summary>Nothing of ours is there.</summary>
    public static ChainContents Nothing { get; } = new(new Dictionary<string, ulong[]>());

    /// <summary>Whether a part of ours is there.</summary>
    public bool Has(IptablesLayout.Part part) => Chains.ContainsKey(part.Chains[0]);

    /// <summary>Whether the forwards are in blocks.</summary>
    public bool HasBlocks => Chains.ContainsKey(IptablesLayout.BlockChains[0]);

    /// <summary>What is there once a ruleset is in force.</summary>
    /// <param name="wanted">What has to be there, of one family.</param>
    /// <param name="ipv4">Whether it is for iptables; else for ip6tables.</param>
    public static ChainContents Of(WantedRules wanted, bool ipv4)
    {
        var parts = IptablesLayout.Parts(ipv4).Where(p => p.IsFor(wanted)).ToList();
        var chains = parts.SelectMany(p => p.ChainsWith(p.NeedsBlocks(wanted)));
        return Of(chains, parts.SelectMany(p => wanted.RulesFor(ipv4).Of(p)).Select(r => (r.Subject, r.Text)));
    }

    /// <summary>What is there by the words of the rules.</summary>
    /// <param name="chains">The chains that are there.</param>
    /// <param name="rules">Each rule with its chain, those of one chain in their order.</param>
    public static ChainContents Of(
        IEnumerable<string> chains, IEnumerable<(string Chain, string Text)> rules)
    {
        var numbers = chains.ToDictionary(c => c, _ => new List<ulong>());
        foreach (var (chain, text) in rules) numbers[chain].Add(Number(text));
        return new(numbers.ToDictionary(n => n.Key, n => n.Value.ToArray()));
    }

    /// <summary>The number that stands for a rule.</summary>
    public static ulong Number(string rule)
    {
        var hash = new Fnv();
        hash.AddCharacters(rule);
        return hash.Value;
    }
}
