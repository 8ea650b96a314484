using System.CommandLine;
using System.Globalization;
using HookAot.Host;
using HookAot.Model;
using Microsoft.Extensions.Logging.Abstractions;

namespace HookAot.Applets.Hookctrl;

/// <summary>hookctrl status: what is in force, and what differs from what should be.</summary>
internal static class StatusVerb
{
    // A busy host has new connections all the time.
    private const int BetweenLooks = 500;

    // The cursor home, and an empty screen (ECMA-48: CUP, ED).
    private const string ClearTerminal = "\e[H\e[2J";

    /// <summary>The verb.</summary>
    public static Command Make()
    {
        var watch = new Option<bool>("--watch")
        {
            Description = "Show it anew whenever something changes, until interrupted.",
        };
        const string description = "Show each forward's state and counters, and what in the kernel differs from what " +
            "should be there (exit code 1).";
        var status = new Command("status", description) { watch };
        status.SetAction(parsed =>
        {
            var session = Session.Of(parsed);
            return parsed.GetValue(watch) ? Watch(session) : Show(session, before: "");
        });
        return status;
    }

    private static int Watch(Session session)
    {
        if (!Session.IsRoot("see the rules")) return Session.Refused;
        // A terminal is cleared; a file or a pipe gets one table after the other.
        var before = Libc.isatty(1) != 0 ? ClearTerminal : "";
        using var sources = new WatchSources(NullLogger.Instance, withConnections: true);
        var changes = new Changes();
        int code;
        do
        {
            // What changes while we look, or soon after, is shown by the next look.
            sources.Drain(changes);
            changes.Clear();
            sources.Watch(session.Paths);
            code = Show(session, before);
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

    private static int Show(Session session, string before)
    {
        if (!Session.IsRoot("see the rules")) return Session.Refused;
        if (Comparison.Read(session.Paths, out var error) is not { } comparison)
        {
            Session.Say(error!);
            return Session.Refused;
        }

        if (ConfigInUse.OtherThan(session) is { } other) Session.Warn(other);
        var drift = Drift.Find(session.Paths, comparison);
        var report = StatusBuilder.Build(comparison, drift, LockHolder.IsHeld(session.Paths.WatchLock));
        if (session.Json) HookctrlJson.Write(report);
        else Print(report, drift, before);
        return report.Ok ? Session.Done : Session.Refused;
    }

    private static void Print(StatusReport report, IReadOnlyList<Obstacle> drift, string before)
    {
        if (before.Length > 0) Output.Write(before);
        Output.Table(
            ["GUEST", "PUBLIC", "PORT", "PROTOCOL", "TO", "SOURCE", "STATE", "PACKETS", "BYTES"],
            report.Forwards.Select(Cells));

        foreach (var network in report.Networks.Where(n => n.State == "active"))
        {
            var name = Printable.Escape(network.Name);
            Output.Write($"network {name}: every connection to {network.Range} is accepted\n");
        }

        Output.Write($"backend: {report.Backend} ({report.BackendReason})\n");
        if (!report.Watched) Output.Write($"watcher: none; {Obstacle.Unwatched}\n");

        foreach (var obstacle in drift)
        {
            Output.Write($"{Output.Red("drift:")} {Printable.Escape(obstacle.Message)}\n");
            if (obstacle.Cure != Obstacle.Apply)
                Output.Write($"       {Output.Bold("do:")} {Printable.Escape(obstacle.Cure)}\n");
        }

        if (drift.Any(obstacle => obstacle.Cure == Obstacle.Apply)) Output.Write("'hookctrl apply' puts it right\n");
    }

    private static string[] Cells(StatusRow row) =>
    [
        row.Machine,
        ListVerbs.Public(row.PublicIp, row.Localhost, row.Snat),
        row.PublicPort,
        row.Protocol,
        row.Target,
        ListVerbs.Joined(row.Source),
        row.Reason is null ? row.State : $"{row.State}: {row.Reason}",
        Counter(row, row.Packets),
        Counter(row, row.Bytes),
    ];

    private static string Counter(StatusRow row, long count) =>
        row.State == StatusBuilder.Active ? count.ToString(CultureInfo.InvariantCulture) : "-";
}
