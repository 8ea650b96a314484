using System.CommandLine;
using HookAot.Host;
using HookAot.Model;
using HookAot.Rules;

namespace HookAot.Applets.Hookctrl;

/// <summary>hookctrl plan: what apply would change, only shown.</summary>
internal static class PlanVerb
{
    private const int MostAround = 5;

    /// <summary>The verb.</summary>
    public static Command Make()
    {
        var script = new Option<bool>("--script") { Description = "Show the scripts that apply would run." };
        const string description = "Show what apply would change now, and change nothing.";
        var plan = new Command("plan", description) { script };
        plan.SetAction(parsed =>
        {
            // As JSON it has been the scripts since 0.1; the difference is "apply --dry-run --json".
            var session = Session.Of(parsed);
            return Run(session, stopAll: false, asScripts: parsed.GetValue(script) || session.Json);
        });
        return plan;
    }

    /// <summary>Shows it.</summary>
    /// <param name="session">What else was said.</param>
    /// <param name="stopAll">Whether apply would take all rules out instead.</param>
    /// <param name="asScripts">Whether the scripts are shown, and not what they change.</param>
    public static int Run(Session session, bool stopAll, bool asScripts)
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
        if (asScripts) ShowScripts(session, kernel, planned);
        else ShowDifference(session, kernel, planned);
        return desired.Config.Broken ? Session.Refused : Session.Done;
    }

    private static void Warn(Session session, Desired desired, bool stopAll)
    {
        foreach (var mistake in desired.Config.Errors) Session.Say(mistake);
        foreach (var guest in desired.LeftOut) Session.Say($"left out: {guest}");
        if (stopAll) return;
        if (ConfigInUse.OtherThan(session) is { } other) Session.Warn($"{other}; apply asks for --force");
    }

    private static void ShowScripts(Session session, KernelView kernel, Desired planned)
    {
        var before = HostRecord.Read(session.Paths)?.Backend;
        var rows = kernel.ScriptsFor(planned, before)
            .Select(s => new ScriptRow(s.Tool, [.. s.Arguments], s.Text));
        ScriptRow[] scripts = [.. rows];
        if (session.Json) HookctrlJson.Write(scripts);
        else Print(scripts);
    }

    private static void Print(ScriptRow[] scripts)
    {
        if (scripts.Length == 0) Output.Write("# everything is as it should be: nothing to run\n");
        foreach (var script in scripts)
            Output.Write($"# {script.Tool} {string.Join(' ', script.Arguments)}\n{script.Script}");
    }

    private static void ShowDifference(Session session, KernelView kernel, Desired planned)
    {
        string[] there = [.. kernel.Translations.Select(t => t.Describe())];
        string[] wanted = [.. planned.Ruleset.Translations.Select(t => t.Describe())];
        string[] added = [.. wanted.Except(there)];
        string[] removed = [.. there.Except(wanted)];

        // What belongs to a forward that comes or goes is said by that, and what apply does not cure is status' matter.
        var around = new List<string>();
        foreach (var difference in kernel.DifferencesFrom(planned))
        {
            if (difference.Translation is not null || difference.Cure is not null) continue;
            var guest = difference.Guest is null ? "" : $"{difference.Guest}: ";
            around.Add(Printable.Escape($"{guest}{difference.Message}"));
        }

        var changed = added.Length + removed.Length + around.Count > 0;
        if (session.Json)
        {
            HookctrlJson.Write(new ChangesRow(added, removed, Done: !changed, changed));
            return;
        }

        foreach (var forward in removed) Output.Write($"{Output.Red($"- {forward}")}\n");
        foreach (var forward in added) Output.Write($"{Output.Green($"+ {forward}")}\n");
        foreach (var rule in around.Take(MostAround)) Output.Write($"~ {rule}\n");
        var more = around.Count - MostAround;
        if (more > 0) Output.Write($"~ and {more} more; 'hookctrl plan --script' shows everything\n");
        Output.Write(changed ? "'hookctrl apply' makes these changes\n" : "nothing to change\n");
    }
}
