using static HookAot.Tests.Netns.World;

namespace HookAot.Tests.Netns;

/// <summary>Real packets on every path, and on those that must stay closed.</summary>
[Category("Netns")]
public sealed class PathTests
{
    private const string Many = $$"""
        {
            "machines": {
                "a": {
                    "private_ip": "{{AddressA}}",
                    "port_map": [["2222", "22"], { "public": 2222, "vm": 22, "protocol": "udp" }]
                },
                "b": { "private_ip": "{{AddressB}}", "port_map": [[8080, 80]] }
            },
            "public_ip": "{{Public}}"
        }
        """;

    [Test]
    public async Task Outside_reaches_the_guest_by_tcp_and_udp()
    {
        await using var world = await Started(Many);
        await Assert.That(await world.Client.Tcp(Public, 2222)).IsEqualTo("A:22 from 192.168.0.50");
        await Assert.That(await world.Client.Udp(Public, 2222)).IsEqualTo("A:22 from 192.168.0.50");
    }

    [Test]
    public async Task The_host_reaches_the_guest_by_its_own_public_address()
    {
        await using var world = await Started(Many);
        await Assert.That(await world.Host.Tcp(Public, 2222)).IsEqualTo($"A:22 from {Public}");
        await Assert.That(await world.Host.Udp(Public, 2222)).IsEqualTo($"A:22 from {Public}");
    }

    [Test]
    public async Task A_guest_reaches_itself_by_the_public_address()
    {
        await using var world = await Started(Many);
        await Assert.That(await world.A.Tcp(Public, 2222)).IsEqualTo($"A:22 from {Gateway}");
        await Assert.That(await world.A.Udp(Public, 2222)).IsEqualTo($"A:22 from {Gateway}");
    }

    [Test]
    public async Task A_guest_reaches_another_one_by_the_public_address()
    {
        await using var world = await Started(Many);
        await world.Quietly("b", "start");
        await Assert.That(await world.B.Tcp(Public, 2222)).IsEqualTo($"A:22 from {Gateway}");
        await Assert.That(await world.A.Tcp(Public, 8080)).IsEqualTo($"B:80 from {Gateway}");
    }

    [Test]
    public async Task All_paths_work_where_the_policy_of_FORWARD_is_DROP()
    {
        await using var world = await Started(Many);
        await world.Iptables("-P FORWARD DROP");
        await world.Iptables("-F FORWARD"); // so that libvirt's rules do not help
        await world.Quietly("a", "reconnect");
        await Assert.That(await world.Client.Tcp(Public, 2222)).IsEqualTo("A:22 from 192.168.0.50");
        await Assert.That(await world.Client.Udp(Public, 2222)).IsEqualTo("A:22 from 192.168.0.50");
        await Assert.That(await world.Host.Tcp(Public, 2222)).IsEqualTo($"A:22 from {Public}");
        await Assert.That(await world.A.Tcp(Public, 2222)).IsEqualTo($"A:22 from {Gateway}");
        await Assert.That(await world.B.Tcp(Public, 2222)).IsEqualTo($"A:22 from {Gateway}");
        await Assert.That(await world.Neighbour.Tcp(AddressA, 22)).IsEqualTo("TimedOut");
    }

    [Test]
    public async Task A_guest_reaches_itself_where_bridged_packets_pass_iptables()
    {
        const string Setting = "/proc/sys/net/bridge/bridge-nf-call-iptables";
        await using var world = await World.Create();
        var loaded = await Tool.Run(["sh", "-c", $"[ -e {Setting} ] || modprobe br_netfilter"]);
        await Assert.That(loaded.ExitCode).IsEqualTo(0).Because("this kernel has no br_netfilter");
        await world.Host.Run($"echo 1 > {Setting}");
        await world.Quietly("a", "start");
        await Assert.That(await world.A.Tcp(Public, 2222)).IsEqualTo($"A:22 from {Gateway}");
        await Assert.That(await world.B.Tcp(Public, 2222)).IsEqualTo($"A:22 from {Gateway}");
        await Assert.That(await world.Client.Tcp(Public, 2222)).IsEqualTo("A:22 from 192.168.0.50");
        await Assert.That(await Hairpin(world, "vnet0")).IsEqualTo("1\n");
        await Assert.That(await Hairpin(world, "vnet1")).IsEqualTo("0\n");
    }

