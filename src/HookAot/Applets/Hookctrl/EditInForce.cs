using HookAot.Config;
using HookAot.Host;
using HookAot.Model;

namespace HookAot.Applets.Hookctrl;

/// <summary>What an edit means now: in force, in force later, or not, and why.</summary>
internal static class EditInForce
{
    /// <summary>What is said of a change that nobody has applied.</summary>
    public static string NotYet(Session session)
    {
        if (ConfigInUse.OtherThan(session) is not null) return "saved";
        return LockHolder.IsHeld(session.Paths.WatchLock)
            ? "saved; the watcher puts it in force"
            : "saved; 'hookctrl apply' puts it in force";
    }

    /// <summary>A forward that ends by itself needs a program that is awake then.</summary>
    public static void WarnOfUnwatched(HostPaths paths, IReadOnlyList<ConfigEdit> edits, EditOutcome outcome)
    {
        if (!edits.Any(e => End(e) is not null) || LockHolder.IsHeld(paths.WatchLock)) return;
        outcome.Warn("no watcher runs: once its time has ended, the forward stays in force until the next event of a " +
            $"guest, or 'hookctrl apply'; do: {Obstacle.WatchCure}");
    }

    /// <summary>Says it, after a converge that has brought everything into the kernel.</summary>
    /// <param name="desired">What should be in force.</param>
    /// <param name="edits">The edits.</param>
    /// <param name="outcome">Takes what is said.</param>
    /// <returns>Whether there was anything to say.</returns>
    public static bool Say(Desired desired, IReadOnlyList<ConfigEdit> edits, EditOutcome outcome)
    {
        var lines = new List<string>();
        foreach (var edit in edits)
        {
            if (Line(desired, edit, outcome) is { } line && !lines.Contains(line)) lines.Add(line);
        }

        foreach (var line in lines) outcome.Result(line);
        return lines.Count > 0;
    }

    private static string? Line(Desired desired, ConfigEdit edit, EditOutcome outcome)
    {
        if (edit is ConfigEdit.RemoveMachine or ConfigEdit.RemovePort || edit.Guest is not { } guest) return null;
        if (desired.Config.Config?.Machines.FirstOrDefault(m => m.Name == guest) is not { } machine) return null;
        var name = Printable.Shown(guest);
        var word = ShellWord.Quote(guest);
        if (!machine.Enabled) return $"{name} is disabled; 'hookctrl machine enable {word}' enables it";
        if (machine.Entries.IsEmpty) return $"{name} has no forwards yet: hookctrl port add {word} 8080:80";

        var forwards = machine.Forwards;
        var typed = (edit as ConfigEdit.AddPort)?.Port ?? (edit as ConfigEdit.SetPort)?.Port.Port;
        if (typed is not null) forwards = [.. forwards.Where(f => f.Public.Overlaps(typed.Public))];
        if (forwards.IsEmpty) return typed is null ? null : Idle(machine, typed);

        var isActive = false;
        foreach (var seen in desired.Seen.Guests) isActive |= seen.Name == guest;
        if (!isActive) return $"in force when {name} starts";

        foreach (var left in desired.LeftOut)
        {
            var isMeant = left.Guest == guest && (left.Forward is null || forwards.Contains(left.Forward));
            if (!isMeant || left.Partly) continue;
            outcome.Applied = false;
            return $"not in force: {Printable.Escape(left.Reason)}";
        }

        return End(edit) is { } end ? $"in force now, until {LocalTime.Show(end)}" : "in force now";
    }

    private static string Idle(Machine machine, PortNotation typed)
    {
        var hasEnded = machine.Idle.Any(f => f.Public.Overlaps(typed.Public) && StatusBuilder.IsEnded(f));
        return $"{typed.Public} {(hasEnded ? "has ended" : "is disabled")}, and stays in the file";
    }

    private static long? End(ConfigEdit edit) => edit switch
    {
        ConfigEdit.AddPort add => add.Extras.Until,
        ConfigEdit.SetPort set => set.Extras.Until,
        _ => null,
    };
}
