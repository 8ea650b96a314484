using HookAot.Config;
using HookAot.Host;
using HookAot.Model;

namespace HookAot.Applets.Hookctrl;

/// <summary>Changes the config and puts the change into force.</summary>
internal static class Changes
{
    /// <summary>Applies edits as one: all of them, or none.</summary>
    public static int Make(Session session, IReadOnlyList<ConfigEdit> edits)
    {
        var change = ConfigStore.Change(session.Paths, edits, session.DryRun, Session.Say);
        foreach (var refusal in change.Refusals) Session.Say(refusal);
        if (change.Refusals.Count > 0) return Session.Refused;

        foreach (var doubt in Doubts(session, change)) Session.Say($"warning: {doubt}");
        if (session.DryRun)
        {
            Output.Write(Diff.Unified(session.Paths.Config, change.Before, change.After));
            return Session.Done;
        }

        return session.NoApply ? Session.Done : ApplyVerb.Run(session, saved: !change.After.AsSpan().SequenceEqual(change.Before));
    }

    // Only what the change brings: an administrator has read the others before.
    private static IEnumerable<string> Doubts(Session session, ConfigChange change)
    {
        if (ConfigReader.Read(change.After, session.Paths.Config).Config is not { } after) return [];
        var before = ConfigReader.Read(change.Before, session.Paths.Config).Config ?? HookConfig.Empty;
        return ConfigDoubts.Find(session.Paths, after).Except(ConfigDoubts.Find(session.Paths, before));
    }
}