    [Test]
    public async Task A_neighbour_with_a_direct_route_stays_outside()
    {
        await using var world = await Started(Many);
        await Assert.That(await world.Neighbour.Tcp(AddressA, 22)).IsEqualTo("ConnectionRefused");
        await Assert.That(await world.Neighbour.Tcp(AddressA, 80)).IsEqualTo("ConnectionRefused");
        await Assert.That(await world.Neighbour.Udp(AddressA, 22)).IsEqualTo("ConnectionRefused");
        await Assert.That(await world.Neighbour.Tcp(AddressA, 2222)).IsEqualTo("ConnectionRefused");
        await Assert.That(await world.Neighbour.Tcp(Public, 2222)).IsEqualTo("A:22 from 192.168.0.51");
    }

    [Test]
    public async Task Only_an_allowed_source_gets_through()
    {
        await using var world = await Started($$"""
            {
                "machines": { "a": {
                    "private_ip": "{{AddressA}}",
                    "source": ["192.168.0.50/32", "10.0.0.0/8"],
                    "port_map": [["2222", "22"]]
                } },
                "public_ip": "{{Public}}"
            }
            """);
        await Assert.That(await world.Client.Tcp(Public, 2222)).IsEqualTo("A:22 from 192.168.0.50");
        await Assert.That(await world.Neighbour.Tcp(Public, 2222)).IsEqualTo("ConnectionRefused");
        await Assert.That(await world.B.Tcp(Public, 2222)).IsEqualTo("ConnectionRefused");
    }

    [Test]
    public async Task Ports_of_another_server_are_left_alone()
    {
        await using var world = await Started(OneForward);
        world.Client.Serve("client", 2222);
        await Assert.That(await world.B.Tcp("192.168.0.50", 2222)).IsEqualTo($"client:2222 from {Public}");
        await Assert.That(await world.Host.Tcp("192.168.0.50", 2222)).IsEqualTo($"client:2222 from {Public}");
    }

    [Test]
    public async Task Ranges_are_forwarded_port_by_port_whether_equal_or_shifted()
    {
        await using var world = await Started($$"""
            {
                "machines": { "a": { "private_ip": "{{AddressA}}", "port_map": [
                    "9000-9002", { "public": "8000-8002", "vm": "9000-9002", "protocol": "tcp+udp" }] } },
                "public_ip": "{{Public}}"
            }
            """);
        for (var i = 0; i < 3; i++)
        {
            await Assert.That(await world.Client.Tcp(Public, 9000 + i)).IsEqualTo($"A:{9000 + i} from 192.168.0.50");
            await Assert.That(await world.Client.Tcp(Public, 8000 + i)).IsEqualTo($"A:{9000 + i} from 192.168.0.50");
            await Assert.That(await world.Client.Udp(Public, 8000 + i)).IsEqualTo($"A:{9000 + i} from 192.168.0.50");
            await Assert.That(await world.Host.Tcp(Public, 8000 + i)).IsEqualTo($"A:{9000 + i} from {Public}");
        }

        await Assert.That(await world.Client.Tcp(Public, 8003)).IsEqualTo("ConnectionRefused");
        await Assert.That(await world.Client.Udp(Public, 9000)).IsEqualTo("ConnectionRefused");
    }

    [Test]
    public async Task Sctp_has_a_rule_as_well() // The kernels that tests run on seldom have SCTP sockets.
    {
        await using var world = await Started($$"""
            {
                "machines": { "a": {
                    "private_ip": "{{AddressA}}",
                    "port_map": [{ "public": 5000, "vm": 6000, "protocol": "sctp" }]
                } },
                "public_ip": "{{Public}}"
            }
            """);
        const string Match = $"-A HOOKAOT-DNAT -d {Public}/32 -p sctp -m sctp --dport 5000 -m comment --comment a";
        const string Target = $"-j DNAT --to-destination {AddressA}:6000";
        await Assert.That(await world.OurRules()).Contains($"{Match} {Target}");
    }

