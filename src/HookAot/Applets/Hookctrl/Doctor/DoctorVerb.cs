using System.CommandLine;
using HookAot.Host;
using HookAot.Model;

namespace HookAot.Applets.Hookctrl;

/// <summary>
/// hookctrl doctor: walks the way of a packet, a stage after the other, and names the first thing that stops it.
/// </summary>
internal static class DoctorVerb
{
    // In the order of the way. A stage begins only where none before it has found a fault, and may rely on that.
    private static readonly Func<Patient, IEnumerable<DoctorStep>>[] Stages =
    [
        ConfigStage.Steps,
        RunningStage.Steps,
        HookStage.Steps,
        AddressStage.Steps,
        RulesStage.Steps,
        ForwardingStage.Steps,
        SourceStage.Steps,
        AnswerStage.Steps,
    ];

    /// <summary>The verb.</summary>
    public static Command Make()
    {
        var target = new Argument<string>("NAME[:PORT]")
        {
            Description = "A guest, and perhaps one of its public ports; every guest without it.",
            Arity = ArgumentArity.ZeroOrOne,
        }.WithForwards();
        var doctor = new Command("doctor", "Find what stops a forward, and what to do about it.") { target };
        doctor.SetAction(parsed => Run(Session.Of(parsed), parsed.GetValue(target)));
        return doctor;
    }

    private static int Run(Session session, string? target)
    {
        if (!Session.IsRoot("see everything that may stop a forward")) return Session.Refused;
        var desired = Desired.Now(session.Paths);
        string[] targets = target is null ? GuestsOf(desired) : [target];
        DoctorRow[] walks = targets.Length == 0
            ? [new("", false, UntilFault(ConfigStage.NothingToWalk(session.Paths, desired)))]
            : [.. targets.Select(t => Walk(Patient.Of(session, desired, t), t))];

        if (session.Json) HookctrlJson.Write(walks);
        else foreach (var walk in walks) Print(walk);
        return Array.TrueForAll(walks, walk => walk.Ok) ? Session.Done : Session.Refused;
    }

    private static string[] GuestsOf(Desired desired) =>
        desired.Config.Config is { } config ? [.. config.Machines.Select(m => m.Name)] : [];

    private static DoctorRow Walk(Patient patient, string target)
    {
        var steps = UntilFault(Stages.SelectMany(stage => stage(patient)));
        return new(target, steps[^1].Result != "fault", steps);
    }

    private static DoctorStep[] UntilFault(IEnumerable<DoctorStep> steps)
    {
        var taken = new List<DoctorStep>();
        foreach (var step in steps)
        {
            taken.Add(step);
            if (step.Result == "fault") break;
        }

        return [.. taken];
    }

    private static void Print(DoctorRow walk)
    {
        if (walk.Target.Length > 0) Output.Write(Output.Bold(Printable.Escape(walk.Target)) + "\n");
        foreach (var step in walk.Steps)
        {
            var result = step.Result switch
            {
                "ok" => Output.Green("ok   "),
                "note" => "note ",
                _ => Output.Red("FAULT"),
            };
            Write($"  {result}  ", column: 9, step.Message);
            if (step.Cure is not null) Write($"         {Output.Bold("do:")} ", column: 13, step.Cure);
        }

        if (walk.Ok)
        {
            Write("  ", column: 2, "nothing on this host stops it; if it is not reached all the same, " +
                "look at what is between: a router, a provider's firewall");
        }
    }

    /// <summary>Writes a text behind a mark, broken where the terminal ends.</summary>
    /// <param name="mark">The mark, coloured perhaps.</param>
    /// <param name="column">How wide it is.</param>
    /// <param name="text">The text, which is made printable.</param>
    private static void Write(string mark, int column, string text)
    {
        var begin = mark;
        foreach (var line in Wrapping.Hanging(new string(' ', column), Printable.Escape(text), Terminal.Columns))
        {
            Output.Write($"{begin}{line[column..]}\n");
            begin = new string(' ', column);
        }
    }
}
