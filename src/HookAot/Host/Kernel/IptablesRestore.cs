using System.Collections.Immutable;
using System.Globalization;
using HookAot.Backends;
using Microsoft.Extensions.Logging;

namespace HookAot.Host;

/// <summary>How a script was taken.</summary>
/// <param name="Verdict">How it went.</param>
/// <param name="Refused">The line that was refused; null where the tool did not say.</param>
/// <param name="Message">What went wrong, in the tool's words.</param>
internal readonly record struct RestoreResult(Verdict Verdict, ScriptLine? Refused, string Message);

/// <summary>Runs iptables-restore.</summary>
/// <param name="iptables">The iptables whose iptables-restore is run.</param>
/// <param name="context">Where and how.</param>
internal sealed class IptablesRestore(string iptables, StepContext context)
{
    /// <summary>What to say where there is no iptables.</summary>
    public const string Missing =
        "iptables is not installed, or not on PATH; nothing is forwarded. Install it, or set IPTABLES_BINARY";

    // iptables(8), "Diagnostics": 1 for a refused script, 2 for a wrong command line, 4 for a lack of resources, which
    // is what the legacy variant says when another program holds its lock.
    private const int RefusedCode = 1, WrongUsageCode = 2;

    private const int LockSeconds = 10;

    private bool isSecond;

    private readonly string program = iptables + "-restore";

    // -w: the legacy variant has a lock of its own, and fails at once if another process holds it.
    private static readonly ImmutableArray<string> Usual =
        ["-w", LockSeconds.ToString(CultureInfo.InvariantCulture), "--noflush"];

    /// <summary>The tool's arguments for a script: without --counters it passes over those of rules.</summary>
    public static ImmutableArray<string> ArgumentsFor(ImmutableArray<ScriptLine> script) =>
        script.Any(line => line.Text.StartsWith(IptablesScript.CounterMark)) ? Usual.Add("--counters") : Usual;

    /// <summary>
    /// Whether a script was run once more: the first run may have done its work, so that what is there is our own.
    /// </summary>
    public bool HasRepeated { get; private set; }

    /// <summary>
    /// Puts a script into the kernel that is only the first try: whatever is wrong, another one follows, and that one
    /// is the second.
    /// </summary>
    public RestoreResult ApplyFirst(ImmutableArray<ScriptLine> script)
    {
        var result = Run(script, ArgumentsFor(script), isTest: false);
        isSecond = HasRepeated = result.Verdict != Verdict.InPlace;
        if (isSecond) Log.Noted(context.Log, $"{result.Message}; once more, with everything");
        return result;
    }

    /// <summary>
    /// Puts a script into the kernel. A tool that fails for no rule's sake is run once more, and so is one that refuses
    /// a guest's rule: iptables-nft names a line also where the kernel is out of memory.
    /// </summary>
    public RestoreResult Apply(ImmutableArray<ScriptLine> script)
    {
        var arguments = ArgumentsFor(script);
        var result = Run(script, arguments, isTest: false);
        var mayBePassing = result.Verdict == Verdict.ToolFailed || result.Refused is { Kind: LineKind.Rule };
        if (!mayBePassing || isSecond || context.Deadline.HasPassed)
        {
            isSecond = false;
            return result;
        }

        Log.Noted(context.Log, $"{result.Message}; once more");
        HasRepeated = true;
        return Run(script, arguments, isTest: false);
    }

    /// <summary>Whether the tool would take a script; nothing is applied.</summary>
    public bool Test(ImmutableArray<ScriptLine> script) =>
        !context.Deadline.HasPassed && Run(script, Usual.Add("--test"), isTest: true).Verdict == Verdict.InPlace;

    private RestoreResult Run(ImmutableArray<ScriptLine> script, ImmutableArray<string> arguments, bool isTest)
    {
        if (context.Log.IsEnabled(LogLevel.Debug))
        {
            Log.Command(context.Log, program, string.Join(' ', arguments));
            foreach (var line in script) Log.ScriptLine(context.Log, line.Text);
        }

        var deadline = context.Deadline.AtMost(Limits.Tool);
        var ended = Child.Run(program, arguments, IptablesScript.Print(script), context.LockFd, deadline);
        if (ended.Succeeded)
        {
            // A commit for each table that changes; a script of ours changes each that it names.
            if (!isTest) context.Generation.Committed(script.Count(l => l.Text == IptablesScript.Commit));
            return new(Verdict.InPlace, null, "");
        }

        if (!isTest) context.Generation.Lose();

        var refused = ended.Outcome == ChildOutcome.Exited ? RefusedLine(ended.Output, script) : null;
        // At COMMIT the kernel refuses what was sent until then, and does not say which line it was.
        if (refused is { Kind: LineKind.Frame }) refused = null;
        var verdict = refused is not null ? Verdict.RuleRefused
            : ended is { Outcome: ChildOutcome.Exited, Code: RefusedCode or WrongUsageCode } ? Verdict.TableRefused
            : Verdict.ToolFailed;
        return new(verdict, refused, Explain(ended, refused));
    }

    private string Explain(ChildResult ended, ScriptLine? line)
    {
        const int MostLines = 4;
        const StringSplitOptions NoBlanks = StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries;
        var words = string.Join("; ", ended.Output.Split('\n', NoBlanks).Take(MostLines));
        var place = line is null ? "" : $" at '{line.Text}' (table {line.Table})";
        return $"{program} {ended.Description}{place}{(words.Length == 0 ? "" : ": ")}{words}";
    }

    private static ScriptLine? RefusedLine(string output, ImmutableArray<ScriptLine> script)
    {
        var number = LineNumber(output);
        return number >= 1 && number <= script.Length ? script[number - 1] : null;
    }

    /// <summary>
    /// The number in "line 3 failed", "line 3: ..." or "Error occurred at line: 3"; 0 if there is none.
    /// </summary>
    internal static int LineNumber(string output)
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