    [Test]
    [Arguments($"""["{Public}", "{Public2}"]""", true)]
    [Arguments($"\"{Public2}\"", false)]
    [Arguments("\"\"", true)]
    public async Task Public_ip_says_which_addresses_forward(string publicIp, bool first)
    {
        await using var world = await Started($$"""
            {
                "machines": { "a": { "private_ip": "{{AddressA}}", "port_map": [["2222", "22"]] } },
                "public_ip": {{publicIp}}
            }
            """);
        var atFirst = first ? "A:22 from 192.168.0.50" : "ConnectionRefused";
        await Assert.That(await world.Client.Tcp(Public2, 2222)).IsEqualTo("A:22 from 192.168.0.50");
        await Assert.That(await world.Client.Tcp(Public, 2222)).IsEqualTo(atFirst);
        await Assert.That(await world.B.Tcp(Public2, 2222)).IsEqualTo($"A:22 from {Gateway}");
    }

    [Test]
    public async Task Every_address_means_neither_loopback_nor_another_host()
    {
        await using var world = await Started($$"""
            {
                "machines": { "a": { "private_ip": "{{AddressA}}", "port_map": [["2222", "22"]] } },
                "public_ip": ""
            }
            """);
        world.Client.Serve("client", 2222);
        world.Host.Serve("host", 2222);
        await Assert.That(await world.Host.Tcp("127.0.0.1", 2222)).IsEqualTo("host:2222 from 127.0.0.1");
        await Assert.That(await world.B.Tcp("192.168.0.50", 2222)).IsEqualTo($"client:2222 from {Public}");
        await Assert.That(await world.Host.Tcp("192.168.0.50", 2222)).IsEqualTo($"client:2222 from {Public}");
        await Assert.That(await world.B.Tcp(Gateway, 2222)).IsEqualTo($"A:22 from {Gateway}");
    }

    [Test]
    public async Task A_networks_entry_lets_a_routed_neighbour_in_while_the_network_is_active()
    {
        await using var world = await World.Create("""
            { "networks": { "default": "192.168.122.0/24" }, "public_ip": "" }
            """);
        await Assert.That(await world.Neighbour.Tcp(AddressB, 80)).IsEqualTo("ConnectionRefused");
        await world.Quietly("default", "started", "network");
        await Assert.That(await world.Neighbour.Tcp(AddressB, 80)).IsEqualTo("B:80 from 192.168.0.51");
        await Assert.That(await world.Neighbour.Udp(AddressA, 22)).IsEqualTo("A:22 from 192.168.0.51");
        await world.Quietly("default", "stopped", "network");
        await Assert.That(await world.Neighbour.Tcp(AddressB, 80)).IsEqualTo("ConnectionRefused");
    }

    [Test]
    public async Task A_guest_without_private_ip_is_found_by_its_lease()
    {
        await using var world = await World.Create($$"""
            { "machines": { "a": { "port_map": [["2222", "22"]] } }, "public_ip": "{{Public}}" }
            """);
        var leases = Path.Combine(world.Directory, "dnsmasq", "virbr0.status");
        await File.WriteAllTextAsync(leases, $$"""
            [{ "ip-address": "{{AddressA}}", "mac-address": "52:54:00:00:00:02", "expiry-time": 4102444800 }]
            """);
        await world.Quietly("a", "start");
        await Assert.That(await world.Client.Tcp(Public, 2222)).IsEqualTo("A:22 from 192.168.0.50");
    }

    [Test]
    public async Task Iptables_legacy_serves_as_well()
    {
        await using var world = await World.Create(Many, "iptables-legacy");
        await world.Quietly("a", "start");
        await Assert.That(await world.Client.Tcp(Public, 2222)).IsEqualTo("A:22 from 192.168.0.50");
        await Assert.That(await world.Host.Udp(Public, 2222)).IsEqualTo($"A:22 from {Public}");
        await Assert.That(await world.A.Tcp(Public, 2222)).IsEqualTo($"A:22 from {Gateway}");
        await Assert.That(await world.Neighbour.Tcp(AddressA, 22)).IsEqualTo("ConnectionRefused");
        var rules = await world.Rules();
        await world.Quietly("a", "reconnect");
        await Assert.That(await world.Rules()).IsEqualTo(rules);
        await world.Quietly("a", "stopped");
        await Assert.That(await world.OurRules()).IsEmpty();
    }

    private static Task<string> Hairpin(World world, string tap) =>
        world.Host.Run($"cat /sys/class/net/{tap}/brport/hairpin_mode");

    private static async Task<World> Started(string config)
    {
        var world = await World.Create(config);
        await world.Quietly("a", "start");
        return world;
    }
}
