using static HookAot.Tests.Netns.World;

namespace HookAot.Tests.Netns;

/// <summary>Every path by IPv6, and those that must stay closed, with each backend.</summary>
[Category("Netns")]
public sealed class Ipv6Tests
{
    private const string Many = $$"""
        "machines": {
            "a": {
                "private_ip": ["{{AddressA}}", "{{AddressA6}}"],
                "port_map": [
                    [2222, 22],
                    { "public": 2222, "vm": 22, "protocol": "udp" },
                    { "public": "8000-8002", "vm": "9000-9002" }
                ]
            },
            "b": { "private_ip": "{{AddressB6}}", "port_map": [[8080, 80]] }
        }
        """;

    [Test]
    [Arguments("iptables")]
    [Arguments("nftables")]
    public async Task Outside_the_host_the_guest_itself_and_another_reach_it(string backend)
    {
        await using var world = await Started(backend, $$"""{{Many}}, "public_ip": "{{Public6}}" """);
        await Assert.That(await world.Client.Tcp(Public6, 2222)).IsEqualTo($"A:22 from {Client6}");
        await Assert.That(await world.Client.Udp(Public6, 2222)).IsEqualTo($"A:22 from {Client6}");
        await Assert.That(await world.Client.Tcp(Public6, 8001)).IsEqualTo($"A:9001 from {Client6}");
        await Assert.That(await world.Host.Tcp(Public6, 2222)).IsEqualTo($"A:22 from {Public6}");
        await Assert.That(await world.Host.Udp(Public6, 2222)).IsEqualTo($"A:22 from {Public6}");
        await Assert.That(await world.A.Tcp(Public6, 2222)).IsEqualTo($"A:22 from {Gateway6}");
        await Assert.That(await world.A.Udp(Public6, 2222)).IsEqualTo($"A:22 from {Gateway6}");
        await Assert.That(await world.B.Tcp(Public6, 2222)).IsEqualTo($"A:22 from {Gateway6}");
        await Assert.That(await world.A.Tcp(Public6, 8080)).IsEqualTo($"B:80 from {Gateway6}");
        // It has no IPv4 public address.
        await Assert.That(await world.Client.Tcp(Public, 2222)).IsEqualTo("ConnectionRefused");
    }

    [Test]
    [Arguments("iptables")]
    [Arguments("nftables")]
    public async Task A_neighbour_with_a_direct_route_stays_outside(string backend)
    {
        await using var world = await Started(backend, $$"""{{Many}}, "public_ip": "" """);
        await Assert.That(await world.Neighbour.Tcp(AddressA6, 22)).IsEqualTo("ConnectionRefused");
        await Assert.That(await world.Neighbour.Udp(AddressA6, 22)).IsEqualTo("ConnectionRefused");
        await Assert.That(await world.Neighbour.Tcp(Public6, 2222)).IsEqualTo($"A:22 from {Neighbour6}");
    }

    [Test]
    [Arguments("iptables")]
    [Arguments("nftables")]
    public async Task Every_address_means_those_of_both_families_but_loopback(string backend)
    {
        await using var world = await Started(backend, $$"""{{Many}}, "public_ip": "" """);
        world.Host.Serve6("host", 2222);
        world.Client.Serve6("client", 2222);
        await Assert.That(await world.Client.Tcp(Public, 2222)).IsEqualTo("A:22 from 192.168.0.50");
        await Assert.That(await world.Client.Tcp(Public6, 2222)).IsEqualTo($"A:22 from {Client6}");
        await Assert.That(await world.Host.Tcp("::1", 2222)).IsEqualTo("host:2222 from ::1");
        await Assert.That(await world.Host.Tcp(Client6, 2222)).IsEqualTo($"client:2222 from {Public6}");
    }

    [Test]
    [Arguments("iptables")]
    [Arguments("nftables")]
    public async Task Only_an_allowed_source_gets_through(string backend)
    {
        await using var world = await Started(backend, $$"""
            "machines": { "a": {
                "private_ip": ["{{AddressA}}", "{{AddressA6}}"],
                "source": ["{{Client6}}", "10.0.0.0/8"],
                "port_map": [[2222, 22]]
            } }
            """);
        await Assert.That(await world.Client.Tcp(Public6, 2222)).IsEqualTo($"A:22 from {Client6}");
        await Assert.That(await world.Neighbour.Tcp(Public6, 2222)).IsEqualTo("ConnectionRefused");
        await Assert.That(await world.Client.Tcp(Public, 2222)).IsEqualTo("ConnectionRefused");
    }

    [Test]
    [Arguments("iptables")]
    [Arguments("nftables")]
    public async Task It_works_where_the_policy_of_FORWARD_is_DROP(string backend)
    {
        await using var world = await Started(backend, Many);
        await world.Host.Run("ip6tables -P FORWARD DROP; ip6tables -F FORWARD");
        await world.Quietly("a", "reconnect");
        await Assert.That(await world.Client.Tcp(Public6, 2222)).IsEqualTo($"A:22 from {Client6}");
        await Assert.That(await world.A.Tcp(Public6, 2222)).IsEqualTo($"A:22 from {Gateway6}");
        await Assert.That(await world.Neighbour.Tcp(AddressA6, 22)).IsEqualTo("TimedOut");
    }

