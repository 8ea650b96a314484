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
    /// <param name="edits">Reads the edits; adds what is wrong to the list.</param>
    public static int Run(ParseResult parsed, Func<List<string>, IReadOnlyList<ConfigEdit>> edits)
    {
        var mistakes = new List<string>();
        var wanted = edits(mistakes);
        return mistakes.Count > 0 ? Session.RefuseUsage(mistakes) : Run(Session.Of(parsed), wanted);
    }

    /// <summary>Makes edits as one: all of them, or none.</summary>
    /// <exception cref="IOException">The config cannot be read or written.</exception>
    public static int Run(Session session, IReadOnlyList<ConfigEdit> edits)
    {
        var change = ConfigStore.Change(session.Paths, edits, session.DryRun, Session.Say);
        return Finish(session, edits, change);
    }

    /// <summary>Tells what came of a change of the file, and puts it into force.</summary>
    /// <param name="session">What else was said.</param>
    /// <param name="edits">What was asked for; empty: anything may have changed.</param>
    /// <param name="change">What became of the file.</param>
    public static int Finish(Session session, IReadOnlyList<ConfigEdit> edits, ConfigChange change)
    {
        foreach (var refusal in change.Refusals) Session.Say(refusal);
        if (change.Refusals.Count > 0) return Session.Refused;

        foreach (var doubt in NewDoubts(session, change)) Session.Warn(doubt);
        if (session.DryRun)
        {
            Output.Write(Diff.Unified(session.Paths.Config, change.Before, change.After));
            return Session.Done;
        }

        var saved = !change.After.AsSpan().SequenceEqual(change.Before);
        if (saved) ChangeLog.Edited(session.Paths, edits, change);
        if (session.NoApply) return Session.Done;
        return ApplyVerb.AfterEdit(session, edits, saved);
    }

    // Only what the change brings: an administrator has read the others before.
    private static IEnumerable<string> NewDoubts(Session session, ConfigChange change)
    {
        if (ConfigReader.Read(change.After, session.Paths.Config).Config is not { } after) return [];
        var before = ConfigReader.Read(change.Before, session.Paths.Config).Config ?? HookConfig.Empty;
        return ConfigDoubts.Find(session.Paths, after).Except(ConfigDoubts.Find(session.Paths, before));
    }
}
