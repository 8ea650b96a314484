using System.Collections.Immutable;
using HookAot.Backends;
using HookAot.Model;
using HookAot.Rules;
using Microsoft.Extensions.Logging;

namespace HookAot.Host;

/// <summary>
/// Makes the kernel match the configuration and what is active: not by a difference, but by computing everything and swapping it in. So it
/// does not matter what was there before, and twice is the same as once.
/// </summary>
internal static class Converger
{
    /// <summary>What a converge is for, in the log.</summary>
    public readonly record struct Cause(string Name, string Operation);

    /// <summary>Records an event and converges, unless somebody else's converge has already included it.</summary>
    /// <param name="paths">Where things are.</param>
    /// <param name="happened">The event.</param>
    /// <param name="config">What was read of the config so far.</param>
    /// <param name="mustKnow">Whether the answer matters so much that a converge is repeated for it.</param>
    /// <param name="cause">For the log.</param>
    /// <param name="log">The log.</param>
    /// <returns>Whether everything is in the kernel that should be there for the one that the event is about.</returns>
    public static bool Record(HostPaths paths, HostEvent happened, ConfigFile config, bool mustKnow, Cause cause, ILogger log)
    {
        Prepare(paths);
        var file = StateFiles.Leave(paths, happened);
        using var alone = HostLock.Take(paths.Lock);
        if (!File.Exists(file) && !mustKnow) return true;
        return Run(paths, alone, ConfigFile.Read(paths, config), cause, log, rescan: false) is { } refused && !refused.Contains(happened.Name);
    }

    /// <summary>How a converge went that a person asked for.</summary>
    /// <param name="Done">Whether everything that should be in the kernel is.</param>
    /// <param name="Before">The rules before; null if they could not be listed.</param>
    /// <param name="After">The rules after.</param>
    public sealed record Outcome(bool Done, IptablesListing? Before, IptablesListing? After);

    /// <summary>Converges now, after asking libvirt's status files what runs, and looking at what is in the kernel.</summary>
    public static Outcome Apply(HostPaths paths, Cause cause, ILogger log) =>
        Seeing(paths, (alone, seen) => Run(paths, alone, ConfigFile.Read(paths), cause, log, rescan: true, seen) is { Count: 0 });

    /// <summary>Takes everything of ours out of the kernel and forgets what is active.</summary>
    public static Outcome RemoveAll(HostPaths paths, Cause cause, ILogger log) => Seeing(paths, (alone, seen) =>
    {
        foreach (var (file, _) in StateFiles.Waiting(paths)) File.Delete(file);
        return Enforce(paths, alone, Ruleset.Empty, HostState.Unknown, null, cause, log, seen) is not null;
    });

    private static Outcome Seeing(HostPaths paths, Func<HostLock, IptablesListing?, bool> converge)
    {
        Prepare(paths);
        using var alone = HostLock.Take(paths.Lock);
        var before = KernelRules.Read(paths, alone.Fd, out _);
        var done = converge(alone, before);
        return new(done, before, KernelRules.Read(paths, alone.Fd, out _));
    }

    /// <returns>The guests that are left out; null if the rules are not in place at all.</returns>
    private static HashSet<string>? Run(HostPaths paths, HostLock alone, ConfigFile config, Cause cause, ILogger log, bool rescan, IptablesListing? seen = null)
    {
        var waiting = StateFiles.Waiting(paths);
        var recorded = StateFiles.Read(paths);
        var state = recorded ?? HostState.Unknown;
        if (recorded is null || rescan) state = Wanted.Running(paths, state, config.Config);
        var installed = state.Installed;
        var news = rescan || installed is null || waiting.Any(w => w.Event is { } e && state.IsNews(e));
        foreach (var (_, happened) in waiting)
            if (happened is not null) state = state.After(happened);

        foreach (var error in config.ErrorsForLog) Log.Failed(log, error);
        foreach (var doubt in ConfigDoubts.Permissions(paths)) Log.Warned(log, doubt);
        var enforce = config.Config is not null && news && !(state.IsIdle && installed == false && seen is null);
        // First the record, which says that the kernel is being changed, then the kernel, then the events: killed anywhere in between,
        // the next converge finds all that it needs, and knows that it has to do it.
        if (enforce) state = state with { Installed = null };
        if (state != recorded) StateFiles.Write(paths, state);
        if (config.Config is not null) config.Keep(paths);
        var refused = enforce ? Enforce(paths, alone, Compute(paths, config, state, log), state, installed, cause, log, seen) : [];
        foreach (var (file, _) in waiting) File.Delete(file);
        if (config.Broken) return null;
        refused?.UnionWith(config.LeftOutMachines);
        return refused;
    }

    private static Ruleset Compute(HostPaths paths, ConfigFile config, HostState state, ILogger log)
    {
        var wanted = Wanted.Compute(paths, config, state);
        foreach (var guest in wanted.LeftOut) Log.Warned(log, $"left out: {guest}");
        return wanted.Ruleset;
    }

    /// <param name="paths">Where things are.</param>
    /// <param name="alone">The lock, which the tool keeps should we be killed.</param>
    /// <param name="ruleset">What has to be in the kernel.</param>
    /// <param name="state">What is active.</param>
    /// <param name="installed">Whether our chains should be there already; null: nobody knows.</param>
    /// <param name="cause">For the log.</param>
    /// <param name="log">The log.</param>
    /// <param name="seen">What is in the kernel; null: nobody has looked.</param>
    /// <returns>The guests that are left out; null if the rules are not in place at all.</returns>
    private static HashSet<string>? Enforce(
        HostPaths paths, HostLock alone, Ruleset ruleset, HostState state, bool? installed, Cause cause, ILogger log, IptablesListing? seen = null)
    {
        var (name, operation) = (Printable.Escape(cause.Name), cause.Operation);
        if (paths.IptablesRestore is not { } restore)
        {
            Log.Failed(log, IptablesTool.Missing);
            return null;
        }

        var result = ruleset.IsEmpty && installed == false && seen is null
            ? new ApplyResult(null, [])
            : new IptablesTool(restore, alone.Fd, log).Apply(ruleset, present: installed == true, seen?.Plans);
        foreach (var (guest, reason) in result.Refused)
            Log.Failed(log, $"{Printable.Escape(guest)} is left out, the kernel refuses its rules: {reason}");
        if (result.Error is not null)
        {
            Log.Failed(log, $"{name} {operation}: the rules are not in place: {result.Error}");
            return null;
        }

        Hairpin.Enable(ruleset, state, log);
        var udp = Conntrack.UdpForwards(ruleset);
        Conntrack.Forget([.. udp.Except(state.Udp), .. state.Udp.Except(udp)], log);
        if (seen is not null) Conntrack.ForgetStale(ruleset, log);
        StateFiles.Write(paths, state with { Installed = !ruleset.IsEmpty, Udp = udp });
        if (ruleset.IsEmpty) Log.Removed(log, name, operation);
        else Log.Converged(log, name, operation, ruleset.Translations.Length, ruleset.GuestNames.Length);
        return result.Refused.Select(r => r.Guest).ToHashSet(StringComparer.Ordinal);
    }

    private static void Prepare(HostPaths paths)
    {
        const UnixFileMode rootOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        Directory.CreateDirectory(paths.Run, rootOnly);
        Directory.CreateDirectory(paths.Events, rootOnly);
    }
}
