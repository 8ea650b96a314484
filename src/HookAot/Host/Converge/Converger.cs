using System.Collections.Immutable;
using HookAot.Backends;
using HookAot.Model;
using HookAot.Rules;
using Microsoft.Extensions.Logging;

namespace HookAot.Host;

/// <summary>
/// Makes the host match the configuration and what is active: not by a difference, but by computing everything and
/// swapping it in. So it does not matter what was there before, and twice is the same as once. The protocol, with what
/// happens when it is cut short anywhere, is drawn in src/README.md.
/// </summary>
/// <param name="paths">Where things are.</param>
/// <param name="deadline">When everything has to be done.</param>
/// <param name="cause">What it is for.</param>
/// <param name="log">The log.</param>
internal sealed class Converger(HostPaths paths, Deadline deadline, ConvergeCause cause, ILogger log)
{
    /// <summary>The lock, where the caller has it already and keeps it; null: it is taken.</summary>
    public HostLock? Held { get; init; }

    /// <summary>Records an event and converges, unless another hook's converge has already included it.</summary>
    /// <param name="told">The event.</param>
    /// <param name="config">What was read of the config so far.</param>
    /// <returns>Whether everything is in the kernel that should be there for the one that the event is about.</returns>
    public bool Record(HostEvent told, ConfigFile config)
    {
        MakeDirectories();
        var file = EventSpool.Leave(paths, told, out var spoolProblem);
        if (spoolProblem is not null)
            Log.Warned(log, $"{cause}: {spoolProblem}; libvirt's files are asked instead of the record");

        var patience = deadline.AtMost(Limits.Lock);
        using var hostLock = HostLock.Take(paths.Lock, patience, out var lockProblem);
        if (hostLock is null)
        {
            Log.Warned(log, $"{cause}: {lockProblem}");
            // A lock that cannot be opened is no reason to leave the guest without its forwards. One that is held is.
            if (patience.HasPassed)
            {
                if (file is null) HostRecord.Forget(paths); // the next converge asks libvirt's files
                Log.Failed(log, $"{cause}: the rules stay as they are until the next event, or: hookctrl apply");
                return false;
            }
        }

        if (file is not null && !File.Exists(file)) return WasServed(told.Name, config);

        var converge = new Pass(paths, hostLock?.Fd ?? -1, deadline, cause, log);
        return converge.Run(config, new EventSpool.Entry(file, told), asked: false) is { } refused
            && !refused.Contains(told.Name);
    }

    /// <summary>
    /// Converges now, after asking libvirt's status files what runs, and looking at what is in the kernel.
    /// </summary>
    /// <exception cref="IOException">There is no lock.</exception>
    public ConvergeOutcome Apply()
    {
        var outcome = Watched((pass, seen) =>
            pass.Run(config: null, own: null, asked: true, seen) is { Count: 0 });
        if (!outcome.Done || outcome.After is null) return outcome;

        // A tool may say that it has done its work, and not have done it.
        var desired = Desired.Now(paths).WithoutRefused(HostRecord.Read(paths));
        outcome = outcome with { Desired = desired };
        if (outcome.After!.RuleDifferencesFrom(desired).FirstOrDefault() is not { } difference) return outcome;

        var tool = desired.Backend.Backend == Backend.Nftables ? "nft" : "iptables-restore";
        Log.Failed(log, $"{cause}: {tool} succeeded, and the rules are not in place: {difference.Message}");
        return outcome with { Done = false };
    }

    /// <summary>Takes everything of ours out of the kernel and forgets what is active.</summary>
    /// <exception cref="IOException">There is no lock.</exception>
    public ConvergeOutcome RemoveAll() => Watched((pass, seen) => pass.RemoveAll(seen));

