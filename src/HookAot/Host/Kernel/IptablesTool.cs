using System.Collections.Immutable;
using HookAot.Backends;
using HookAot.Rules;
using Microsoft.Extensions.Logging;

namespace HookAot.Host;

/// <summary>How putting a ruleset into the kernel went.</summary>
/// <param name="Error">Why nothing could be done; null if the rules are in place.</param>
/// <param name="Refused">Guests that were left out because the kernel refuses their rules, and the tool's words about each.</param>
internal sealed record ApplyResult(string? Error, ImmutableArray<(string Guest, string Reason)> Refused);

/// <summary>
/// Puts a ruleset into the kernel with iptables-restore, one process where the assumption about what is there holds. Where it does not,
/// the transaction fails, changes nothing in that table, and names the line that was wrong; the next attempt assumes better.
/// </summary>
/// <param name="restore">The iptables-restore to run.</param>
/// <param name="lockFd">See <see cref="Child.Run"/>.</param>
/// <param name="log">Where commands and scripts go with debug.</param>
internal sealed class IptablesTool(string restore, int lockFd, ILogger log)
{
    // -w: the legacy variant has a lock of its own, and fails at once if another process holds it.
    public static readonly string[] Arguments = ["-w", "10", "--noflush"];

    /// <summary>What to say where there is no iptables.</summary>
    public const string Missing = "iptables is not installed, or not on PATH; nothing is forwarded. Install it, or set IPTABLES_BINARY";

    private enum Fault { None, GuestRule, Other }

    private readonly record struct Outcome(Fault Fault, string? Guest, string Message);

    /// <summary>Replaces whatever of ours is in the kernel by the ruleset, or takes all of it out if the ruleset is empty.</summary>
    /// <param name="ruleset">What has to be there.</param>
    /// <param name="present">Whether our chains should be there already; a wrong answer costs a process, no more.</param>
    /// <param name="seen">The tables as somebody has just seen them; null: nobody has looked.</param>
    public ApplyResult Apply(Ruleset ruleset, bool present, ImmutableArray<TablePlan>? seen = null)
    {
        var refused = ImmutableArray.CreateBuilder<(string, string)>();
        var names = ruleset.GuestNames.ToHashSet(StringComparer.Ordinal);
        var state = present;
        while (true)
        {
            var outcome = Converge(ruleset.Only(names), state, seen);
            (state, seen) = (true, null); // some tables may have been committed
            if (outcome.Fault == Fault.None) return new(null, refused.ToImmutable());
            if (outcome is { Fault: Fault.GuestRule, Guest: { } guest } && names.Remove(guest))
                refused.Add((guest, outcome.Message));
            else if (names.Count > 0 && Accepted(ruleset, [.. names]) is var accepted && accepted.Count < names.Count && Works(ruleset, accepted))
            {
                // The tool did not say which rule it was: found by halves.
                refused.AddRange(names.Where(n => !accepted.Contains(n)).Select(n => (n, outcome.Message)));
                return new(null, refused.ToImmutable());
            }
            else return new(outcome.Message, refused.ToImmutable());
        }
    }

    private bool Works(Ruleset ruleset, HashSet<string> names) => Converge(ruleset.Only(names), true).Fault == Fault.None;

    /// <summary>The guests whose rules the kernel takes, one by one, found by halving the list.</summary>
    private HashSet<string> Accepted(Ruleset ruleset, ImmutableArray<string> names)
    {
        if (Works(ruleset, [.. names])) return [.. names];
        if (names.Length <= 1) return [];
        return [.. Accepted(ruleset, names[..(names.Length / 2)]), .. Accepted(ruleset, names[(names.Length / 2)..])];
    }

    /// <param name="Plan">What is assumed.</param>
    /// <param name="TriedAbsent">Whether the chains turned out to be there.</param>
    /// <param name="Counted">Jumps whose number is known.</param>
    private sealed record TableAttempt(TablePlan Plan, bool TriedAbsent, ImmutableHashSet<string> Counted);

    /// <summary>What is fed to the tool where the tables are as they were seen; empty if there is nothing to do.</summary>
    public static ImmutableArray<ScriptLine> Script(Ruleset ruleset, ImmutableArray<TablePlan> seen) =>
        ruleset.IsEmpty ? IptablesScript.Remove(Removable(seen)) : IptablesScript.Replace(ruleset, seen);

    // In the reverse order: what is no longer translated need not be accepted.
    private static IEnumerable<TablePlan> Removable(IEnumerable<TablePlan> plans) => plans.Reverse().Where(p => p.State == TableState.Present);

