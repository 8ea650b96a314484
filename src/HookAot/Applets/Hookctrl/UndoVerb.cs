using System.CommandLine;
using HookAot.Host;

namespace HookAot.Applets.Hookctrl;

/// <summary>hookctrl undo: the config as it was before the last change.</summary>
internal static class UndoVerb
{
    /// <summary>The verb.</summary>
    public static Command Make()
    {
        const string description = "Take the last change that hookctrl made to the config back; a second undo brings " +
            "it again. With --dry-run it is only shown.";
        var undo = new Command("undo", description);
        undo.SetAction(parsed => Run(Session.Of(parsed)));
        return undo;
    }

    private static int Run(Session session) => EditAndApply.Tell(session, outcome =>
    {
        outcome.TakeTurn();
        var change = ConfigStore.Undo(session.Paths, session.DryRun, outcome.Note);
        if (!session.DryRun && !session.Json && change.Refusals.Count == 0)
            Output.Write(Diff.Unified(session.Paths.Config, change.Before, change.After));
        return EditAndApply.Finish(session, [], change, outcome);
    });
}
