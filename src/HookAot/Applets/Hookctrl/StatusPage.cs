using System.Globalization;
using HookAot.Model;

namespace HookAot.Applets.Hookctrl;

/// <summary>What status shows a person: the table, and what is to be said below it.</summary>
internal sealed class StatusPage
{
    private const int StateColumn = 5;

    private readonly StatusReport report;
    private readonly IReadOnlyList<Obstacle> drift;

    /// <summary>Makes it.</summary>
    public StatusPage(StatusReport report, IReadOnlyList<Obstacle> drift)
    {
        (this.report, this.drift) = (report, drift);
        var hasNotes = report.Forwards.Any(row => row.Comment is not null);
        string[] head = ["GUEST", "PUBLIC", "PORT", "TO", "SOURCE", "STATE", "CONNS", "OPEN"];
        Table = new(hasNotes ? [.. head, "NOTE"] : head);
        foreach (var row in report.Forwards)
        {
            var cells = Cells(row);
            Table.Add(hasNotes ? [.. cells, row.Comment ?? ""] : cells, StateColumn, ToneOf(row));
        }
    }

    /// <summary>A row for each forward.</summary>
    public Table Table { get; }

    /// <summary>"3 forwards: 2 active, 1 missing; drift: 1".</summary>
    public string Summary
    {
        get
        {
            var parts = new List<string>();
            foreach (var state in StatusBuilder.States)
            {
                var count = report.Forwards.Count(f => f.State == state);
                if (count > 0) parts.Add($"{count} {state}");
            }

            var text = $"{report.Forwards.Length} forwards: {string.Join(", ", parts)}".TrimEnd(' ', ':');
            return drift.Count == 0 ? text : $"{text}; drift: {drift.Count}";
        }
    }

    /// <summary>The lines below the table.</summary>
    /// <param name="width">How many columns the terminal has; null: it is none.</param>
    /// <param name="paint">Gives texts their colours.</param>
    public List<string> Below(int? width, Paint paint)
    {
        var lines = new List<string>();
        foreach (var reason in Reasons()) Say("", Tone.Plain, reason);
        foreach (var network in report.Networks)
        {
            if (network.State == StatusBuilder.Active)
                Say("", Tone.Plain, $"network {network.Name}: every connection to {network.Range} is accepted");
        }

        Say("backend: ", Tone.Plain, $"{report.Backend} ({report.BackendReason})");
        if (!report.Watched) Say("watcher: ", Tone.Plain, $"none; {Obstacle.Unwatched}");

        foreach (var obstacle in drift)
            if (obstacle.Cure == Obstacle.Apply) Say("drift: ", Tone.Bad, obstacle.Message);
        if (drift.Any(o => o.Cure == Obstacle.Apply)) lines.Add("'hookctrl apply' puts it right");
        foreach (var obstacle in drift)
        {
            if (obstacle.Cure == Obstacle.Apply) continue;
            Say("drift: ", Tone.Bad, obstacle.Message);
            Say("       do: ", Tone.Head, obstacle.Cure);
        }

        return lines;

        void Say(string mark, Tone tone, string text)
        {
            var isFirst = true;
            foreach (var line in Wrapping.Hanging(mark, Printable.Escape(text), width))
            {
                lines.Add(isFirst ? paint(line[..mark.Length], tone) + line[mark.Length..] : line);
                isFirst = false;
            }
        }
    }

    /// <summary>Why forwards are left out, a line each: "web:8080,443: left out: no address is known".</summary>
    private IEnumerable<string> Reasons()
    {
        for (var first = 0; first < report.Forwards.Length;)
        {
            var row = report.Forwards[first];
            var ports = new List<string>();
            var next = first;
            while (next < report.Forwards.Length && IsSame(row, report.Forwards[next]))
                ports.Add(report.Forwards[next++].PublicPort);

            first = next;
            if (row.Reason is null) continue;
            var place = ports is ["-"] ? row.Machine : $"{row.Machine}:{string.Join(',', ports)}";
            var state = row.State == StatusBuilder.LeftOut ? row.State : $"{row.State} in part";
            yield return $"{place}: {state}: {WithoutPort(row)}";
        }
    }

    private static bool IsSame(StatusRow a, StatusRow b) =>
        a.Machine == b.Machine && a.State == b.State && a.Reason == b.Reason;

    // The line begins with it already.
    private static string WithoutPort(StatusRow row)
    {
        var begin = $"port {row.PublicPort}: ";
        var reason = row.Reason!;
        return reason.StartsWith(begin, StringComparison.Ordinal) ? reason[begin.Length..] : reason;
    }

    private static string[] Cells(StatusRow row) =>
    [
        row.Machine,
        ListVerbs.Public(row.PublicIp, row.Localhost, row.Snat),
        row.Protocol == "-" ? row.PublicPort : $"{row.PublicPort}/{row.Protocol}",
        row.Target,
        ListVerbs.Joined(row.Source),
        row.State,
        Count(row.Connections),
        Count(row.Open),
    ];

    private static string Count(long count) =>
        count == StatusRow.Unknown ? "-" : count.ToString(CultureInfo.InvariantCulture);

    private static Tone ToneOf(StatusRow row) => row.State switch
    {
        StatusBuilder.Active => Tone.Good,
        StatusBuilder.NotRunning => Tone.Faint,
        _ => Tone.Bad,
    };
}
