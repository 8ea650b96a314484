using System.Collections.Immutable;
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
    /// <returns>Whether everything that should be in the kernel is.</returns>
    public static bool Record(HostPaths paths, HostEvent happened, ConfigFile config, Cause cause, ILogger log)
    {
        Prepare(paths);
        var file = StateFiles.Leave(paths, happened);
        using var alone = HostLock.Take(paths.Lock);
        return !File.Exists(file) || Run(paths, alone, ConfigFile.Read(paths, config), cause, log, rescan: false);
    }

    /// <summary>Converges now, after asking libvirt's status files what runs.</summary>
    /// <returns>Whether everything that should be in the kernel is.</returns>
    public static bool Apply(HostPaths paths, Cause cause, ILogger log)
    {
        Prepare(paths);
        using var alone = HostLock.Take(paths.Lock);
        return Run(paths, alone, ConfigFile.Read(paths), cause, log, rescan: true);
    }

    /// <summary>Takes everything of ours out of the kernel and forgets what is active.</summary>
    /// <returns>Whether nothing of ours is left.</returns>
    public static bool RemoveAll(HostPaths paths, Cause cause, ILogger log)
    {
        Prepare(paths);
        using var alone = HostLock.Take(paths.Lock);
        foreach (var (file, _) in StateFiles.Waiting(paths)) File.Delete(file);
        return Enforce(paths, alone, Ruleset.Empty, new HostState([], [], null), cause, log);
    }

    private static bool Run(HostPaths paths, HostLock alone, ConfigFile config, Cause cause, ILogger log, bool rescan)
    {
        var waiting = StateFiles.Waiting(paths);
        var recorded = StateFiles.Read(paths);
        var state = recorded ?? new HostState([], [], null);
        if (recorded is null || rescan) state = WithRunning(paths, state, config.Config);
        var news = rescan || state.Installed is null || waiting.Any(w => w.Event is { } e && state.IsNews(e));
        foreach (var (_, happened) in waiting)
            if (happened is not null) state = state.After(happened);

        // First the record, then the kernel, then the events: killed anywhere in between, the next converge finds all it needs.
        if (recorded is null || state != recorded) StateFiles.Write(paths, state);
        foreach (var error in config.Errors) Log.Failed(log, error);
        var done = true;
        if (config.Config is not null)
        {
            config.Keep(paths);
            if (news && !(state.IsIdle && state.Installed == false))
                done = Enforce(paths, alone, Compute(paths, config.Config, state, log), state, cause, log);
        }

        foreach (var (file, _) in waiting) File.Delete(file);
        return done && !config.Broken;
    }

    private static Ruleset Compute(HostPaths paths, HookConfig config, HostState state, ILogger log)
    {
        var now = DateTimeOffset.UtcNow;
        var learns = config.Machines.Where(m => m.PrivateAddresses.IsEmpty).Select(m => m.Name).ToHashSet(StringComparer.Ordinal);
        var guests = state.Guests
            .DistinctBy(g => g.Name)
            .Select(g => new RunningGuest(g.Name, learns.Contains(g.Name) ? LibvirtFiles.Addresses(paths, g, now) : [], g.Isolated));
        // A network that was added to the config while it was active.
        ImmutableArray<string> networks = config.Networks.IsEmpty ? [] : [.. state.Networks.Union(LibvirtFiles.ActiveNetworks(paths))];
        var leftOut = new List<string>();
        var ruleset = RulesetBuilder.Build(config, new ActiveHost([.. guests], networks, ConnectedRoutes.Read()), leftOut);
        foreach (var reason in leftOut) Log.Warned(log, $"left out: {reason}");
        return ruleset;
    }

    private static bool Enforce(HostPaths paths, HostLock alone, Ruleset ruleset, HostState state, Cause cause, ILogger log)
    {
        var (name, operation) = (Printable.Escape(cause.Name), cause.Operation);
        if (paths.IptablesRestore is not { } restore)
        {
            Log.Failed(log, "iptables is not installed, or not on PATH; nothing is forwarded. Install it, or set IPTABLES_BINARY");
            return false;
        }

        if (ruleset.IsEmpty && state.Installed == false) return true;
        var result = new IptablesTool(restore, alone.Fd, log).Apply(ruleset, present: state.Installed == true);
        foreach (var (guest, reason) in result.Refused)
            Log.Failed(log, $"{Printable.Escape(guest)} is left out, the kernel refuses its rules: {reason}");
        if (result.Error is not null) Log.Failed(log, $"{name} {operation}: the rules are not in place: {result.Error}");
        Hairpin.Enable(ruleset, state, log);
        bool? installed = result.Error is null ? !ruleset.IsEmpty : null;
        if (installed != state.Installed) StateFiles.Write(paths, state with { Installed = installed });
        if (result.Error is null)
        {
            if (ruleset.IsEmpty) Log.Removed(log, name, operation);
            else Log.Converged(log, name, operation, ruleset.Translations.Length, ruleset.GuestNames.Length);
        }

        return result.Error is null && result.Refused.IsEmpty;
    }

    /// <summary>The state with what libvirt's files say besides.</summary>
    private static HostState WithRunning(HostPaths paths, HostState state, HookConfig? config)
    {
        var named = config?.Machines.Select(m => m.Name).ToHashSet(StringComparer.Ordinal);
        var known = state.Guests.Select(g => (g.Driver, g.Name)).ToHashSet();
        var running = LibvirtFiles.RunningGuests(paths, name => named?.Contains(name) ?? true).Where(g => !known.Contains((g.Driver, g.Name)));
        return state with
        {
            Guests = [.. state.Guests, .. running],
            Networks = [.. state.Networks.Union(LibvirtFiles.ActiveNetworks(paths))],
        };
    }

    private static void Prepare(HostPaths paths)
    {
        const UnixFileMode rootOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        Directory.CreateDirectory(paths.Run, rootOnly);
        Directory.CreateDirectory(paths.Events, rootOnly);
    }
}
