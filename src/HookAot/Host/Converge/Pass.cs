using System.Collections.Immutable;
using HookAot.Model;
using HookAot.Rules;
using Microsoft.Extensions.Logging;

namespace HookAot.Host;

/// <summary>One converge, under the lock: events, observation, ruleset, steps, in that order.</summary>
/// <param name="paths">Where things are.</param>
/// <param name="lockFd">The lock; -1: there is none to be had.</param>
/// <param name="deadline">When everything has to be done.</param>
/// <param name="cause">What it is for.</param>
/// <param name="log">The log.</param>
internal sealed class Pass(HostPaths paths, int lockFd, Deadline deadline, ConvergeCause cause, ILogger log)
{
    /// <summary>
    /// Whether somebody else says what is wrong with the config, and what came of it where it succeeds.
    /// </summary>
    public bool IsSilent { get; init; }

    /// <summary>Whether other forwards are in force since than were before, as far as that is recorded.</summary>
    public bool HasNews { get; private set; }

    /// <summary>Converges.</summary>
    /// <param name="config">What was read of the config before; null: nothing.</param>
    /// <param name="own">The event that it is for, without a file where it could not be recorded; null: none.</param>
    /// <param name="asked">Whether a person asked for it: libvirt's status files then say what runs.</param>
    /// <param name="seen">What is in the kernel; null: it was not looked at.</param>
    /// <returns>The guests that are left out; null if the rules are not in place at all.</returns>
    public HashSet<string>? Run(ConfigFile? config, EventSpool.Entry? own, bool asked, KernelView? seen = null)
    {
        // The events first, everything else after: what is read later is not older than they are.
        var waiting = EventSpool.Waiting(paths, own, out var spoolProblem);
        var isWritten = own?.File is not null;
        // What cannot be listed is known all the same, as far as it is our own.
        if (own is { } ours && (!isWritten || spoolProblem is not null)) waiting = waiting.Add(ours);
        var file = ConfigFile.Read(paths, config);
        var recorded = HostRecord.Read(paths);
        var lookAround = asked || recorded is null || (own is not null && !isWritten) || spoolProblem is not null;
        ImmutableArray<HostEvent> told = [.. waiting.Select(w => w.Event).OfType<HostEvent>()];
        if (waiting.FirstOrDefault(w => w.Event is null).File is { } lost)
        {
            Log.Warned(log, $"{cause}: the event {lost} cannot be read; libvirt's files are asked instead");
            lookAround = true;
        }

        var state = recorded ?? HostState.Unknown;
        if (lookAround) state = LibvirtRescan.Of(paths, state, file.Config);
        var isNews = lookAround || !IsFinished(state) || told.Any(e => IsNews(state, e));
        foreach (var e in told) state = state.After(e, Environment.TickCount64);
        if (!asked) state = state with { Called = true, ConfigPath = Path.GetFullPath(paths.Config) };

        if (!IsSilent)
        {
            foreach (var error in file.ErrorsForLog) Log.Failed(log, error);
        }

        if (file.Keep(paths) is { } keepProblem) Log.Warned(log, $"{cause}: {keepProblem}");
        HashSet<string>? refused = [];
        if (file.Config is not null && isNews) refused = Enforce(file, state, told, seen);
        else if (state != recorded) Write(state);

        EventSpool.Remove(waiting);
        if (file.Broken) return null;
        refused?.UnionWith(file.LeftOutMachines);
        return refused;
    }

    /// <summary>Takes everything of ours out, and forgets what is active.</summary>
    /// <returns>Whether everything is out.</returns>
    public bool RemoveAll(KernelView? seen)
    {
        EventSpool.Remove(EventSpool.Waiting(paths, own: null, out _));
        var recorded = HostRecord.Read(paths) ?? HostState.Unknown;
        // Where flows went is known from the record; the host's own addresses say which of them are its own.
        var observation = ObservationReader.Read(paths, null, recorded) with { Guests = [] };
        var nothing = new ConfigFile(null, [], [], Broken: false);
        var desired = Desired.Compute(nothing, observation, BackendChoice.Of(paths, config: null));
        var forgotten = HostState.Unknown with
        {
            Udp = recorded.Udp,
            ConfigPath = recorded.ConfigPath,
            Localnet = recorded.Localnet,
        };
        return ApplySteps(desired, forgotten, seen) is not null;
    }

    private HashSet<string>? Enforce(
        ConfigFile file, HostState state, ImmutableArray<HostEvent> told, KernelView? seen)
    {
        var observation = ObservationReader.Read(paths, file.Config, state, told);
        var desired = Desired.Compute(file, observation, BackendChoice.Of(paths, file.Config));
        foreach (var doubt in ConfigDoubts.Permissions(paths)) Log.Warned(log, doubt);
        foreach (var problem in desired.Seen.Unreadable) Log.Warned(log, problem);
        foreach (var left in desired.LeftOut) Log.Warned(log, $"left out: {left}");

        var nothingToDo = desired.Ruleset.IsEmpty && state.Udp.IsEmpty && seen is null
            && ConvergeSteps.All.All(s => state.IsInstalled(s.Name) == false);
        if (!nothingToDo) return ApplySteps(desired, state, seen);

        Write(state);
        return [];
    }

