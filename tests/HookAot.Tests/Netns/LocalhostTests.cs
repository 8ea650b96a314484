using static HookAot.Tests.Netns.World;

namespace HookAot.Tests.Netns;

/// <summary>Path c: 127.0.0.1 on the host, where the config asks for it, and what keeps guests from it.</summary>
[Category("Netns")]
public sealed class LocalhostTests
{
    private const string Setting = "/proc/sys/net/ipv4/conf/virbr0/route_localnet";

    private const string Asked = $$"""
        "machines": { "a": {
            "private_ip": "{{AddressA}}",
            "localhost": true,
            "port_map": [
                [2222, 22],
                { "public": 2222, "vm": 22, "protocol": "udp", "source": "10.0.0.0/8" },
                { "public": 8080, "vm": 80, "localhost": false }
            ]
        } }
        """;

    [Test]
    [Arguments("iptables")]
    [Arguments("nftables")]
    public async Task The_host_reaches_the_guest_by_127_0_0_1_and_by_nothing_else_of_loopback(string backend)
    {
        await using var world = await World.Create(Config(backend, Asked));
        await world.Quietly("a", "start");
        await Assert.That(await world.Host.Tcp("127.0.0.1", 2222)).IsEqualTo($"A:22 from {Gateway}");
        await Assert.That(await world.Host.Udp("127.0.0.1", 2222)).IsEqualTo($"A:22 from {Gateway}");
        await Assert.That(await world.Host.Tcp("127.0.0.1", 8080)).IsEqualTo("ConnectionRefused");
        await Assert.That(await world.Host.Tcp("127.0.0.2", 2222)).IsEqualTo("ConnectionRefused");
        await Assert.That(await world.Host.Tcp(Public, 2222)).IsEqualTo($"A:22 from {Public}");
        await Assert.That(await world.Client.Tcp(Public, 2222)).IsEqualTo("A:22 from 192.168.0.50");
        await Assert.That(await world.Client.Udp(Public, 2222)).IsEqualTo("ConnectionRefused");
    }

    [Test]
    [Arguments("iptables")]
    [Arguments("nftables")]
    public async Task It_is_on_from_the_start_to_the_stop_and_again_when_the_bridge_is_made_anew(string backend)
    {
        await using var world = await World.Create(Config(backend, Asked));
        await Assert.That(await Value(world)).IsEqualTo("0");
        await world.Quietly("a", "start");
        await Assert.That(await Value(world)).IsEqualTo("1");

        await world.Host.Run("""
            ip link del virbr0
            ip link add virbr0 type bridge
            ip addr add 192.168.122.1/24 dev virbr0
            ip link set virbr0 up
            ip link set vnet0 master virbr0
            """);
        await Assert.That(await Value(world)).IsEqualTo("0");
        await world.Quietly("default", "started", "network");
        await Assert.That(await Value(world)).IsEqualTo("1");
        await Assert.That(await world.Host.Tcp("127.0.0.1", 2222)).IsEqualTo($"A:22 from {Gateway}");

        await world.Quietly("a", "stopped");
        await Assert.That(await Value(world)).IsEqualTo("0");
        await Assert.That(await world.OurRules()).IsEmpty();
    }

    [Test]
    [Arguments("iptables")]
    [Arguments("nftables")]
    public async Task A_guest_never_reaches_what_listens_on_the_hosts_127_0_0_1(string backend)
    {
        await using var world = await World.Create(Config(backend, Asked));
        world.Host.Serve("host", 7777);
        await world.A.Run("""
            ip link set lo down
            ip addr flush dev lo
            ip route add 127.0.0.1/32 via 192.168.122.1 src 192.168.122.2
            echo 1 > /proc/sys/net/ipv4/conf/eth0/route_localnet
            """);
        // On by another's hand, and without our rules: the hole is there.
        await world.Host.Run($"echo 1 > {Setting}");
        await Assert.That(await world.A.Tcp("127.0.0.1", 7777)).IsEqualTo($"host:7777 from {AddressA}");

        await world.Quietly("a", "start");
        await Assert.That(await world.A.Tcp("127.0.0.1", 7777)).IsEqualTo("TimedOut");
        await Assert.That(await world.Host.Tcp("127.0.0.1", 2222)).IsEqualTo($"A:22 from {Gateway}");

        // What was on before us is not ours to switch off.
        await world.Quietly("a", "stopped");
        await Assert.That(await Value(world)).IsEqualTo("1");
    }

    [Test]
    public async Task It_goes_when_the_config_no_longer_asks_for_it_and_with_stop_all()
    {
        await using var world = await World.Create(Config("auto", Asked));
        await world.Runs("a");
        await world.Quietly("a", "start");
        await world.Done("machine set a --localhost false");
        await Assert.That(await Value(world)).IsEqualTo("0");
        await Assert.That(await world.Host.Tcp("127.0.0.1", 2222)).IsEqualTo("ConnectionRefused");
        await Assert.That(await world.Client.Tcp(Public, 2222)).IsEqualTo("A:22 from 192.168.0.50");

        await world.Done("machine set a --localhost true");
        await Assert.That(await Value(world)).IsEqualTo("1");
        await world.Done("apply --stop-all");
        await Assert.That(await Value(world)).IsEqualTo("0");
    }

    [Test]
    public async Task Status_tells_that_it_was_switched_off_and_apply_puts_it_right()
    {
        await using var world = await World.Create(Config("auto", Asked));
        await world.Runs("a");
        await world.Quietly("a", "start");
        await world.Host.Run($"echo 0 > {Setting}");
        var status = await world.Call("status");
        await Assert.That(status.ExitCode).IsEqualTo(1);
        await Assert.That(status.Output).Contains("route_localnet of virbr0 is off, so 127.0.0.1 does not reach it");
        var doctor = await world.Call("doctor", "a");
        await Assert.That(doctor.Output).Contains("route_localnet of virbr0 is off");
        await world.Done("apply");
        await Assert.That(await Value(world)).IsEqualTo("1");
    }

    [Test]
    public async Task It_stays_off_where_the_rules_that_keep_guests_away_are_not_in_place()
    {
        await using var world = await World.Create(Config("iptables", Asked));
        await world.FakeTool("exit 4");
        await world.Event("a", "start");
        await Assert.That(await Value(world)).IsEqualTo("0");
    }

    [Test]
    public async Task What_cannot_be_is_said_and_the_rest_is_served()
    {
        await using var world = await World.Create(
            $$"""
            { "machines": { "a": { "private_ip": "{{AddressA6}}", "localhost": true, "port_map": [[2222, 22]] } } }
            """,
            ipv6: true);
        await world.Runs("a");
        var log = await world.Event("a", "start");
        await Assert.That(log).Contains("the kernel cannot forward ::1 (it has no route_localnet for IPv6)");
        await Assert.That(await world.Client.Tcp(Public6, 2222)).IsEqualTo($"A:22 from {Client6}");
        await Assert.That((await world.Call("status")).Output)
            .Contains("a:2222: active in part: localhost: the guest has");
        await Assert.That(await Value(world)).IsEqualTo("0");
    }

    private static async Task<string> Value(World world) => (await world.Host.Run($"cat {Setting}")).Trim();

    private static string Config(string backend, string rest) => $$"""{ "backend": "{{backend}}", {{rest}} }""";
}
