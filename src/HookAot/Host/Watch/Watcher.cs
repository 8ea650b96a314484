using System.Globalization;
using Microsoft.Extensions.Logging;

namespace HookAot.Host;

/// <summary>
/// Sleeps until something changes that forwards depend on and no event of libvirt's tells of, looks at the host, and
/// converges where it is not as it should be. The hook needs no watcher; both take the same lock and keep the same
/// record, so either may be killed at any moment.
/// </summary>
internal sealed class Watcher : IDisposable
{
    private readonly HostPaths usual;
    private readonly ILogger log;
    private readonly ServiceManager manager = new();
    private readonly WatchSources sources;
    private readonly WatchPace pace = new();
    private readonly Changes changes = new();
    private HostPaths paths;
    private HostLock? only;
    private ulong? mark;
    private bool looksAgain; // what was noticed is told by the next look
    private string configErrors = "";
    private long settled;

    /// <summary>Begins to listen, so that what changes from now on is noticed.</summary>
    /// <param name="paths">Where things are.</param>
    /// <param name="log">The log.</param>
    public Watcher(HostPaths paths, ILogger log)
    {
        usual = paths;
        this.paths = paths;
        this.log = log;
        sources = new(log);
    }

    /// <summary>Watches, until it is killed.</summary>
    /// <returns>Why it ends: another watcher runs, or its lock cannot be had.</returns>
    public string Run()
    {
        changes.Add(Change.Everything);
        var isFirst = true;
        while (true)
        {
            if (OtherWatcher() is { } other) return other;

            var status = Look();
            if (isFirst) manager.Ready();
            isFirst = false;
            if (status is not null)
            {
                IdleMemory.GiveBack();
                manager.Idle(status);
            }

            Wait();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        only?.Dispose();
        sources.Dispose();
    }

    /// <summary>Why another watcher has to do the work; null: it is ours. /run may be cleaned below us.</summary>
    private string? OtherWatcher()
    {
        if (only is not null && only.IsAt(paths.WatchLock)) return null;
        only?.Dispose();
        _ = Libc.mkdir(paths.Run, Libc.Mode0700);
        only = HostLock.Take(paths.WatchLock, Deadline.In(0), out var problem);
        return only is null ? $"a watcher runs already, or cannot be told from one: {problem}" : null;
    }

    /// <summary>Waits for a change, and for what comes with it.</summary>
    private void Wait()
    {
        do
        {
            if (!sources.Wait(pace.Next is { } next ? Left(next) : -1))
            {
                // A look that nothing has asked for is for rules of iptables-legacy, or for what has failed before.
                changes.Add(Change.Rules);
                mark = null;
                return;
            }

            Rest();
            // A config that has changed is not kept waiting by a fight about rules.
            while (changes.Kinds == Change.Rules && Left(pace.LookAtRules()) is > 0 and var left)
                if (sources.WaitForOthers(left)) Rest();
            sources.Drain(changes);
        }
        while (changes.Kinds == Change.None);
    }

    /// <summary>Lets come what comes together, and takes it down.</summary>
    private void Rest()
    {
        if (Left(pace.LookAt(Environment.TickCount64)) is > 0 and var left) Thread.Sleep(left);
        sources.Drain(changes);
    }

    private static int Left(long until) => (int)Math.Clamp(until - Environment.TickCount64, 0, int.MaxValue);

    /// <summary>Looks at the host, and puts right what is not as it should be.</summary>
    /// <returns>How things are, in a line; null: as before.</returns>
    private string? Look()
    {
        var kinds = changes.Kinds;
        if ((kinds & ~(Change.Rules | Change.Spool)) == 0 && mark is not null && RulesMark.Read() == mark)
        {
            Quiet();
            return null;
        }

        manager.Working();
        var began = Environment.TickCount64;
        try
        {
            // What the hook uses, since an environment may name another file.
            if (HostRecord.Read(usual)?.ConfigPath is { } used) paths = usual with { Config = used };
            sources.Watch(paths);
            var converger = new Converger(paths, Deadline.In(Limits.All), new("hookctrl", "watch"), log);
            var healing = converger.Heal(Looking);
            Report(healing, Environment.TickCount64 - began);
            return healing.Desired.Ruleset.Summary;
        }
        // Whatever it is, the watcher goes on: what it knows now may be wrong a moment later.
#pragma warning disable CA1031
        catch (Exception e)
#pragma warning restore CA1031
        {
            var known = e is IOException or UnauthorizedAccessException;
            Fail(known ? e.Message : e.ToString());
            return "it failed, see the log";
        }
        finally
        {
            if (!looksAgain) changes.Clear();
            looksAgain = false;
        }
    }

    /// <summary>What comes after this is news, and what was before is seen by the look that follows.</summary>
    /// <param name="again">Whether we have just changed the rules ourselves.</param>
    private void Looking(bool again)
    {
        if (again) sources.ForgetRules();
        else sources.Drain(changes);
        mark = RulesMark.Read();
    }

    private void Report(Healing healing, long milliseconds)
    {
        var now = Environment.TickCount64;
        sources.WakeAt(healing.Desired.Config.Config?.NextEnd);
        var errors = string.Join('\n', healing.Desired.Config.ErrorsForLog);
        if (errors != configErrors)
            foreach (var error in healing.Desired.Config.ErrorsForLog) Log.Failed(log, error);
        configErrors = errors;

        var who = WatchReport.Culprits(changes);
        var isDamage = WatchReport.IsDamage(changes, healing);
        if (!healing.Done)
        {
            // Somebody goes on taking rules out: once he is done all is well, unless it is a fight.
            var isDisturbed = healing.Applied && isDamage && who.Length > 0;
            if (isDisturbed && !pace.Repaired(now) && pace.Pause == 0)
            {
                (mark, looksAgain) = (null, true);
                pace.Looked(now, WatchPace.FirstLook);
                return;
            }

            if (!isDisturbed) who = "";
            var why = healing.Left.IsEmpty ? "the reasons are above" : healing.Left[0].Message;
            Fail(who.Length == 0 ? why : $"rules are taken out by {who} while they are put back");
            return;
        }

        if (!healing.Converged)
        {
            Quiet();
            return;
        }

        foreach (var line in WatchReport.Lines(changes, healing, milliseconds)) Log.Noted(log, line);
        Quiet();
        if (!isDamage || !pace.Repaired(now)) return;

        if (who.Length == 0) who = "another program";
        Log.Warned(log, string.Create(CultureInfo.InvariantCulture,
            $"rules are taken out again and again by {who}: they are back, and " +
            $"the next time they come back after {pace.Pause / 1000} s"));
    }

    private void Fail(string why)
    {
        // What is known of the kernel is not what should be there.
        mark = null;
        pace.Failed(Environment.TickCount64);
        Log.Failed(log, string.Create(CultureInfo.InvariantCulture,
            $"not everything is in force: {why}; tried again in {pace.Retry / 1000} s"));
    }

    /// <summary>All is well: when to look again unasked.</summary>
    private void Quiet()
    {
        if ((changes.Kinds & Change.Guests) != 0) settled = Environment.TickCount64 + LibvirtRescan.Grace + 1;
        changes.Clear();
        var now = Environment.TickCount64;
        int? unasked = NeedsLooking() ? WatchPace.Unasked : null;
        // Its own hook may have given it up, which tells nobody.
        if (unasked is null && !EventSpool.Waiting(paths, own: null, out _).IsEmpty) unasked = Limits.All;
        // A guest that has just come counts as active for a while without its file.
        if (unasked is null && settled > now) unasked = (int)(settled - now);
        pace.Looked(now, unasked);
    }

    private bool NeedsLooking()
    {
        if (sources.IsBlind || mark is null) return true;
        if (!IptablesForward.IsLegacyInUse(ipv4: true) && !IptablesForward.IsLegacyInUse(ipv4: false)) return false;
        return paths.Iptables is { } tool && !IptablesForward.WritesNftables(tool);
    }
}