    /// <summary>
    /// First the record, which says that the host is being changed, then the host, then the record of what came of it.
    /// Killed anywhere in between, the next converge finds all that it needs, and knows that it has to do it.
    /// </summary>
    private HashSet<string>? ApplySteps(Desired desired, HostState state, KernelView? seen)
    {
        state = state with { Localnet = LocalnetStep.Claimed(state.Localnet, desired.Ruleset) };
        Write(state with { Steps = [] });
        var generation = seen?.Generation ?? NfGeneration.FromNow();
        var left = seen is null ? RulesLeft.Read(paths) : null;
        var context = new StepContext(paths.WithTools(), lockFd, deadline, state, log)
        {
            Generation = generation,
            Left = left is not null && left.Generation == generation.Ours ? left : null,
        };
        var results = new StepResults();
        if (desired.Backend.Problem is { } problem && !desired.Ruleset.IsEmpty) results.Fail(problem);
        foreach (var step in ConvergeSteps.InOrder(desired.Backend, state.Backend))
            desired = ApplyStep(step, context with { Failed = results.HasFailed }, desired, seen, results);

        if (results.NftDied && BackendChoice.MayBeIptables(desired.Config.Config, paths))
        {
            Log.Warned(log, $"{cause}: iptables translates in the place of nft");
            desired = desired with { Backend = desired.Backend.WithoutNft() };
            foreach (var step in ConvergeSteps.Iptables)
                desired = ApplyStep(step, context, desired, seen: null, results);
        }

        desired = ApplyStep(ConvergeSteps.Last, context with { Failed = results.HasFailed }, desired, seen, results);

        foreach (var error in results.Errors) Log.Failed(log, $"{cause}: the rules are not in place: {error}");
        state = state with { Steps = [], Refused = results.Refused };
        Write(results.HasFailed ? state : After(state, desired) with { Steps = results.Steps });
        if (results.HasFailed) return null;
        Remember(generation, results);

        var ruleset = desired.Ruleset;
        var changes = ForwardsInForce.Replace(paths, ruleset);
        HasNews = !changes.IsEmpty;
        if (IsSilent) return RefusedNames(results);
        var (words, fields) = (cause.ToString(), changes.Fields(cause));
        if (ruleset.IsEmpty) Log.Removed(log, words, fields);
        else Log.Converged(log, words, ruleset.Summary, fields);
        return RefusedNames(results);
    }

    /// <summary>Where nobody knows, the file that is there has another generation.</summary>
    private void Remember(NfGeneration generation, StepResults results)
    {
        var families = ConvergeSteps.Iptables.Select(results.ChainsOf).ToArray();
        if (families is [{ } ipv4, { } ipv6] && generation.Ours is { } number)
            new RulesLeft(number, ipv4, ipv6).Write(paths);
    }

    private static HashSet<string> RefusedNames(StepResults results) =>
        results.Refused.Select(r => r.Guest).ToHashSet(StringComparer.Ordinal);

    private Desired ApplyStep(
        ConvergeStep step, StepContext context, Desired desired, KernelView? seen, StepResults results)
    {
        var outcome = step.Apply(context, desired, seen?.Of(step));
        foreach (var (guest, reason) in outcome.Refused)
            Log.Failed(log, $"{Printable.Escape(guest)} is left out, the kernel refuses its rules: {reason}");

        results.Add(step, outcome);
        return desired.Without(outcome.Refused);
    }

    private static HostState After(HostState state, Desired desired)
    {
        var learned = state.Guests.IsEmpty ? [] : GuestAddresses.Learned(desired.Seen);
        return state with
        {
            Udp = UdpForward.Of(desired.Ruleset),
            Learned = [.. learned.Select(l => new RecordedAddress(l.Mac, l.Address.ToString()))],
            Accepted = desired.Ruleset.GuestNames,
            Localnet = LocalnetStep.Kept(state.Localnet, desired.Ruleset),
            Backend = desired.Ruleset.IsEmpty ? null : desired.Backend.Backend.Name(),
        };
    }

    /// <summary>Whether the last converge brought everything into the kernel, so that what is there is known.</summary>
    public static bool IsFinished(HostState state) =>
        ConvergeSteps.All.All(s => state.IsInstalled(s.Name) is not null);

    /// <summary>
    /// Whether an event may change something. libvirt has put its own rules above ours when it tells that a network
    /// started; that a port of one was made says only that the network is active.
    /// </summary>
    private static bool IsNews(HostState state, HostEvent told)
    {
        if (told.Active) return true;
        return told.Driver == HostEvent.NetworkDriver
            ? state.HasNetwork(told.Name)
            : state.Has(told.Driver, told.Name);
    }

    private void Write(HostState state)
    {
        if (HostRecord.Write(paths, state) is { } problem)
            Log.Warned(log, $"{cause}: {problem}; the next converge asks libvirt's files instead");
    }
}
