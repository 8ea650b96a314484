using System.Diagnostics;
using static HookAot.Tests.Netns.World;

namespace HookAot.Tests.Netns;

/// <summary>
/// What becomes of the rules when guests come and go, when another program changes them, and when the hook is killed.
/// </summary>
[Category("Netns")]
public sealed class LifeTests
{
    [Test]
    public async Task After_the_stop_nothing_is_forwarded_and_the_rules_are_those_from_before()
    {
        await using var world = await World.Create();
        var before = await world.Rules();
        await world.Quietly("a", "start");
        await Assert.That(await world.Client.Tcp(Public, 2222)).IsEqualTo("A:22 from 192.168.0.50");
        await world.Quietly("a", "stopped");
        await world.Quietly("a", "release");
        await Assert.That(await world.Client.Tcp(Public, 2222)).IsEqualTo("ConnectionRefused");
        await Assert.That(await world.Rules()).IsEqualTo(before);
    }

    [Test]
    public async Task Twice_is_the_same_as_once()
    {
        await using var world = await World.Create();
        await world.Quietly("a", "start");
        var once = await world.Rules();
        await world.Quietly("a", "start");
        await world.Quietly("a", "reconnect");
        await Assert.That(await world.Rules()).IsEqualTo(once);
    }

    [Test]
    [Arguments("iptables -I FORWARD -j DROP", false)]
    [Arguments("iptables -t nat -F; iptables -t nat -X", true)]
    [Arguments("iptables -t nat -F", true)]
    [Arguments("iptables -F; iptables -X", true)]
    [Arguments("iptables -F FORWARD", true)]
    [Arguments("iptables -t nat -F PREROUTING", true)]
    [Arguments("iptables -t nat -D OUTPUT -j HOOKAOT-DNAT; iptables -D FORWARD -j HOOKAOT-NET", true)]
    [Arguments("iptables -F; iptables -X; iptables -t nat -F; iptables -t nat -X", true)]
    [Arguments("nft flush ruleset", true)]
    [Arguments("rm -r \"$D/run\"", true)]
    public async Task The_next_event_puts_back_what_was_changed(string damage, bool onlyOurs)
    {
        await using var world = await World.Create();
        await world.Quietly("a", "start");
        var ours = await world.OurRules();
        await world.Host.Run($"D={world.Directory}; {damage}");
        await world.Quietly("a", "reconnect");
        var first = await world.Iptables("-S FORWARD 1");
        await Assert.That(await world.OurRules()).IsEqualTo(ours);
        await Assert.That(first).IsEqualTo("-A FORWARD -m conntrack --ctstate DNAT -j HOOKAOT-FWD\n");
        if (!onlyOurs) await world.Iptables("-D FORWARD -j DROP"); // it was not taken away, only overtaken
        await Assert.That(await world.Client.Tcp(Public, 2222)).IsEqualTo("A:22 from 192.168.0.50");
    }

    [Test]
    public async Task Running_guests_are_found_where_there_is_no_record()
    {
        await using var world = await World.Create(TwoForwards);
        await File.WriteAllTextAsync(world.StatusFile("b"), $"<!-- libvirt's -->{GuestXml.Status("b")}");
        await world.Quietly("a", "start");
        await Assert.That(await world.Client.Tcp(Public, 8080)).IsEqualTo("B:80 from 192.168.0.50");
    }

    [Test]
    public async Task Twenty_guests_that_start_at_once_are_all_served()
    {
        var names = Enumerable.Range(1, 20).Select(i => $"guest{i}").ToList();
        await using var world = await World.Create(Configs.OnePortEach(names));
        var ended = await Task.WhenAll(names.Select(name => world.Hook("qemu", name, "start")));
        await Assert.That(ended.All(e => e is { ExitCode: 0, Output: "" })).IsTrue();
        var rules = await world.OurRules();
        for (var i = 0; i < names.Count; i++) await Assert.That(rules).Contains($"--dport {Configs.FirstPort + i} ");
        await Task.WhenAll(names.Select(name => world.Hook("qemu", name, "stopped")));
        await Assert.That(await world.OurRules()).IsEmpty();
    }

    [Test]
    public async Task A_guest_whose_rules_the_kernel_refuses_costs_no_other_guest_its_own()
    {
        await using var world = await World.Create(TwoForwards);
        // A kernel that does not take b's rules: real iptables-restore, which is given a target that does not exist.
        await world.FakeTool($"""
            sed 's/-j DNAT --to-destination {AddressB}.*/-j NOSUCH/' | {world.RealTool}-restore "$@"
            """);
        await world.Quietly("a", "start");
        var log = await world.Event("b", "start");
        await Assert.That(log).Contains("b is left out, the kernel refuses its rules");
        await Assert.That(await world.Client.Tcp(Public, 2222)).IsEqualTo("A:22 from 192.168.0.50");
    }

    [Test]
    public async Task A_udp_flow_that_is_older_than_the_guest_reaches_it_and_ends_with_it()
    {
        await using var world = await World.Create($$"""
            {
                "public_ip": "{{Public}}",
                "machines": { "a": {
                    "private_ip": "{{AddressA}}",
                    "port_map": [{ "public": 2222, "vm": 22, "protocol": "udp" }]
                } }
            }
            """);
        world.Host.Serve("host", 2222);
        using var flow = await world.Client.UdpFlow(Public, 2222);
        await Assert.That(await flow.Ask()).IsEqualTo("host:2222 from 192.168.0.50");
        await world.Quietly("a", "start");
        await Assert.That(await flow.Ask()).IsEqualTo("A:22 from 192.168.0.50");
        await world.Quietly("a", "reconnect");
        await Assert.That(await flow.Ask()).IsEqualTo("A:22 from 192.168.0.50");
        await world.Quietly("a", "stopped");
        await Assert.That(await flow.Ask()).IsEqualTo("host:2222 from 192.168.0.50");
    }

    [Test]
    public async Task Nothing_is_left_running()
    {
        await using var world = await World.Create();
        await world.Quietly("a", "start");
        await Assert.That(Process.GetProcessesByName("hookaot")).IsEmpty();
    }
}