    private Outcome Converge(Ruleset ruleset, bool present, ImmutableArray<TablePlan>? seen = null)
    {
        var remove = ruleset.IsEmpty;
        var assumed = seen ?? [.. IptablesScript.Tables.Select(t =>
            new TablePlan(t, present || remove ? TableState.Present : TableState.Absent, ImmutableDictionary<string, int>.Empty))];
        var tables = (remove ? Removable(assumed) : assumed).Select(p => new TableAttempt(p, p.State == TableState.Absent, [])).ToList();
        while (tables.Count > 0)
        {
            var plans = tables.Select(t => t.Plan);
            var script = remove ? IptablesScript.Remove(plans) : IptablesScript.Replace(ruleset, plans);
            var result = Run(script);
            if (result.Succeeded) break;

            var line = FailedLine(result.Output) is var number && number >= 1 && number <= script.Length ? script[number - 1] : null;
            var message = Explain(result, line);
            if (line is null) return new(Fault.Other, null, message);
            if (line.Kind == LineKind.Rule) return new(line.Guest is null ? Fault.Other : Fault.GuestRule, line.Guest, message);

            // The tables before it are committed.
            tables.RemoveRange(0, tables.FindIndex(t => t.Plan.Table == line.Table));
            if (Better(tables[0], line, remove) is { } better) tables[0] = better;
            else return new(Fault.Other, null, message);

            // Who emptied one table probably emptied them all (a firewall's reload).
            if (tables[0].Plan.State == TableState.Absent)
                for (var i = 1; i < tables.Count; i++)
                    tables[i] = tables[i].TriedAbsent ? tables[i] : tables[i] with { Plan = tables[i].Plan with { State = TableState.Absent }, TriedAbsent = true };
        }

        return new(Fault.None, null, "");
    }

    /// <summary>A better assumption about the table, given the line that was refused; null if there is none.</summary>
    private static TableAttempt? Better(TableAttempt attempt, ScriptLine line, bool remove) => line.Kind switch
    {
        // The chains are there, although nobody expected them.
        LineKind.Chain when attempt.Plan.State == TableState.Absent =>
            attempt with { Plan = attempt.Plan with { State = TableState.Present } },
        // A chain that is to go is still in use: somebody doubled a jump to it.
        LineKind.Chain when remove => OnceMore(attempt),
        LineKind.JumpRemoval => OnceLess(attempt, line.Text["-D ".Length..], remove),
        LineKind.Chain or LineKind.Frame or LineKind.JumpInsertion or LineKind.Rule => null,
        _ => throw new ArgumentOutOfRangeException(nameof(line)),
    };

    /// <summary>The jump is not there that often. If it is not there at all, most likely nothing of ours is.</summary>
    private static TableAttempt OnceLess(TableAttempt attempt, string jump, bool remove) => new(
        attempt.Plan with
        {
            State = remove || attempt.TriedAbsent ? TableState.Present : TableState.Absent,
            Jumps = attempt.Plan.Jumps.SetItem(jump, attempt.Plan.Count(jump) - 1),
        },
        TriedAbsent: true,
        attempt.Counted.Add(jump));

    private static TableAttempt? OnceMore(TableAttempt attempt)
    {
        const int Most = 16;
        var open = IptablesScript.In(attempt.Plan.Table).Jumps.Where(j => !attempt.Counted.Contains(j) && attempt.Plan.Count(j) < Most).ToList();
        return open.Count == 0 ? null
            : attempt with { Plan = attempt.Plan with { Jumps = attempt.Plan.Jumps.SetItems(open.Select(j => KeyValuePair.Create(j, attempt.Plan.Count(j) + 1))) } };
    }

    private ChildResult Run(ImmutableArray<ScriptLine> script)
    {
        Log.Command(log, restore, string.Join(' ', Arguments));
        if (log.IsEnabled(LogLevel.Debug))
            foreach (var line in script) Log.ScriptLine(log, line.Text);
        return Child.Run(restore, Arguments, IptablesScript.Print(script), lockFd, Deadline.In(30_000));
    }

    private string Explain(ChildResult result, ScriptLine? line)
    {
        var words = string.Join("; ", result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Take(4));
        var place = line is null ? "" : $" at '{line.Text}' (table {line.Table})";
        return $"{restore} {result.Description}{place}{(words.Length > 0 ? ": " : "")}{words}";
    }

    /// <summary>The number in "line 3 failed", "line 3: RULE_APPEND failed" or "Error occurred at line: 3"; 0 if there is none.</summary>
    internal static int FailedLine(string output)
    {
        for (var at = 0; (at = output.IndexOf("line", at, StringComparison.Ordinal)) >= 0;)
        {
            at += "line".Length;
            var digits = output.AsSpan(at).TrimStart(": ");
            var length = 0;
            while (length < digits.Length && char.IsAsciiDigit(digits[length])) length++;
            if (length > 0 && int.TryParse(digits[..length], out var line)) return line;
        }

        return 0;
    }
}
