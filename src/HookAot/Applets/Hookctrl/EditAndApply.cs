using System.CommandLine;
using HookAot.Config;
using HookAot.Host;
using HookAot.Model;

namespace HookAot.Applets.Hookctrl;

/// <summary>Changes the config and puts the change into force.</summary>
internal static class EditAndApply
{
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

    /// <summary>Says why nothing is edited.</summary>
    /// <returns>The exit code.</returns>
    public static int Refuse(Session session, string reason) => Refuse(session, [reason], Session.Refused);

    /// <summary>Makes edits as one: all of them, or none.</summary>
    /// <returns>The exit code.</returns>
    public static int Run(Session session, IReadOnlyList<ConfigEdit> edits, bool force)
    {
        var outcome = new EditOutcome(session);
        int code;
        try
        {
            code = Make(session, edits, force, outcome);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            outcome.Fail(Printable.Escape(e.Message));
            code = Session.Refused;
        }

        return outcome.End(code);
    }

    private static int Refuse(Session session, IReadOnlyList<string> reasons, int code)
    {
        var outcome = new EditOutcome(session);
        foreach (var reason in reasons) outcome.Fail(reason);
        return outcome.End(code);
    }

    private static int Make(Session session, IReadOnlyList<ConfigEdit> edits, bool force, EditOutcome outcome)
    {
        var change = ConfigStore.Change(session.Paths, edits, session.DryRun, force, outcome.Note);
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
