using System.Globalization;
using System.Text;

namespace HookAot.Applets.Hookctrl;

/// <summary>
/// What status knows, as monitoring reads it (OpenMetrics 1.0, https://prometheus.io/docs/specs/om/open_metrics_spec/);
/// node_exporter's textfile collector takes it too.
/// </summary>
internal sealed class OpenMetrics
{
    private readonly StringBuilder text = new();

    private OpenMetrics()
    {
    }

    /// <summary>Prints a report.</summary>
    public static string Print(StatusReport report)
    {
        var metrics = new OpenMetrics();
        metrics.Gauge("hookaot_ok", "Whether everything that should be in force is.");
        metrics.Sample("hookaot_ok", "", Number(report.Ok));
        metrics.Gauge("hookaot_drift", "How many things differ from what should be.");
        metrics.Sample("hookaot_drift", "", report.Drift.Length);
        metrics.Gauge("hookaot_watcher_up", "Whether hookctrl watch runs.");
        metrics.Sample("hookaot_watcher_up", "", Number(report.Watched));

        var series = Series(report.Forwards);
        metrics.Gauge("hookaot_guest_active", "Whether the guest runs.");
        foreach (var guest in series.DistinctBy(s => s.Guest))
            metrics.Sample("hookaot_guest_active", Label("guest", guest.Guest), Number(guest.IsRunning));

        metrics.Gauge("hookaot_forward_up", "Whether the forward is in force; 0 also while its guest does not run.");
        foreach (var one in series) metrics.Sample("hookaot_forward_up", one.Labels, Number(one.IsUp));

        metrics.Family("hookaot_forward_connections", "counter", "Connections since the rule was put in place.");
        const string Total = "hookaot_forward_connections_total";
        foreach (var one in series)
            if (one.Connections is >= 0 and var count) metrics.Sample(Total, one.Labels, count);

        metrics.Gauge("hookaot_forward_open_connections", "Connections that are open now.");
        foreach (var one in series)
            if (one.Open is >= 0 and var count) metrics.Sample("hookaot_forward_open_connections", one.Labels, count);

        return metrics.text.Append("# EOF\n").ToString();
    }

    private static int Number(bool value) => value ? 1 : 0;

    private void Gauge(string name, string help) => Family(name, "gauge", help);

    private void Family(string name, string type, string help) =>
        text.Append($"# TYPE {name} {type}\n# HELP {name} {help}\n");

    private void Sample(string name, string labels, long value)
    {
        text.Append(name);
        if (labels.Length > 0) text.Append('{').Append(labels).Append('}');
        text.Append(' ').Append(value.ToString(CultureInfo.InvariantCulture)).Append('\n');
    }

    private static string Label(string name, string value)
    {
        var escaped = value
            .Replace("\\", "\\\\", StringComparison.Ordinal)
            .Replace("\"", "\\\"", StringComparison.Ordinal)
            .Replace("\n", "\\n", StringComparison.Ordinal);
        return $"{name}=\"{escaped}\"";
    }

    /// <summary>
    /// The forwards by their labels, which two of them may share that have another public address: a series must be
    /// there once.
    /// </summary>
    private static List<OneSeries> Series(StatusRow[] forwards)
    {
        var series = new List<OneSeries>();
        var byLabels = new Dictionary<string, OneSeries>(StringComparer.Ordinal);
        foreach (var row in forwards)
        {
            // An entry that has mistakes has no ports: "ok" and "drift" tell of it.
            if (row.Protocol == "-") continue;
            var labels = $"{Label("guest", row.Machine)},{Label("port", row.PublicPort)}," +
                Label("protocol", row.Protocol);
            if (!byLabels.TryGetValue(labels, out var one))
            {
                byLabels[labels] = one = new OneSeries(row.Machine, labels);
                series.Add(one);
            }

            one.Add(row);
        }

        return series;
    }

    private sealed class OneSeries(string guest, string labels)
    {
        public string Guest => guest;

        public string Labels => labels;

        public bool IsUp { get; private set; } = true;

        public bool IsRunning { get; private set; }

        public long Connections { get; private set; } = StatusRow.Unknown;

        public long Open { get; private set; } = StatusRow.Unknown;

        public void Add(StatusRow row)
        {
            IsUp &= row.State == StatusBuilder.Active;
            IsRunning |= row.State != StatusBuilder.NotRunning;
            Connections = Sum(Connections, row.Connections);
            Open = Sum(Open, row.Open);
        }

        // Of two forwards one may be in force.
        private static long Sum(long a, long b) => a < 0 ? b : a + Math.Max(b, 0);
    }
}
