using System.CommandLine;
using System.Text.Json;
using HookAot.Backends;
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
        if (KernelRules.Read(session.Paths, lockFd: -1, out var error) is not { } kernel)
        {
            Session.Say(error!);
            return Session.Refused;
        }

        var wanted = Wanted.Now(session.Paths);
        Warn(session, wanted, stopAll);
        var scripts = Scripts(session.Paths, stopAll ? Ruleset.Empty : wanted.Ruleset, kernel);
        if (session.Json) Output.Write(JsonSerializer.Serialize(scripts, HookctrlJson.Default.ScriptRowArray) + "\n");
        else Print(scripts);
        return wanted.Config.Broken ? Session.Refused : Session.Done;
    }

    private static void Warn(Session session, Wanted wanted, bool stopAll)
    {
        foreach (var mistake in wanted.Config.Errors) Session.Say(mistake);
        foreach (var guest in wanted.LeftOut) Session.Say($"left out: {guest}");
        if (stopAll) return;
        if (ConfigInUse.OtherThan(session) is { } other) Session.Warn($"{other}; apply asks for --force");
        if (wanted.Ruleset.IsEmpty) return;
        if (Obstacle.LibvirtsNftables(session.Paths) is { } obstacle) Session.Warn($"{obstacle}");
    }

    private static void Print(ScriptRow[] scripts)
    {
        if (scripts.Length == 0) Output.Write("# nothing is active, and no rule of ours is there: nothing to run\n");
        foreach (var script in scripts)
            Output.Write($"# {script.Tool} {string.Join(' ', script.Arguments)}\n{script.Script}");
    }

    private static ScriptRow[] Scripts(HostPaths paths, Ruleset ruleset, IptablesListing kernel)
    {
        var script = IptablesTool.Script(ruleset, kernel.Plans);
        if (script.IsEmpty) return [];
        return [new ScriptRow(paths.IptablesRestore!, IptablesTool.Arguments, IptablesScript.Print(script))];
    }
}