    /// <summary>Looks at the host, and converges only where it is not as it should be, or nobody knows.</summary>
    /// <param name="looking">
    /// Is called before each look at the kernel, with whether we have just changed something there.
    /// </param>
    /// <exception cref="IOException">There is no lock, or the kernel does not tell what is there.</exception>
    public Healing Heal(Action<bool> looking)
    {
        MakeDirectories();
        using var hostLock = Take();
        var context = new StepContext(paths, hostLock.Fd, deadline, HostState.Unknown, log);
        looking(false);
        var before = KernelView.Look(context, out var problem) ?? throw new IOException(problem);
        var record = HostRecord.Read(paths);
        var desired = Desired.Now(paths).WithoutRefused(record);
        var found = Curable(before, desired);
        var isKnown = record is not null && Pass.IsFinished(record) && !EventSpool.HasAbandoned(paths);
        if (found.IsEmpty && isKnown) return new(found, found, before, before, desired);

        var pass = new Pass(paths, hostLock.Fd, deadline, cause, log) { IsSilent = true };
        var applied = pass.Run(config: null, own: null, asked: true, before) is not null;
        looking(true);
        var after = KernelView.Look(context, out problem) ?? throw new IOException(problem);
        record = HostRecord.Read(paths);
        desired = Desired.Now(paths).WithoutRefused(record);
        // With a config that is broken the last good one is in force, which is all that can be had.
        applied |= desired.Config.Broken && record is not null && Pass.IsFinished(record);
        return new(found, Curable(after, desired), before, after, desired)
        {
            Converged = true,
            Applied = applied,
            HasNews = pass.HasNews,
        };
    }

    // What a sysctl is the cure of would be found again and again. Without any config nothing is known to be wrong.
    private static ImmutableArray<Difference> Curable(KernelView view, Desired desired) =>
        desired.Config.Config is null ? [] : [.. view.DifferencesFrom(desired).Where(d => d.Cure is null)];

    private ConvergeOutcome Watched(Func<Pass, KernelView?, bool> converge)
    {
        MakeDirectories();
        using var taken = Held is null ? Take() : null;
        var lockFd = (Held ?? taken)!.Fd;
        var looking = new StepContext(paths, lockFd, deadline, HostState.Unknown, log);
        var before = KernelView.Look(looking, out _);
        var done = converge(new Pass(paths, lockFd, deadline, cause, log), before);
        return new(done, before, KernelView.Look(looking, out _));
    }

    private HostLock Take() =>
        HostLock.Take(paths.Lock, deadline.AtMost(Limits.Lock), out var problem) ?? throw new IOException(problem);

    /// <summary>Whether the converge that included our event left the guest out, or failed.</summary>
    private bool WasServed(string name, ConfigFile config)
    {
        if (config.Broken || config.LeftOutMachines.Contains(name)) return false;
        return HostRecord.Read(paths) is { } record
            && Pass.IsFinished(record)
            && record.Refused.All(r => r.Guest != name);
    }

    private void MakeDirectories()
    {
        // Where one is there already, as it mostly is, this is all that it costs.
        _ = Libc.mkdir(paths.Run, Libc.Mode0700);
        _ = Libc.mkdir(paths.Events, Libc.Mode0700);
    }
}

/// <summary>What a converge is for.</summary>
/// <param name="Name">The guest or the network; any text.</param>
/// <param name="Operation">The operation, as libvirt names it.</param>
internal readonly record struct ConvergeCause(string Name, string Operation)
{
    /// <summary>"web start", printable.</summary>
    public override string ToString() => $"{Printable.Escape(Name)} {Printable.Escape(Operation)}";
}

/// <summary>How a converge went that a person asked for.</summary>
/// <param name="Done">Whether everything that should be in the kernel is.</param>
/// <param name="Before">What was there before; null if it could not be seen.</param>
/// <param name="After">What is there now.</param>
internal sealed record ConvergeOutcome(bool Done, KernelView? Before, KernelView? After)
{
    /// <summary>What should be in the kernel; null where nobody has computed it.</summary>
    public Desired? Desired { get; init; }
}
