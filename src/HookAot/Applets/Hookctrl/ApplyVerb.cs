using System.CommandLine;
using HookAot.Config;
using HookAot.Host;
using HookAot.Model;
using HookAot.Rules;
using Microsoft.Extensions.Logging;

namespace HookAot.Applets.Hookctrl;

/// <summary>hookctrl apply: the rules, put in place now.</summary>
internal static class ApplyVerb
{
    private const string Purpose = "change the rules";

    /// <summary>The verb.</summary>
    public static Command Make()
    {
        var stopAll = new Option<bool>("--stop-all")
        {
            Description = "Take all rules out instead, as if no guest were active.",
        };
        var force = new Option<bool>("--force")
        {
            Description = "Also with another config than the one that the hook uses.",
        };
        const string description = "Put the rules for everything that runs in place now, and say what changed.";
        var apply = new Command("apply", description) { stopAll, force };
        apply.SetAction(parsed => Run(Session.Of(parsed), parsed.GetValue(stopAll), parsed.GetValue(force)));
        return apply;
    }

    private static int Run(Session session, bool stopAll, bool force)
    {
        if (session.DryRun) return PlanVerb.Run(session, stopAll, asScripts: false);
        if (!Session.IsRoot(Purpose)) return Session.Refused;

        // Taking everything out reads no config.
        if (!stopAll && !force && ConfigInUse.OtherThan(session) is { } other)
        {
            Session.Say($"{other}: its forwards would take the place of those in force " +
                "until the next event of a guest; say --force if that is meant");
            return Session.Refused;
        }

        var applied = Converge(session, stopAll, turn: null);
        foreach (var error in applied.Errors) Session.Say(error);
        Show(session, applied);
        return applied.Done ? Session.Done : Session.Refused;
    }

    /// <summary>Puts edits of the config into force.</summary>
    /// <param name="session">What else was said.</param>
    /// <param name="edits">The edits; what they ask for may have been in the file already.</param>
    /// <param name="outcome">Takes what is said.</param>
    /// <returns>The exit code.</returns>
    public static int AfterEdit(Session session, IReadOnlyList<ConfigEdit> edits, EditOutcome outcome)
    {
        var saved = outcome.Saved;
        if (ConfigInUse.OtherThan(session) is { } other)
        {
            var config = ShellWord.Quote(session.Paths.Config);
            outcome.Note($"{(saved ? "saved, and not applied" : "not applied")}: {other}; " +
                $"'hookctrl --config {config} apply --force' puts it in force until the next event of a guest");
            return Session.Done;
        }

        var notInForce = saved ? "saved, but not in force: " : "";
        if (Session.WhyNotRoot(Purpose) is { } reason)
        {
            outcome.Fail($"{notInForce}{reason}");
            return Session.Refused;
        }

        Applied applied;
        try
        {
            applied = Converge(session, stopAll: false, outcome.Turn);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"{notInForce}{e.Message}", e);
        }

        foreach (var warning in applied.Warnings) outcome.AddWarning(warning);
        if (applied.Done || IsInForce(session, edits))
            foreach (var error in applied.Errors) outcome.Fail(error);
        else
            outcome.Fail($"{notInForce}{string.Join("; ", applied.Errors)}");

        outcome.Applied = applied.Done;
        if (applied.Changes is { } changes)
        {
            (outcome.Added, outcome.Removed) = (changes.Added, changes.Removed);
            outcome.Changed |= changes.Changed;
            var isSaid = saved && applied is { Done: true, Desired: not null }
                && EditInForce.Say(applied.Desired, edits, outcome);
            if (!isSaid && Summary(changes, saved) is { Length: > 0 } summary) outcome.Result(summary);
        }

        return applied.Done ? Session.Done : Session.Refused;
    }

    /// <summary>Whether what differs, if anything does, is another guest's than those that were edited.</summary>
    private static bool IsInForce(Session session, IReadOnlyList<ConfigEdit> edits)
    {
        if (Comparison.Read(session.Paths, out _) is not { } comparison) return false;
        var guests = edits.Select(e => e.Guest).ToList();
        if (guests.Count == 0 || guests.Contains(null)) return comparison.Differences.IsEmpty;
        return comparison.Differences.All(d => d.Guest is { } guest && !guests.Contains(guest));
    }

    private static void Show(Session session, Applied applied)
    {
        if (applied.Changes is not { } changes) return;
        if (session.Json)
        {
            HookctrlJson.Write(changes);
            return;
        }

        foreach (var removed in changes.Removed) Output.Write($"- {removed}\n");
        foreach (var added in changes.Added) Output.Write($"+ {added}\n");
        if (Summary(changes, saved: false) is { Length: > 0 } summary) Output.Write($"{summary}\n");
    }

    private static string Summary(ChangesRow changes, bool saved) => changes switch
    {
        { Changed: false, Done: false } => "",
        { Changed: false } => saved ? "saved; the rules stay as they are" : "nothing to change",
        { Added: [], Removed: [] } => "the same forwards; rules around them were put right",
        _ => "",
    };

    /// <summary>How a converge went.</summary>
    /// <param name="done">Whether everything that should be in the kernel is.</param>
    /// <param name="log">What went wrong, and what is doubtful.</param>
    /// <param name="changes">What changed; null where that could not be seen.</param>
    private sealed class Applied(bool done, ErrorCollector log, ChangesRow? changes)
    {
        public bool Done => done;

        public IReadOnlyList<string> Errors => log.Errors;

        public IReadOnlyList<string> Warnings => log.Warnings;

        public ChangesRow? Changes => changes;

        /// <summary>What should be in the kernel; null where nobody looked.</summary>
        public Desired? Desired { get; init; }
    }

    private static Applied Converge(Session session, bool stopAll, HostLock? turn)
    {
        var lowest = session.Quiet ? LogLevel.Error : LogLevel.Warning;
        var log = new ErrorCollector(Syslog.OpenStandardError("hookctrl", lowest));
        var cause = new ConvergeCause("hookctrl", "apply");
        var converger = new Converger(session.Paths, Deadline.In(Limits.All), cause, log) { Held = turn };
        var outcome = stopAll ? converger.RemoveAll() : converger.Apply();
        if (outcome is not { Before: { } before, After: { } after }) return new(outcome.Done, log, null);

        var (old, now) = (ForwardsIn(before), ForwardsIn(after));
        string[] added = [.. now.Except(old)];
        string[] removed = [.. old.Except(now)];
        ChangeLog.Applied(session.Paths, added, removed);
        var changed = !before.Contents.SequenceEqual(after.Contents);
        return new(outcome.Done, log, new ChangesRow(added, removed, outcome.Done, changed))
        {
            Desired = outcome.Desired,
        };
    }

    private static List<string> ForwardsIn(KernelView kernel) => [.. kernel.Translations.Select(t => t.Describe())];
}
