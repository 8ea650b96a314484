using System.CommandLine;
using HookAot.Config;
using HookAot.Host;
using HookAot.Model;

namespace HookAot.Applets.Hookctrl;

/// <summary>Changes the config and puts the change into force.</summary>
internal static class EditAndApply
{
    private static readonly string[] Verbs =
        ["add", "set", "rename", "enable", "disable", "remove", "import", "undo", "edit"];

    /// <summary>Makes the edits that a command line stands for, or says what is wrong with it.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="force">Whether forwards may take ports on which services of the host listen.</param>
    /// <param name="edits">Reads the edits; adds what is wrong to the list.</param>
    public static int Run(ParseResult parsed, bool force, Func<List<string>, IReadOnlyList<ConfigEdit>> edits)
    {
        var mistakes = new List<string>();
        var wanted = edits(mistakes);
        var session = Session.Of(parsed);
        return mistakes.Count > 0 ? Refuse(session, mistakes, Session.WrongUsage) : Run(session, wanted, force);
    }

    /// <summary>Whether a command is one that tells programs what came of an edit.</summary>
    public static bool IsEdit(Command command) => Array.IndexOf(Verbs, command.Name) >= 0;

    /// <summary>Says what is wrong with the words of an edit.</summary>
    /// <returns>The exit code.</returns>
    public static int RefuseUsage(ParseResult parsed, IReadOnlyList<string> mistakes) =>
        Refuse(Session.OfMistaken(parsed), mistakes, Session.WrongUsage);

    /// <summary>Says why nothing is edited.</summary>
    /// <returns>The exit code.</returns>
    public static int Refuse(Session session, string reason) => Refuse(session, [reason], Session.Refused);

    /// <summary>Says why there is nothing to edit.</summary>
    /// <returns>The exit code.</returns>
    public static int ChangeNothing(Session session, string why) => Tell(session, outcome =>
    {
        outcome.Note(why);
        return Session.Done;
    });

    /// <summary>Makes edits as one: all of them, or none.</summary>
    /// <returns>The exit code.</returns>
    public static int Run(Session session, IReadOnlyList<ConfigEdit> edits, bool force) => Tell(session, outcome =>
    {
        outcome.TakeTurn();
        var change = ConfigStore.Change(session.Paths, edits, session.DryRun, force, outcome.Note);
        return Finish(session, edits, change, outcome);
    });

    /// <summary>Changes the file, and tells what came of it.</summary>
    /// <param name="session">What else was said.</param>
    /// <param name="make">Makes the change; returns the exit code.</param>
    /// <returns>The exit code.</returns>
    public static int Tell(Session session, Func<EditOutcome, int> make)
    {
        var outcome = new EditOutcome(session);
        int code;
        try
        {
            code = make(outcome);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            outcome.Fail(Printable.Escape(e.Message));
            code = Session.Refused;
        }
        finally
        {
            outcome.EndTurn();
        }

        return outcome.End(code);
    }

    private static int Refuse(Session session, IReadOnlyList<string> reasons, int code) => Tell(session, outcome =>
    {
        foreach (var reason in reasons) outcome.Fail(reason);
        return code;
    });

    /// <summary>Tells what a change of the file means, and puts it into force.</summary>
    /// <param name="session">What else was said.</param>
    /// <param name="edits">What was asked for; empty: anything may have changed.</param>
    /// <param name="change">What became of the file.</param>
    /// <param name="outcome">Takes what is said.</param>
    /// <returns>The exit code.</returns>
    public static int Finish(
        Session session, IReadOnlyList<ConfigEdit> edits, ConfigChange change, EditOutcome outcome)
    {
        foreach (var refusal in change.Refusals) outcome.Fail(refusal);
        if (change.Refusals.Count > 0) return Session.Refused;

        outcome.Changed = change.IsChange;
        foreach (var note in change.Notes) outcome.Note(note);
        foreach (var doubt in NewDoubts(session, change)) outcome.Warn(doubt);
        if (session.DryRun)
        {
            outcome.Diff = Diff.Unified(session.Paths.Config, change.Before, change.After);
            return Session.Done;
        }

        outcome.Saved = change.IsChange;
        if (outcome.Saved) ChangeLog.Edited(session.Paths, edits, change);
        EditInForce.WarnOfUnwatched(session.Paths, edits, outcome);
        if (!session.NoApply) return ApplyVerb.AfterEdit(session, edits, outcome);
        if (outcome.Saved) outcome.Result(EditInForce.NotYet(session));
        return Session.Done;
    }

    // Only what the change brings: an administrator has read the others before.
    private static IEnumerable<string> NewDoubts(Session session, ConfigChange change)
    {
        if (!change.IsChange) return [];
        var now = ConfigFile.Parse(change.After, session.Paths.Config);
        var then = ConfigFile.Parse(change.Before, session.Paths.Config);
        return Doubts(session.Paths, now).Except(Doubts(session.Paths, then));
    }

    private static IEnumerable<string> Doubts(HostPaths paths, ConfigResult read)
    {
        foreach (var finding in read.Diagnostics)
            if (finding.Severity == Severity.Warning) yield return finding.Message;
        foreach (var doubt in ConfigDoubts.Find(paths, read.Config ?? HookConfig.Empty)) yield return doubt;
    }
}
