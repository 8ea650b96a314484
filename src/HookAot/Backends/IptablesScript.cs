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
            script.Add(Frame(plan, $"*{plan.Part.Table}"));
            if (plan.IsWanted) AddReplacement(script, plan);
            else AddRemoval(script, plan);
            script.Add(Frame(plan, Commit));
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
            script.Add(Line(plan, $"-I {jump}", LineKind.JumpInsertion, jump));
        script.AddRange(wanted.RulesFor(ipv4).Of(plan.Part));
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
            script.Add(Line(plan, $"-X {chain}", LineKind.ChainRemoval, chain));
    }

    // Nothing leads to a block any more once the part's own chains are empty.
    private static void AddEmptyBlocks(ImmutableArray<ScriptLine>.Builder script, PartPlan plan)
    {
        foreach (var chain in plan.Part.Blocks) script.Add(Empty(plan, chain));
    }

    private static void AddBlockRemovals(ImmutableArray<ScriptLine>.Builder script, PartPlan plan)
    {
        foreach (var chain in plan.Part.Blocks.Where(c => !plan.Kept.Contains(c)))
            script.Add(Line(plan, $"-X {chain}", LineKind.ChainRemoval, chain));
    }

    private static ScriptLine Frame(PartPlan plan, string text) =>
        Line(plan, text, LineKind.Frame, plan.Part.Table);

    private static ScriptLine New(PartPlan plan, string chain) =>
        Line(plan, $"-N {chain}", LineKind.Chain, chain);

    private static ScriptLine Empty(PartPlan plan, string chain) =>
        Line(plan, $":{chain} - [0:0]", LineKind.Chain, chain);

    private static void AddJumpRemovals(ImmutableArray<ScriptLine>.Builder script, PartPlan plan)
    {
        foreach (var jump in plan.Part.Jumps)
        {
            for (var i = 0; i < plan.Count(jump); i++)
                script.Add(Line(plan, $"-D {jump}", LineKind.JumpRemoval, jump));
        }
    }

    private static ScriptLine Line(PartPlan plan, string text, LineKind kind, string subject) =>
        new(text, plan.Part.Table, kind, subject) { Part = plan.Part.Name };
}
