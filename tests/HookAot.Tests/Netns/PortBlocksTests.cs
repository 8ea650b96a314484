using System.Globalization;
using System.Text.Json;
using HookAot.Backends;
using static HookAot.Tests.Netns.World;

namespace HookAot.Tests.Netns;

/// <summary>More forwards than are tried one after the other are in chains by port.</summary>
[Category("Netns")]
public sealed class PortBlocksTests
{
    private const string FirstBlock = "HOOKAOT-BRANCH-1";

    /// <summary>To the guest's port 22: ports from 3000 on of every address, and from 6000 on of one.</summary>
    private static string Config(int ofAny, int ofOne = 0, string more = "")
    {
        var any = Enumerable.Range(3000, ofAny).Select(port => $"[{port}, 22]");
        var one = Enumerable.Range(6000, ofOne).Select(port =>
            $$"""{ "public": {{port}}, "vm": 22, "public_ip": "{{Public}}" }""");
        return $$"""
            {
                "debug": true,
                "machines": {
                    "a": {
                        "private_ip": "{{AddressA}}",
                        "port_map": [{{string.Join(", ", any.Concat(one))}}{{more}}]
                    },
                    "b": { "private_ip": "{{AddressB}}", "port_map": [[8080, 80]] }
                }
            }
            """;
    }

    [Test]
    [Arguments("iptables")]
    [Arguments("iptables-legacy")]
    public async Task Every_forward_arrives_and_with_the_last_guest_everything_is_gone(string iptables)
    {
        await using var world = await Create(Config(160, 160, """, ["4022-4023", "22-23"]"""), iptables);
        var before = await world.Rules();

        await world.Event("a", "start");

        await Assert.That(await world.Rules()).Contains("-A HOOKAOT-PORTS-1 ");
        foreach (var port in (int[])[3000, 3071, 3159, 6000, 6159, 4022])
        {
            await Assert.That(await world.Client.Tcp(Public, port)).StartsWith("A:22").Because($"port {port}");
            await Assert.That(await world.Host.Tcp(Public, port)).StartsWith("A:22").Because($"port {port}");
        }

        await Assert.That((await world.Call("status", "--quiet")).ExitCode).IsEqualTo(0);
        await world.Event("a", "stopped");
        await Assert.That(await world.Rules()).IsEqualTo(before);
    }

    [Test]
    public async Task They_come_and_go_with_the_number_of_forwards_and_the_counters_stay()
    {
        await using var world = await Create(Config(PortBlocks.Few));
        await world.Event("a", "start");
        await Assert.That(await world.Rules()).DoesNotContain("HOOKAOT-PORTS");
        await world.Client.Tcp(Public, 3000);

        await world.Done("port add a 7000:22");
        await Assert.That(await world.Rules()).Contains(FirstBlock);
        await Assert.That(await Connections(world, 3000)).IsEqualTo(1);
        await Assert.That(await world.Client.Tcp(Public, 3000)).StartsWith("A:22");
        await Assert.That(await world.Client.Tcp(Public, 7000)).StartsWith("A:22");

        await world.Done("port remove a 7000:22");
        await Assert.That(await world.Rules()).DoesNotContain("HOOKAOT-PORTS");
        await Assert.That(await Connections(world, 3000)).IsEqualTo(2);
        await Assert.That(await world.Client.Tcp(Public, 3000)).StartsWith("A:22");
    }

    [Test]
    public async Task A_guest_beside_them_is_only_added()
    {
        await using var world = await Create(Config(300));
        await world.Event("a", "start");
        await world.Client.Tcp(Public, 3001);

        var rules = await world.Rules();
        var log = await world.Event("b", "start");

        await Assert.That(log).Contains(" --dport 8080 ").And.DoesNotContain("-D ").And.DoesNotContain(" - [0:0]");
        await Assert.That(await world.Client.Tcp(Public, 8080)).StartsWith("B:80");
        await Assert.That(await Connections(world, 3001)).IsEqualTo(1);
        await world.Event("b", "stopped");
        await Assert.That(await world.Rules()).IsEqualTo(rules);
    }

    [Test]
    public async Task Status_blames_only_the_forwards_of_what_is_missing_and_apply_puts_it_right()
    {
        await using var world = await Create(Config(300));
        await world.Event("a", "start");
        var whole = await world.Rules();
        var jump = whole.Split('\n').First(l => l.EndsWith($"-j {FirstBlock}", StringComparison.Ordinal));
        var last = jump.Split("--dport 1:", 2)[1].Split(' ')[0];

        await world.Host.Run($"iptables -t nat -D {jump["-A ".Length..]}");
        var broken = await Broken(world);
        await Assert.That(broken).IsNotEmpty();
        var end = int.Parse(last, CultureInfo.InvariantCulture);
        foreach (var port in broken) await Assert.That(port).IsLessThanOrEqualTo(end);
        await Assert.That(broken.Count).IsLessThan(300);
        await world.Done("apply");
        await Assert.That(await world.Rules()).IsEqualTo(whole);

        await world.Host.Run("iptables -t nat -D HOOKAOT-PORTS-1 1");
        await Assert.That(await Broken(world)).IsEquivalentTo([3000]);
        await world.Done("apply");
        await Assert.That(await world.Rules()).IsEqualTo(whole);
    }

    [Test]
    public async Task Whatever_is_left_of_them_is_found_where_the_record_is_lost()
    {
        await using var world = await Create(Config(300));
        var before = await world.Rules();
        await world.Event("a", "start");
        Directory.Delete(world.HookEnvironment["HOOKAOT_RUN_DIR"], recursive: true);
        await world.Configure(Config(3));

        await world.Event("a", "start");
        await Assert.That(await world.Rules()).DoesNotContain("HOOKAOT-PORTS");
        await Assert.That(await world.Client.Tcp(Public, 3002)).StartsWith("A:22");
        await world.Event("a", "stopped");
        await Assert.That(await world.Rules()).IsEqualTo(before);
    }

    [Test]
    public async Task Explain_names_the_chain_that_a_forward_is_in()
    {
        await using var world = await Create(Config(300));
        await world.Event("a", "start");
        var rule = (await world.Rules()).Split('\n').First(l => l.Contains("--dport 3050 ", StringComparison.Ordinal));
        var chain = rule.Split(' ')[1];

        var explained = await world.Done("explain a:3050");
        await Assert.That(explained).Contains($"chain {chain}\n");
        await Assert.That(explained).Contains($"-j {chain}").And.Contains("many forwards");
    }

    private static async Task<long> Connections(World world, int port)
    {
        using var json = JsonDocument.Parse(await world.Done("status --json"));
        return Forwards(json).First(f => PublicPort(f) == port).GetProperty("connections").GetInt64();
    }

    private static async Task<List<int>> Broken(World world)
    {
        using var json = JsonDocument.Parse((await world.Call("status", "--json")).Output);
        return [.. Forwards(json).Where(f => f.GetProperty("state").GetString() == "missing").Select(PublicPort)];
    }

    private static JsonElement.ArrayEnumerator Forwards(JsonDocument json) =>
        json.RootElement.GetProperty("forwards").EnumerateArray();

    private static int PublicPort(JsonElement forward) =>
        int.Parse(forward.GetProperty("public_port").GetString()!.Split('-')[0], CultureInfo.InvariantCulture);
}
