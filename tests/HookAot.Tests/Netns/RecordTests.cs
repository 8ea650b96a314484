using System.Text.Json.Nodes;
using static HookAot.Tests.Netns.World;

namespace HookAot.Tests.Netns;

/// <summary>
/// The record of what is active, libvirt's files beside it, and what happens where it cannot be kept.
/// </summary>
[Category("Netns")]
public sealed class RecordTests
{
    private const string Two = $$"""
        {
            "public_ip": "{{Public}}",
            "machines": {
                "a": { "private_ip": "{{AddressA}}", "port_map": [[2222, 22]] },
                "b": { "private_ip": "{{AddressB}}", "port_map": [[8080, 80]] }
            },
            "networks": { "default": "192.168.122.0/24" }
        }
        """;

    [Test]
    public async Task Apply_forgets_a_guest_whose_stop_was_lost_but_not_within_a_minute()
    {
        await using var world = await World.Create(Two);
        await world.Quietly("a", "start");
        await world.Quietly("default", "started", "network");
        await world.Done("apply");
        await Assert.That(await world.OurRules()).Contains(AddressA).And.Contains("-A HOOKAOT-NET");

        await Age(world);
        await world.Done("apply");

        await Assert.That(await world.OurRules()).IsEmpty();
    }

    [Test]
    public async Task A_guest_whose_status_file_is_there_stays_however_old_its_event_is()
    {
        await using var world = await World.Create(Two);
        await world.Quietly("a", "start");
        await world.Runs("a");
        await Age(world);

        await world.Done("apply");

        await Assert.That(await world.Client.Tcp(Public, 2222)).IsEqualTo("A:22 from 192.168.0.50");
    }

    [Test]
    public async Task Where_libvirts_directory_is_gone_nobody_is_forgotten()
    {
        await using var world = await World.Create(Two);
        await world.Quietly("a", "start");
        await Age(world);
        Directory.Delete(Path.GetDirectoryName(world.StatusFile("a"))!, recursive: true);

        await world.Done("apply");

        await Assert.That(await world.Client.Tcp(Public, 2222)).IsEqualTo("A:22 from 192.168.0.50");
    }

    [Test]
    public async Task Apply_learns_a_nic_that_was_plugged_after_the_start()
    {
        await using var world = await World.Create(Two);
        await world.Hook("qemu", "a", "start", "<domain><devices/></domain>");
        await Assert.That(await State(world)).DoesNotContain("vnet0");
        await world.Runs("a");

        await world.Done("apply");

        await Assert.That(await State(world)).Contains("vnet0");
    }

    [Test]
    public async Task A_full_run_directory_loses_no_event()
    {
        await using var world = await World.Create(Two);
        await world.Quietly("a", "start");
        var rules = await world.OurRules();
        var run = world.HookEnvironment["HOOKAOT_RUN_DIR"];
        await Tool.Succeed(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", run]);
        try
        {
            await world.Runs("a");
            await Tool.Run(["sh", "-c", $"mkdir -m 700 {run}/events; cat /dev/zero > {run}/fill"]);

            var log = await world.Event("b", "start");
            await Assert.That(log).Contains("No space left on device").And.Contains("libvirt's files");
            await Assert.That(await world.Client.Tcp(Public, 8080)).IsEqualTo("B:80 from 192.168.0.50");
            await Assert.That(await world.Client.Tcp(Public, 2222)).IsEqualTo("A:22 from 192.168.0.50");

            await world.Event("b", "stopped");
            await Assert.That(await world.OurRules()).IsEqualTo(rules);

            File.Delete($"{run}/fill");
            await world.Quietly("a", "reconnect");
            await Assert.That(await world.OurRules()).IsEqualTo(rules);
        }
        finally
        {
            await Tool.Succeed(["umount", run]);
        }
    }

    [Test]
    public async Task An_event_that_cannot_be_read_is_looked_up()
    {
        await using var world = await World.Create(Two);
        await world.Quietly("a", "start");
        await world.Runs("b");
        await File.WriteAllTextAsync(Path.Combine(world.HookEnvironment["HOOKAOT_RUN_DIR"], "events", "0"), "half");

        await Assert.That(await world.Event("a", "reconnect")).Contains("cannot be read; libvirt's files are asked");

        await Assert.That(await world.Client.Tcp(Public, 8080)).IsEqualTo("B:80 from 192.168.0.50");
    }

    [Test]
    public async Task A_port_of_a_known_network_is_no_news()
    {
        await using var world = await World.Create(Two);
        await world.Quietly("a", "start");
        await world.Quietly("default", "started", "network");
        await world.Quietly("other", "port-created", "network");
        var state = await State(world);
        await world.Host.Run("iptables -I FORWARD -j ACCEPT");
        var rules = await world.Rules();

        foreach (var network in (string[])["default", "other"])
        {
            foreach (var operation in (string[])["port-created", "plugged"])
                await Assert.That(await world.Event(network, operation, "network")).IsEmpty();
        }

        await Assert.That(await State(world)).IsEqualTo(state);
        await Assert.That(await world.Rules()).IsEqualTo(rules);

        await world.Quietly("other", "started", "network");
        var now = (await world.Rules()).Split('\n');
        var forward = now.First(r => r.StartsWith("-A FORWARD", StringComparison.Ordinal));
        await Assert.That(forward).Contains("HOOKAOT-FWD");
    }

    [Test]
    public async Task Two_drivers_guests_of_one_name_never_share_an_address()
    {
        await using var world = await World.Create();
        await world.Quietly("a", "start");
        await world.Event("a", "start", "lxc");
        await Assert.That(await world.Client.Tcp(Public, 2222)).IsEqualTo("A:22 from 192.168.0.50");

        var log = await world.Event("a", "stopped");

        await Assert.That(log).Contains("left out: a: lxc runs it");
        await Assert.That(await world.OurRules()).IsEmpty();
        await world.Quietly("a", "reconnect", "lxc");
        await Assert.That(await world.OurRules()).Contains(AddressA);
    }

    [Test]
    public async Task Without_any_config_nothing_is_said()
    {
        await using var world = await World.Create();
        File.Delete(world.Config);

        foreach (var operation in (string[])["prepare", "start", "started", "reconnect", "stopped", "release"])
            await Assert.That(await world.Event("a", operation)).IsEmpty();
        await Assert.That(await world.Event("default", "started", "network")).IsEmpty();

        await Assert.That(await world.OurRules()).IsEmpty();
    }

    private static Task<string> State(World world) =>
        File.ReadAllTextAsync(Path.Combine(world.HookEnvironment["HOOKAOT_RUN_DIR"], "state.json"));

    // As if everything in the record had been told more than a minute ago.
    private static async Task Age(World world)
    {
        var file = Path.Combine(world.HookEnvironment["HOOKAOT_RUN_DIR"], "state.json");
        var state = JsonNode.Parse(await File.ReadAllTextAsync(file))!;
        foreach (var told in state["Guests"]!.AsArray().Concat(state["Networks"]!.AsArray()))
            told!["Since"] = told["Since"]!.GetValue<long>() - 61_000;
        await File.WriteAllTextAsync(file, state.ToJsonString());
    }
}