    [Test]
    [Arguments("iptables")]
    [Arguments("nftables")]
    public async Task After_the_last_stop_the_ruleset_is_the_one_from_before(string backend)
    {
        await using var world = await World.Create(Config(backend, Many), ipv6: true);
        // The first rule of a table makes its chains, which no tool of iptables takes away again.
        string[] chains = ["PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"];
        var nat = string.Concat(chains.Select(c => $":{c} ACCEPT [0:0]\n"));
        await world.Host.Run("ip6tables-restore", $"*nat\n{nat}COMMIT\n");
        var before = await Everything(world);
        await world.Quietly("a", "start");
        await Assert.That(await Everything(world)).IsNotEqualTo(before);
        await world.Quietly("a", "stopped");
        await Assert.That(await Everything(world)).IsEqualTo(before);
    }

    [Test]
    [Arguments("\"mac-address\": \"52:54:00:00:00:02\"")]
    [Arguments("\"client-id\": \"00:03:00:01:52:54:00:00:00:02\"")]
    public async Task A_guest_without_private_ip_is_found_by_its_lease(string client)
    {
        await using var world = await World.Create(
            """{ "machines": { "a": { "port_map": [[2222, 22]] } } }""", ipv6: true);
        var leases = Path.Combine(world.Directory, "dnsmasq", "virbr0.status");
        await File.WriteAllTextAsync(leases, $$"""
            [{ "ip-address": "{{AddressA6}}", {{client}}, "expiry-time": 4102444800 }]
            """);
        await world.Quietly("a", "start");
        await Assert.That(await world.Client.Tcp(Public6, 2222)).IsEqualTo($"A:22 from {Client6}");
    }

    [Test]
    public async Task Status_and_doctor_know_both_families()
    {
        await using var world = await Started("auto", Many);
        await world.Runs("a");
        var status = await world.Call("status", "--json");
        await Assert.That(status.Output).Contains($"\"target\": \"{AddressA}:22 [{AddressA6}]:22\"");
        var doctor = await world.Call("doctor", "a:2222");
        await Assert.That(doctor.Output).Contains($"it answers on {AddressA}:22")
            .And.Contains($"it answers on [{AddressA6}]:22");

        await world.Host.Run("echo 0 > /proc/sys/net/ipv6/conf/all/forwarding");
        status = await world.Call("status");
        await Assert.That(status.Output).Contains("net.ipv6.conf.all.forwarding is 0: the kernel forwards no IPv6");
        await Assert.That(status.ExitCode).IsEqualTo(1);
    }

    private static Task<string> Everything(World world) =>
        world.Host.Run(
            "(iptables-save; ip6tables-save; nft list ruleset) | sed -e '/^#/d' -e 's/ \\[[0-9:]*\\]$//' " +
            "-e 's/counter packets [0-9]* bytes [0-9]*//'");

    private static string Config(string backend, string rest) => $$"""{ "backend": "{{backend}}", {{rest}} }""";

    private static async Task<World> Started(string backend, string config)
    {
        var world = await World.Create(Config(backend, config), ipv6: true);
        await world.Quietly("a", "start");
        await world.Quietly("b", "start");
        return world;
    }

    [Test]
    public async Task Where_the_kernel_has_no_ipv6_it_is_said_of_whom_nothing_is_forwarded()
    {
        await using var world = await World.Create($$"""
            {
                "public_ip": "{{Public}}",
                "machines": {
                    "a": { "private_ip": ["{{AddressA}}", "{{AddressA6}}"], "port_map": [[2222, 22]] },
                    "b": { "port_map": [{ "public": 80, "public_ip": "{{Public6}}" }] },
                    "c": { "private_ip": "{{AddressB}}", "port_map": [81] }
                }
            }
            """);
        // As after ipv6.disable=1: /proc/net has no file of it.
        const string Script = "mount -t tmpfs none /proc/$$/net; exec \"$0\" check";
        var check = await Tool.Run(
            [.. world.Host.Enter, "unshare", "-m", "sh", "-euc", Script, world.HookctrlPath()],
            environment: world.HookEnvironment);
        await Assert.That(check.ExitCode).IsEqualTo(0).Because(check.Output + check.Error);
        await Assert.That(check.Error)
            .Contains($"warning: {AddressA6} of \"a\" is not forwarded: this host has no IPv6")
            .And.Contains($"warning: {Public6} of \"b\" is not forwarded: this host has no IPv6")
            .And.DoesNotContain("of \"c\" is not forwarded");
        await Assert.That((await world.Call("check")).Error).DoesNotContain("has no IPv6");
    }
}
