using System.Collections.Immutable;

namespace HookAot.Backends;

/// <summary>
/// The script for iptables-restore that makes what is there into what is wanted, and leaves every rule that stays where
/// it is, with what it has counted. Where it only adds, the kernel does not wait for readers of what was there (RCU).
/// It may be run only where what is there is known exactly.
/// </summary>
internal sealed class IptablesDifference
{
    private readonly ChainContents there;
    private readonly Func<string, ulong> number;
    private readonly bool ipv4;

    private IptablesDifference(ChainContents there, Func<string, ulong> number, bool ipv4) =>
        (this.there, this.number, this.ipv4) = (there, number, ipv4);

    /// <summary>
    /// The script; empty where nothing differs, null where nothing of ours is there, or many forwards would change
    /// their chain, and lose what they have counted.
    /// </summary>
    /// <param name="there">What is there, by the words of its rules.</param>
    /// <param name="wanted">What has to be there, of one family.</param>
    /// <param name="ipv4">Whether it is for iptables; else for ip6tables.</param>
    /// <param name="words">How a rule of the script is worded in what is there; null: as in the script.</param>
    public static ImmutableArray<ScriptLine>? From(
        ChainContents there, WantedRules wanted, bool ipv4, Func<string, string>? words = null)
    {
        if (there.Chains.Count == 0) return null;
        var difference = new IptablesDifference(
            there, rule => ChainContents.Number(words is null ? rule : words(rule)), ipv4);
        return difference.To(wanted);
    }

    private ImmutableArray<ScriptLine>? To(WantedRules wanted)
    {
        var plans = IptablesAssumptions.Plans(wanted, ipv4, there.Has, there.HasBlocks);
        var script = ImmutableArray.CreateBuilder<ScriptLine>();
        foreach (var part in IptablesAssumptions.InOrder(plans))
        {
            var whole = new IptablesScript(wanted, ipv4).For([part]);
            if (part is not { IsWanted: true, IsPresent: true }) script.AddRange(whole);
            else if (MovesForwards(part.Part, wanted.RulesFor(ipv4).Of(part.Part))) return null;
            else AddEdits(script, part.Part, whole);
        }

        return script.ToImmutable();
    }

    /// <summary>Whether the blocks are to begin at other ports than they do, or come, or go.</summary>
    private bool MovesForwards(IptablesLayout.Part part, ImmutableArray<ScriptLine> rules)
    {
        if (part.Blocks.IsEmpty) return false;
        var ways = rules.Where(r => r.Translation is null && part.Blocks.Contains(LastWord(r.Text))).ToList();
        return there.HasBlocks != ways.Count > 0
            || ways.Any(w => !there.Chains.GetValueOrDefault(w.Subject, []).Contains(number(w.Text)));
    }

    private static string LastWord(string rule) => rule[(rule.LastIndexOf(' ') + 1)..];

    private void AddEdits(
        ImmutableArray<ScriptLine>.Builder script, IptablesLayout.Part part, ImmutableArray<ScriptLine> whole)
    {
        var rules = whole.Where(l => l.Kind == LineKind.Rule).ToLookup(l => l.Subject, StringComparer.Ordinal);
        var chains = part.ChainsWith(there.HasBlocks);
        var lines = chains.SelectMany(chain => Edits(part, chain, [.. rules[chain]])).ToList();
        if (lines.Count == 0) return;

        script.Add(whole[0]);
        script.AddRange(lines);
        script.Add(whole[^1]);
    }

    private IEnumerable<ScriptLine> Edits(IptablesLayout.Part part, string chain, ImmutableArray<ScriptLine> rules)
    {
        var old = there.Chains.GetValueOrDefault(chain, []);
        var now = rules.Select(r => number(r.Text)).ToArray();
        foreach (var edit in SequenceEdits.Between(old, now))
        {
            // By its number, which is exact; from the back, where those before it keep theirs.
            for (var i = edit.At + edit.Removed; i > edit.At; i--)
            {
                var removal = new ScriptLine($"-D {chain} {i}", part.Table, LineKind.RuleRemoval, chain);
                yield return removal with { Part = part.Name };
            }

            var isAtEnd = edit.At + edit.Removed == old.Length;
            for (var i = 0; i < edit.Added; i++)
            {
                var rule = rules[edit.From + i];
                yield return isAtEnd ? rule : Inserted(rule, chain, edit.At + i + 1);
            }
        }
    }

    // "-A CHAIN match" becomes "-I CHAIN 3 match". The rule that has that place is one that was there before.
    private static ScriptLine Inserted(ScriptLine rule, string chain, int place)
    {
        var match = rule.Text.AsSpan("-A ".Length + chain.Length);
        return rule with { Text = $"-I {chain} {place}{match}" };
    }
}
