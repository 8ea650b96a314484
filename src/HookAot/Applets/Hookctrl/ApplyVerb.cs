using System.CommandLine;
using HookAot.Config;
using HookAot.Host;
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

        var applied = Converge(session, stopAll);
        foreach (var error in applied.Errors) Session.Say(error);
        Show(session, applied, saved: false);
        return applied.Done ? Session.Done : Session.Refused;
    }

    /// <summary>Puts edits of the config into force.</summary>
    /// <param name="session">What else was said.</param>
    /// <param name="edits">The edits.</param>
    /// <param name="saved">Whether they changed the file; what they ask for may be in it already.</param>
    public static int AfterEdit(Session session, IReadOnlyList<ConfigEdit> edits, bool saved)
    {
        if (ConfigInUse.OtherThan(session) is { } other)
        {
            var config = ShellWord.Quote(session.Paths.Config);
            Session.Say($"{(saved ? "saved, and not applied" : "not applied")}: {other}; " +
                $"'hookctrl --config {config} apply --force' puts it in force until the next event of a guest");
            return Session.Done;
        }

        var notInForce = saved ? "saved, but not in force: " : "";
        if (Session.WhyNotRoot(Purpose) is { } reason)
        {
            Session.Say($"{notInForce}{reason}");
            return Session.Refused;
        }

        Applied applied;
        try
        {
            applied = Converge(session, stopAll: false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"{notInForce}{e.Message}", e);
        }

        if (applied.Done || IsInForce(session, edits))
            foreach (var error in applied.Errors) Session.Say(error);
        else
            Session.Say($"{notInForce}{string.Join("; ", applied.Errors)}");
        Show(session, applied, saved);
        return applied.Done ? Session.Done : Session.Refused;
    }

    /// <summary>Whether what differs, if anything does, is another guest's than those that were edited.</summary>
    private static bool IsInForce(Session session, IReadOnlyList<ConfigEdit> edits)
    {
        if (Comparison.Read(session.Paths, out _) is not { } comparison) return false;
        var guests = edits.Select(GuestOf).ToList();
        if (guests.Count == 0 || guests.Contains(null)) return comparison.Differences.IsEmpty;
        return comparison.Differences.All(d => d.Guest is { } guest && !guests.Contains(guest));
    }

    /// <summary>The guest that an edit is about; null where it is about all of them.</summary>
    internal static string? GuestOf(ConfigEdit edit) => edit switch
    {
        ConfigEdit.AddMachine machine => machine.Name,
        ConfigEdit.SetMachine machine => machine.Name,
        ConfigEdit.RemoveMachine machine => machine.Name,
        ConfigEdit.AddPort port => port.Machine,
        ConfigEdit.RemovePort port => port.Machine,
        _ => null,
    };

    private static void Show(Session session, Applied applied, bool saved)
    {
        if (applied.Changes is not { } changes) return;
        if (session.Json)
        {
            HookctrlJson.Write(changes);
            return;
        }

        foreach (var removed in changes.Removed) Output.Write($"- {removed}\n");
        foreach (var added in changes.Added) Output.Write($"+ {added}\n");
        Output.Write(Summary(changes, saved));
    }

    private static string Summary(ChangesRow changes, bool saved) => changes switch
    {
        { Changed: false, Done: false } => "",
        { Changed: false } => saved ? "saved; the rules stay as they are\n" : "nothing to change\n",
        { Added: [], Removed: [] } => "the same forwards; rules around them were put right\n",
        _ => "",
    };

    /// <summary>How a converge went.</summary>
    /// <param name="Done">Whether everything that should be in the kernel is.</param>
    /// <param name="Forwards">Whether anything is forwarded now.</param>
    /// <param name="Errors">What went wrong.</param>
    /// <param name="Changes">What changed; null where that could not be seen.</param>
    private sealed record Applied(bool Done, bool Forwards, IReadOnlyList<string> Errors, ChangesRow? Changes);

    private static Applied Converge(Session session, bool stopAll)
    {
        var log = new ErrorCollector(Syslog.OpenStandardError("hookctrl", LogLevel.Warning));
        var converger = new Converger(session.Paths, Deadline.In(Limits.All), new("hookctrl", "apply"), log);
        var outcome = stopAll ? converger.RemoveAll() : converger.Apply();
        if (outcome is not { Before: { } before, After: { } after }) return new(outcome.Done, false, log.Errors, null);

        var (old, now) = (ForwardsIn(before), ForwardsIn(after));
        string[] added = [.. now.Except(old)];
        string[] removed = [.. old.Except(now)];
        ChangeLog.Applied(session.Paths, added, removed);
        var changed = !before.Contents.SequenceEqual(after.Contents);
        return new(outcome.Done, now.Count > 0, log.Errors, new ChangesRow(added, removed, outcome.Done, changed));
    }

    private static List<string> ForwardsIn(KernelView kernel) => [.. kernel.Translations.Select(t => t.Describe())];
}
