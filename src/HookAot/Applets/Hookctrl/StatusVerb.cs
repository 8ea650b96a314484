using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using HookAot.Backends;
using HookAot.Host;
using HookAot.Model;

namespace HookAot.Applets.Hookctrl;

/// <summary>hookctrl status: what is in force, and what differs from what should be.</summary>
internal static class StatusVerb
{
    private const int WatchMilliseconds = 2000;

    /// <summary>The verb.</summary>
    public static Command Status()
    {
        var watch = new Option<bool>("--watch") { Description = "Show it anew every two seconds, until interrupted." };
        var status = new Command("status", "Show each forward's state and counters, and what in the kernel differs from what should be there (exit code 1).") { watch };
        status.SetAction(parsed =>
        {
            var session = Session.Of(parsed);
            if (!parsed.GetValue(watch)) return Show(session, "");
            const string home = "\e[H\e[2J";
            int code;
            do code = Show(session, Libc.isatty(1) != 0 ? home : ""); // a terminal is cleared; a file or a pipe gets one table after the other
            while (Output.WaitWithReader(WatchMilliseconds));
            return code;
        });
        return status;
    }

    private static int Show(Session session, string before)
    {
        if (!Session.IsRoot("see the rules")) return Session.Refused;
        if (KernelRules.Read(session.Paths, lockFd: -1, out var error) is not { } listing)
        {
            Session.Say(error!);
            return Session.Refused;
        }

        var report = Report(session.Paths, listing);
        if (session.Json) Output.Write(JsonSerializer.Serialize(report, HookctrlJson.Default.StatusReport) + "\n");
        else
        {
            if (before.Length > 0) Output.Write(before);
            Output.Table(["GUEST", "PUBLIC", "PORT", "PROTOCOL", "TO", "SOURCE", "STATE", "PACKETS", "BYTES"], report.Forwards.Select(f => (string[])
                [f.Machine, Overview.Shown(f.PublicIp), f.PublicPort, f.Protocol, f.Target, Overview.Shown(f.Source), f.Reason is null ? f.State : $"{f.State}: {f.Reason}", Counted(f.State, f.Packets), Counted(f.State, f.Bytes)]));
            foreach (var network in report.Networks.Where(n => n.State == "active")) Output.Write($"network {Printable.Escape(network.Name)}: every connection to {network.Range} is accepted\n");
            foreach (var difference in report.Drift) Output.Write($"{Output.Red("drift:")} {Printable.Escape(difference)}\n");
            if (report.Drift.Length > 0) Output.Write("'hookctrl apply' puts it right\n");
        }

        return report.Ok ? Session.Done : Session.Refused;
    }

    private static string Counted(string state, long count) => state == "active" ? count.ToString(CultureInfo.InvariantCulture) : "-";

    /// <summary>What is in force, given what is in the kernel.</summary>
    public static StatusReport Report(HostPaths paths, IptablesListing listing)
    {
        var wanted = Wanted.Now(paths);
        var config = wanted.Config.Config ?? HookConfig.Empty;
        var differences = listing.DifferencesFrom(wanted.Ruleset).ToList();
        var incomplete = differences.Select(d => d.Guest).OfType<string>().ToHashSet(StringComparer.Ordinal);
        var active = wanted.State.Guests.Select(g => g.Name).ToHashSet(StringComparer.Ordinal);
        var lines = IptablesTool.Script(wanted.Ruleset, listing.Plans).Where(l => l.Translation is not null).ToLookup(l => l.Guest!, StringComparer.Ordinal);
        var leftOut = wanted.LeftOut.ToLookup(l => l.Guest, StringComparer.Ordinal);

        var rows = ImmutableArray.CreateBuilder<StatusRow>();
        foreach (var machine in config.Machines)
        {
            foreach (var forward in machine.Forwards)
            {
                var own = lines[machine.Name].Where(l => l.Translation!.Serves(machine.Name, forward)).ToList();
                var found = own.Select(listing.Find).OfType<ListedRule>().ToList();
                var reason = leftOut[machine.Name].FirstOrDefault(l => l.Forward is null || l.Forward == forward)?.Reason;
                var state = !active.Contains(machine.Name) ? "not running"
                    : reason is not null ? "left out"
                    : found.Count < own.Count || incomplete.Contains(machine.Name) ? "missing" : "active";
                var target = own.FirstOrDefault()?.Translation!.Target.ToString() ?? machine.PrivateAddresses.FirstOrDefault()?.ToString() ?? "learned";
                rows.Add(new(machine.Name, Overview.Any(forward.PublicAddresses), $"{forward.Public}", string.Join('+', forward.Protocols.Select(p => p.Name())),
                    $"{target}:{forward.Guest}", Overview.Any(forward.Sources), state, state == "left out" ? reason : null, found.Sum(r => r.Packets), found.Sum(r => r.Bytes)));
            }
        }

        var leftOutNetworks = wanted.Config.LeftOutNetworks.Select(n => $"network {n}");
        foreach (var name in wanted.Config.LeftOutMachines.Concat(leftOutNetworks))
            rows.Add(new(name, [], "-", "-", "-", [], "left out", "its entry has mistakes: hookctrl check", 0, 0));

        string[] drift = [.. wanted.Config.ErrorsForLog.Where(_ => wanted.Config.Broken), .. differences.Select(d => d.Guest is null ? d.Message : $"{d.Guest}: {d.Message}"), .. HostSettings.Drift(wanted)];
        var ok = drift.Length == 0 && rows.All(r => r.State is not ("left out" or "missing"));
        return new(ok, [.. rows], [.. config.Networks.Select(n => new NetworkState(n.Name, $"{n.Range}", wanted.Ruleset.Networks.Contains(n) ? "active" : "not active"))], drift);
    }
}

/// <summary>What status --json prints.</summary>
/// <param name="Ok">Whether everything that should be in force is; the exit code is 0 then.</param>
/// <param name="Forwards">Each forward of the config.</param>
/// <param name="Networks">Each network of the config.</param>
/// <param name="Drift">What differs from what should be, a sentence each.</param>
internal sealed record StatusReport(bool Ok, StatusRow[] Forwards, NetworkState[] Networks, string[] Drift);

/// <summary>A forward's state.</summary>
/// <param name="Machine">The guest's name.</param>
/// <param name="PublicIp">The host's addresses; empty: every one.</param>
/// <param name="PublicPort">A port or a range.</param>
/// <param name="Protocol">tcp, udp, sctp or tcp+udp.</param>
/// <param name="Target">The guest's address and ports.</param>
/// <param name="Source">Who may connect; empty: everybody.</param>
/// <param name="State">active, not running, left out, or missing (it should be in the kernel and is not).</param>
/// <param name="Reason">Why it is left out.</param>
/// <param name="Packets">What its rules matched since they were put in place: the first packet of every connection.</param>
/// <param name="Bytes">How many bytes those packets had.</param>
internal sealed record StatusRow(
    string Machine, string[] PublicIp, string PublicPort, string Protocol, string Target, string[] Source, string State, string? Reason, long Packets, long Bytes);

/// <summary>A network's state.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Range">Its addresses.</param>
/// <param name="State">active or not active.</param>
internal sealed record NetworkState(string Name, string Range, string State);
