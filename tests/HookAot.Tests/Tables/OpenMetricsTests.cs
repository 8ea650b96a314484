using HookAot.Applets.Hookctrl;
using HookAot.Tests.Netns;

namespace HookAot.Tests.Tables;

/// <summary>status --openmetrics, as another program reads it.</summary>
public sealed class OpenMetricsTests
{
    private const long None = StatusRow.Unknown;

    // Reads it strictly, and prints each sample. A family's lines stand together, a series is there once, and the names
    // are as its type wants them.
    private const string Reader = """
        import re, sys
        text = sys.stdin.read()
        assert text.endswith("# EOF\n") and text.count("# EOF") == 1
        types, helps, seen, now = {}, {}, set(), None
        label = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(?:,|$)')
        for line in text.splitlines()[:-1]:
            if line.startswith("# "):
                kind, name, rest = line[2:].split(" ", 2)
                table = {"TYPE": types, "HELP": helps}[kind]
                assert name not in table and (kind == "TYPE" or now == name), line
                table[name] = rest
                now = name
                continue
            name, labels, value = re.fullmatch(r"([a-z_]+)(?:\{(.*)\})? ([0-9]+)", line).groups()
            assert name == now + ("_total" if types[now] == "counter" else ""), line
            pairs, at = [], 0
            while at < len(labels or ""):
                match = label.match(labels, at)
                assert match, line
                pairs.append((match[1], re.sub(r"\\(.)", lambda m: {"n": "\n"}.get(m[1], m[1]), match[2])))
                at = match.end()
            assert {key for key, _ in pairs} <= {"guest", "port", "protocol"}, line
            assert (name, tuple(pairs)) not in seen, line
            seen.add((name, tuple(pairs)))
            print(name, *[repr(value) for _, value in pairs], value)
        assert types.keys() == helps.keys()
        """;

    private static StatusRow Row(string guest, string port, string state, long connections, string protocol = "tcp")
    {
        var open = state == StatusBuilder.Active ? 2 : None;
        return new(guest, [], port, protocol, "", [], false, false, state, null, 0, 0, connections, open, null);
    }

    /// <summary>What the reader understood, a line each sample.</summary>
    internal static async Task<string> Read(string printed)
    {
        var ended = await Tool.Run(["python3", "-c", Reader], printed);
        await Assert.That(ended.ExitCode).IsEqualTo(0).Because(ended.Error + printed);
        return ended.Output;
    }

    [Test]
    public async Task Another_program_reads_what_status_knows()
    {
        var report = new StatusReport(
            false,
            "iptables",
            "",
            true,
            [
                Row("web", "8080", "active", 5),
                Row("web", "8080", "missing", 3), // to another public address
                Row("web", "53", "active", None, "udp"),
                Row("a \"b\" \\ c\nd", "1-2", "not running", None),
                Row("mistaken", "-", "left out", None, "-"),
            ],
            [],
            ["something"]);
        await Assert.That(await Read(OpenMetrics.Print(report))).IsEqualTo("""
            hookaot_ok 0
            hookaot_drift 1
            hookaot_watcher_up 1
            hookaot_guest_active 'web' 1
            hookaot_guest_active 'a "b" \\ c\nd' 0
            hookaot_forward_up 'web' '8080' 'tcp' 0
            hookaot_forward_up 'web' '53' 'udp' 1
            hookaot_forward_up 'a "b" \\ c\nd' '1-2' 'tcp' 0
            hookaot_forward_connections_total 'web' '8080' 'tcp' 8
            hookaot_forward_open_connections 'web' '8080' 'tcp' 2
            hookaot_forward_open_connections 'web' '53' 'udp' 2

            """);
    }

    [Test]
    public async Task A_host_without_forwards_has_metrics_too()
    {
        var report = new StatusReport(true, "nftables", "", false, [], [], []);
        await Assert.That(await Read(OpenMetrics.Print(report)))
            .IsEqualTo("hookaot_ok 1\nhookaot_drift 0\nhookaot_watcher_up 0\n");
    }
}
