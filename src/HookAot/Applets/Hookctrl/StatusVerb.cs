using System.CommandLine;
using HookAot.Host;
using Microsoft.Extensions.Logging.Abstractions;

namespace HookAot.Applets.Hookctrl;

/// <summary>hookctrl status: what is in force, and what differs from what should be.</summary>
internal sealed class StatusVerb
{
    // A busy host has new connections all the time.
    private const int BetweenLooks = 500;

    // A connection that ends is no news; on a terminal the numbers are never older than this.
    private const int OldestLook = 5_000;

    private const int Second = 1_000;

    private readonly Session session;
    private readonly string? target;

    private StatusVerb(Session session, string? target) => (this.session, this.target) = (session, target);

    private bool WithHead { get; init; }

    private bool Quiet { get; init; }

    private bool Metrics { get; init; }

    /// <summary>The verb.</summary>
    public static Command Make()
    {
        var watch = new Option<bool>("--watch")
        {
            Description = "Show it anew whenever something changes, until interrupted; q ends it on a terminal.",
        };
        var quiet = new Option<bool>("--quiet") { Description = "Print nothing: the exit code says it." };
        var metrics = new Option<bool>("--openmetrics")
        {
            Description = "Print it for node_exporter's textfile collector; ends with 0 also where something differs.",
        };
        var (target, noHeaders) = (ForwardFilter.Argument(), TableOptions.NoHeaders());
        const string description = "Show each forward's state, how many connections it had (CONNS) and has now " +
            "(OPEN), and what differs from what should be. For monitoring: exit code 0, nothing does; 1, something " +
            "does; 2, wrong usage.";
        var status = new Command("status", description) { target, watch, quiet, noHeaders, metrics };
        status.SetAction(parsed =>
        {
            var verb = new StatusVerb(Session.Of(parsed), parsed.GetValue(target))
            {
                WithHead = !parsed.GetValue(noHeaders),
                Quiet = parsed.GetValue(quiet),
                Metrics = parsed.GetValue(metrics),
            };
            if (!Session.IsRoot("see the rules")) return Session.Refused;
            if (!parsed.GetValue(watch)) return verb.Show();
            return Terminal.Columns is not null && !verb.session.Json && !verb.Metrics && !verb.Quiet
                ? verb.WatchOnTerminal()
                : verb.Watch();
        });
        return status;
    }

    /// <summary>One table after the other, for a file or a pipe.</summary>
    private int Watch()
    {
        using var sources = new WatchSources(NullLogger.Instance, withConnections: true);
        var changes = new Changes();
        int code;
        do
        {
            // What changes while we look, or soon after, is shown by the next look.
            sources.Drain(changes);
            changes.Clear();
            sources.Watch(session.Paths);
            code = Show();
        }
        while (Output.WaitWithReader(BetweenLooks) && HasNews(sources, changes));
        return code;
    }

    /// <summary>Waits for a change, but no longer than there is a reader.</summary>
    private static bool HasNews(WatchSources sources, Changes changes)
    {
        while (changes.Kinds == Change.None)
        {
            _ = sources.Wait(-1, Output.Reader);
            if (!Output.WaitWithReader(0)) return false;
            sources.Drain(changes);
        }

        return true;
    }

    private int WatchOnTerminal()
    {
        using var sources = new WatchSources(NullLogger.Instance, withConnections: true);
        string? error = null;
        var code = Session.Done;
        using (var screen = new StatusScreen())
        {
            do
            {
                sources.Drain(new Changes());
                sources.Watch(session.Paths);
                if (Look(out var drift, out code, out error) is not { } report) break;
                screen.Page = new StatusPage(report, drift);
                screen.Warning = ConfigInUse.OtherThan(session);
            }
            while (Stays(screen, sources));
        }

        if (error is not null) Session.Say(error);
        return code;
    }

    /// <summary>Shows what was seen until it is time for the next look.</summary>
    /// <returns>Whether there is to be one.</returns>
    private static bool Stays(StatusScreen screen, WatchSources sources)
    {
        var (changes, looked) = (new Changes(), Environment.TickCount64);
        while (true)
        {
            screen.Draw();
            var age = Environment.TickCount64 - looked;
            if (age >= OldestLook || (changes.Kinds != Change.None && age >= BetweenLooks)) return true;

            // At the latest for the clock.
            var rest = changes.Kinds == Change.None ? Second : BetweenLooks - age;
            _ = sources.Wait((int)Math.Max(rest, 0), Output.Reader, screen.Keys);
            if (!Output.WaitWithReader(0) || screen.IsEnded()) return false;
            sources.Drain(changes);
        }
    }

    private int Show()
    {
        if (Look(out var drift, out var code, out var error) is not { } report)
        {
            Session.Say(error!);
            return code;
        }

        if (ConfigInUse.OtherThan(session) is { } other) Session.Warn(other);
        if (Quiet) return code;
        if (Metrics)
        {
            Output.Write(OpenMetrics.Print(report));
            return Session.Done;
        }

        if (session.Json)
        {
            HookctrlJson.Write(report);
            return code;
        }

        var page = new StatusPage(report, drift);
        if (page.Table.IsEmpty) Session.SayHowToBegin();
        else Output.Write(page.Table, WithHead);
        Output.Write(page.Below(Terminal.Columns, Output.Painted));
        return code;
    }

    private StatusReport? Look(out IReadOnlyList<Obstacle> drift, out int code, out string? error)
    {
        (drift, code) = ([], Session.Refused);
        if (Comparison.Read(session.Paths, out error) is not { } comparison) return null;

        var config = comparison.Desired.Config;
        var names = (config.Config?.Machines ?? []).Select(m => m.Name).Concat(config.LeftOutMachines);
        if (ForwardFilter.Read(target, port: null, names, out error, out code) is not { } filter) return null;

        var watched = LockHolder.IsHeld(session.Paths.WatchLock);
        drift = Drift.Find(session.Paths, comparison, filter, watched);
        var report = StatusBuilder.Build(comparison, filter, drift, watched);
        if (filter.IsNarrow && report.Forwards.Length == 0)
        {
            error = $"there is no forward{filter}";
            return null;
        }

        code = report.Ok ? Session.Done : Session.Refused;
        return report;
    }
}
