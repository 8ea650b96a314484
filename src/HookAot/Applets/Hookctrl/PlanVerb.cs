using System.CommandLine;
using HookAot.Host;
using HookAot.Rules;

namespace HookAot.Applets.Hookctrl;

/// <summary>hookctrl plan: what apply would run, only shown.</summary>
internal static class PlanVerb
{
    /// <summary>The verb.</summary>
    public static Command Make()
    {
        var plan = new Command("plan", "Show exactly the script that apply would run now, and change nothing.");
        plan.SetAction(parsed => Run(Session.Of(parsed), stopAll: false));
        return plan;
    }

    /// <summary>Shows it.</summary>
    /// <param name="session">What else was said.</param>
    /// <param name="stopAll">Whether apply would take all rules out instead.</param>
    public static int Run(Session session, bool stopAll)
    {
        if (!Session.IsRoot("see the rules")) return Session.Refused;
        if (KernelView.Look(session.Paths, out var error) is not { } kernel)
        {
            Session.Say(error!);
            return Session.Refused;
        }

        var desired = Desired.Now(session.Paths);
        Warn(session, desired, stopAll);
        var planned = stopAll ? desired with { Ruleset = Ruleset.Empty } : desired;
        var before = HostRecord.Read(session.Paths)?.Backend;
        var rows = kernel.ScriptsFor(planned, before)
            .Select(s => new ScriptRow(s.Tool, [.. s.Arguments], s.Text));
        ScriptRow[] scripts = [.. rows];
        if (session.Json) HookctrlJson.Write(scripts);
        else Print(scripts);
        return desired.Config.Broken ? Session.Refused : Session.Done;
    }

    private static void Warn(Session session, Desired desired, bool stopAll)
    {
        foreach (var mistake in desired.Config.Errors) Session.Say(mistake);
        foreach (var guest in desired.LeftOut) Session.Say($"left out: {guest}");
        if (stopAll) return;
        if (ConfigInUse.OtherThan(session) is { } other) Session.Warn($"{other}; apply asks for --force");
    }

    private static void Print(ScriptRow[] scripts)
    {
        if (scripts.Length == 0) Output.Write("# nothing is active, and no rule of ours is there: nothing to run\n");
        foreach (var script in scripts)
            Output.Write($"# {script.Tool} {string.Join(' ', script.Arguments)}\n{script.Script}");
    }
}
