using System.Collections.Immutable;
using System.CommandLine;
using System.Text.Json;
using HookAot.Backends;
using HookAot.Host;
using Microsoft.Extensions.Logging;

namespace HookAot.Applets.Hookctrl;

/// <summary>hookctrl apply and plan: the rules, put in place or only shown.</summary>
internal static class ApplyVerb
{
    /// <summary>The verb apply.</summary>
    public static Command Apply()
    {
        var stopAll = new Option<bool>("--stop-all") { Description = "Take all rules out instead, as if no guest were active." };
        var apply = new Command("apply", "Put the rules for everything that runs in place now, and say what changed.") { stopAll };
        apply.SetAction(parsed => Run(Session.Of(parsed), parsed.GetValue(stopAll)));
        return apply;
    }

    /// <summary>The verb plan.</summary>
    public static Command Plan()
    {
        var plan = new Command("plan", "Show exactly the script that apply would run now, and change nothing.");
        plan.SetAction(parsed => Show(Session.Of(parsed)));
        return plan;
    }

    /// <summary>Converges now.</summary>
    /// <param name="session">What else was said.</param>
    /// <param name="stopAll">Whether to take all rules out instead.</param>
    /// <param name="saved">Whether the config has just been changed.</param>
    public static int Run(Session session, bool stopAll = false, bool saved = false)
    {
        if (session.DryRun) return Show(session, stopAll);
        if (!Session.IsRoot("change the rules")) return Session.Refused;
        var log = Syslog.OpenStandardError("hookctrl", LogLevel.Warning);
        var cause = new Converger.Cause("hookctrl", "apply");
        var outcome = stopAll ? Converger.RemoveAll(session.Paths, cause, log) : Converger.Apply(session.Paths, cause, log);
        if (outcome is { Before: { } before, After: { } after })
        {
            var (old, now) = (before.Ours.ToHashSet(StringComparer.Ordinal), after.Ours.ToHashSet(StringComparer.Ordinal));
            var changes = new ChangesRow([.. now.Except(old).Select(Shown).OfType<string>()], [.. old.Except(now).Select(Shown).OfType<string>()],
                outcome.Done, !now.SetEquals(old) || !before.Jumps.SequenceEqual(after.Jumps));
            if (session.Json) Output.Write(JsonSerializer.Serialize(changes, HookctrlJson.Default.ChangesRow) + "\n");
            else Output.Write(string.Concat([.. changes.Removed.Select(r => $"- {r}\n"), .. changes.Added.Select(a => $"+ {a}\n"), Sum(changes, saved)]));
        }

        return outcome.Done ? Session.Done : Session.Refused;
    }

    private static string Sum(ChangesRow changes, bool saved) => changes switch
    {
        { Changed: false } => saved ? "saved; the rules stay as they are\n" : "nothing to change\n",
        { Added: [], Removed: [] } => "the same forwards; rules around them were put right\n",
        _ => "",
    };

    private static int Show(Session session, bool stopAll = false)
    {
        if (!Session.IsRoot("see the rules")) return Session.Refused;
        if (KernelRules.Read(session.Paths, lockFd: -1, out var error) is not { } listing)
        {
            Session.Say(error!);
            return Session.Refused;
        }

        var wanted = Wanted.Now(session.Paths);
        foreach (var mistake in wanted.Config.ErrorsForLog) Session.Say(mistake);
        foreach (var guest in wanted.LeftOut) Session.Say($"left out: {guest}");
        var script = IptablesTool.Script(stopAll ? Rules.Ruleset.Empty : wanted.Ruleset, listing.Plans);
        var steps = script.IsEmpty ? [] : new[] { new ScriptRow(session.Paths.IptablesRestore!, IptablesTool.Arguments, IptablesScript.Print(script)) };
        if (session.Json) Output.Write(JsonSerializer.Serialize(steps, HookctrlJson.Default.ScriptRowArray) + "\n");
        else if (steps.Length == 0) Output.Write("# nothing is active, and no rule of ours is there: nothing to run\n");
        else foreach (var step in steps) Output.Write($"# {step.Tool} {string.Join(' ', step.Arguments)}\n{step.Script}");
        return wanted.Config.Broken ? Session.Refused : Session.Done;
    }

    /// <summary>A forward's rule in words; null for a rule that only goes with one.</summary>
    private static string? Shown(string rule)
    {
        var words = rule.Split(' ');
        string? After(string word) => Array.IndexOf(words, word) is var at and >= 0 && at + 1 < words.Length ? words[at + 1] : null;
        if (After("--to-destination") is not { } target) return null;
        var (address, ports) = (After("-d")?.Replace("/32", "", StringComparison.Ordinal) ?? "any", After("--dport")?.Replace(':', '-'));
        var source = After("-s") is { } net ? $" from {net}" : "";
        return $"{After("--comment")}: {address}:{ports}/{After("-p")} -> {target.Split('/')[0]}{source}";
    }
}

/// <summary>What apply changed, as --json prints it.</summary>
/// <param name="Added">Forwards that are new in the kernel.</param>
/// <param name="Removed">Forwards that are gone.</param>
/// <param name="Done">Whether everything that should be in the kernel is.</param>
/// <param name="Changed">Whether anything of ours is different.</param>
internal sealed record ChangesRow(string[] Added, string[] Removed, bool Done, bool Changed);

/// <summary>One process that apply would run, as --json prints it.</summary>
/// <param name="Tool">The program.</param>
/// <param name="Arguments">Its arguments.</param>
/// <param name="Script">Its standard input.</param>
internal sealed record ScriptRow(string Tool, string[] Arguments, string Script);
