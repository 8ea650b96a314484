using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using static HookAot.Tests.Netns.World;

namespace HookAot.Tests.Netns;

/// <summary>What status counts: connections that were made, and those that are open.</summary>
[Category("Netns")]
public sealed class CountTests
{
    private static string Config(string backend) => $$"""
        {
            "backend": "{{backend}}",
            "public_ip": "{{Public}}",
            "machines": {
                "a": {
                    "private_ip": "{{AddressA}}",
                    "port_map": [
                        [2222, 22],
                        { "public": 5353, "vm": 22, "protocol": "udp" },
                        { "public": "7000-7002", "vm": "9000-9002", "source": "192.168.0.0/24" },
                        { "public": 7001, "vm": 9001, "protocol": "sctp" }
                    ]
                },
                "b": { "private_ip": "{{AddressB}}", "port_map": [[8080, 80]] }
            }
        }
        """;

    /// <summary>Of each forward "connections/open".</summary>
    private static async Task<string> Counts(World world)
    {
        var ended = await world.Call("status", "--json");
        using var json = JsonDocument.Parse(ended.Output);
        var rows = json.RootElement.GetProperty("forwards").EnumerateArray();
        return string.Join(' ', rows.Select(r => $"{r.GetProperty("connections")}/{r.GetProperty("open")}"));
    }

    private static Socket Connect(NetworkNamespace from, int port) => from.Within(() =>
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
        {
            LingerState = new(enable: true, seconds: 0), // its end is a reset, which closes both sides at once
        };
        socket.Connect(IPAddress.Parse(Public), port);
        return socket;
    });

    /// <summary>A server of the guest that ends no connection, since it never takes one.</summary>
    private static Socket Listen(NetworkNamespace on, int port) => on.Within(() =>
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Any, port));
        socket.Listen();
        return socket;
    });

    [Test]
    [Arguments("iptables", "iptables")]
    [Arguments("iptables-legacy", "iptables")]
    [Arguments("iptables", "nftables")]
    public async Task Open_connections_are_those_that_go_through_the_forward_now(string iptables, string backend)
    {
        await using var world = await World.Create(
            Config(backend).Replace("9000-9002", "9100-9102", StringComparison.Ordinal), iptables);
        await world.Quietly("a", "start");
        await Assert.That(await Counts(world)).IsEqualTo("0/0 0/0 0/0 0/0 /");

        using var listener = Listen(world.A, 9101);
        using (Connect(world.Client, 7001))
        {
            using var second = Connect(world.Host, 7001);
            using var flow = await world.Client.UdpFlow(Public, 5353);
            await Assert.That(await flow.Ask()).IsEqualTo("A:22 from 192.168.0.50");
            await Assert.That(await Counts(world)).IsEqualTo("0/0 1/1 2/2 0/0 /");
        }

        await Assert.That(await Counts(world)).IsEqualTo("0/0 1/1 2/0 0/0 /");
    }

    [Test]
    [Arguments("iptables", "iptables")]
    [Arguments("iptables-legacy", "iptables")]
    [Arguments("iptables", "nftables")]
    public async Task Counters_survive_changes_of_other_forwards(string iptables, string backend)
    {
        await using var world = await World.Create(Config(backend), iptables);
        await world.Runs("a");
        await world.Quietly("a", "start");
        for (var i = 0; i < 3; i++)
            await Assert.That(await world.Client.Tcp(Public, 2222)).IsEqualTo("A:22 from 192.168.0.50");
        await Assert.That(await Counts(world)).StartsWith("3/");

        // By the hook, by an edit, by apply after another program's flush of another chain.
        await world.Runs("b");
        await world.Quietly("b", "start");
        await Assert.That(await Counts(world)).StartsWith("3/");
        await world.Done("port add a 8081:80");
        await Assert.That(await Counts(world)).StartsWith("3/");
        await world.Quietly("b", "stopped");
        await Assert.That(await world.Client.Tcp(Public, 2222)).IsEqualTo("A:22 from 192.168.0.50");
        await Assert.That(await Counts(world)).StartsWith("4/");

        // Another target is another forward.
        await world.Done("port remove a 2222");
        await world.Done("port add a 2222:80");
        using var json = JsonDocument.Parse(await world.Done("status --json"));
        var last = json.RootElement.GetProperty("forwards").EnumerateArray().Last(r =>
            r.GetProperty("public_port").GetString() == "2222");
        await Assert.That(last.GetProperty("connections").GetInt64()).IsEqualTo(0);
    }

    [Test]
    public async Task The_example_unit_writes_a_whole_file_for_the_collector()
    {
        await using var world = await World.Create(Config("iptables"));
        await world.Quietly("a", "start");
        var unit = await File.ReadAllLinesAsync(Repository.File("src", "doc", "hookaot-metrics.service"));
        var start = unit.Single(line => line.StartsWith("ExecStart=", StringComparison.Ordinal));
        var command = start["ExecStart=".Length..].Replace("$$", "$", StringComparison.Ordinal);
        var run = $"export TEXTFILES={world.Directory} PATH={world.Directory}/hooks:$PATH; {command}";
        await Tool.Succeed([.. world.Host.Enter, "sh", "-euc", run], environment: world.HookEnvironment);

        var written = Path.Combine(world.Directory, "hookaot.prom");
        await Assert.That(await Tables.OpenMetricsTests.Read(await File.ReadAllTextAsync(written)))
            .Contains("hookaot_ok 1\n");
        // A host that cannot be looked at leaves the last ones alone: their age tells.
        await world.Program("hooks/hookctrl-that-fails", "#!/bin/sh\necho half; exit 1\n");
        var failing = run.Replace("hookctrl status", "hookctrl-that-fails", StringComparison.Ordinal);
        var ended = await Tool.Run([.. world.Host.Enter, "sh", "-c", failing], environment: world.HookEnvironment);
        await Assert.That(ended.ExitCode).IsNotEqualTo(0);
        await Assert.That(await File.ReadAllTextAsync(written)).EndsWith("# EOF\n");
    }

    [Test]
    public async Task Metrics_are_what_another_program_reads_and_end_with_0_also_where_something_differs()
    {
        await using var world = await World.Create(Config("iptables"));
        await world.Quietly("a", "start");
        await Assert.That(await world.Client.Tcp(Public, 2222)).IsEqualTo("A:22 from 192.168.0.50");
        await Assert.That(await Tables.OpenMetricsTests.Read(await world.Done("status --openmetrics")))
            .Contains("hookaot_ok 1\n")
            .And.Contains("hookaot_guest_active 'b' 0\n")
            .And.Contains("hookaot_forward_up 'a' '7000-7002' 'tcp' 1\n")
            .And.Contains("hookaot_forward_connections_total 'a' '2222' 'tcp' 1\n")
            .And.DoesNotContain("hookaot_forward_connections_total 'b'");

        await world.Iptables("-t nat -F HOOKAOT-DNAT");
        await Assert.That(await Tables.OpenMetricsTests.Read(await world.Done("status --openmetrics")))
            .Contains("hookaot_ok 0\n")
            .And.Contains("hookaot_forward_up 'a' '2222' 'tcp' 0\n");
    }
}
