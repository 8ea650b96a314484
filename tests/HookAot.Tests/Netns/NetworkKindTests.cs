using static HookAot.Tests.Netns.World;

namespace HookAot.Tests.Netns;

/// <summary>Forwards to guests in networks of every kind that libvirt makes, and beside them.</summary>
[Category("Netns")]
public sealed class NetworkKindTests
{
    // libvirt's src/network/network_iptables.c: what it makes for each kind, given the interface of <forward dev=>.
    private const string Established = "-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT";

    [Test]
    [Arguments("iptables")]
    [Arguments("nftables")]
    public async Task A_routed_network_is_not_masqueraded_and_its_guests_are_reached_by_the_host(string backend)
    {
        await using var world = await World.Create(Config(backend));
        await world.Iptables("-t nat -F LIBVIRT_PRT");
        await world.Iptables("-I LIBVIRT_FWI -d 192.168.122.0/24 -o virbr0 -j ACCEPT");
        await ReachesA(world);
        // As without us, what is routed to the guest is let in.
        await Assert.That(await world.Neighbour.Tcp(AddressA, 22)).IsEqualTo("A:22 from 192.168.0.51");
    }

    [Test]
    [Arguments("iptables")]
    [Arguments("nftables")]
    public async Task An_open_network_has_no_rules_at_all(string backend)
    {
        await using var world = await World.Create(Config(backend));
        await world.Iptables("-t nat -F LIBVIRT_PRT");
        foreach (var chain in new[] { "FWI", "FWO", "FWX" }) await world.Iptables($"-F LIBVIRT_{chain}");
        await ReachesA(world);
    }

    [Test]
    [Arguments("iptables")]
    [Arguments("nftables")]
    public async Task Where_libvirt_lets_a_network_out_by_one_device_answers_leave_by_any(string backend)
    {
        await using var world = await World.Create(Config(backend));
        foreach (var chain in new[] { "FWI", "FWO" }) await world.Iptables($"-F LIBVIRT_{chain}");
        await world.Iptables($"-A LIBVIRT_FWI -d 192.168.122.0/24 -i eth9 -o virbr0 {Established}");
        await world.Iptables("-A LIBVIRT_FWI -o virbr0 -j REJECT");
        await world.Iptables("-A LIBVIRT_FWO -s 192.168.122.0/24 -i virbr0 -o eth9 -j ACCEPT");
        await world.Iptables("-A LIBVIRT_FWO -i virbr0 -j REJECT");
        await ReachesA(world);
        // What the guest opens itself stays under libvirt's rules.
        world.Client.Serve("client", 7000);
        await Assert.That(await world.A.Tcp("192.168.0.50", 7000)).IsEqualTo("ConnectionRefused");
    }

    [Test]
    [Arguments("iptables", "<interface type='bridge'><source bridge='virbr0'/>")]
    [Arguments("nftables", "<interface type='bridge'><source bridge='virbr0'/>")]
    [Arguments("iptables", "<interface type='bridge'><source bridge='virbr0'/><vlan><tag id='42'/></vlan>")]
    [Arguments("iptables", "<interface type='ethernet'>")]
    public async Task A_guest_at_a_bridge_that_no_network_names_is_reached(string backend, string nic)
    {
        await using var world = await World.Create(Config(backend));
        const string AsLibvirts = "<interface type='network'>";
        const string Source =
            "<source network='default' portid='7f3c0b8e-7d1f-4b58-9d6e-3a3f7a1d1c11' bridge='virbr0'/>";
        var xml = Domain("a")
            .Replace(AsLibvirts, nic, StringComparison.Ordinal)
            .Replace(Source, "", StringComparison.Ordinal);
        await Assert.That(xml).Contains(nic).And.DoesNotContain("network='default'");
        var started = await world.Hook("qemu", "a", "start", xml);
        await Assert.That(started.Error).DoesNotContain("left out");
        await Reaches(world);
    }

    [Test]
    [Arguments("iptables")]
    [Arguments("nftables")]
    public async Task A_guest_is_reached_by_an_interface_named_like_those_of_vlans(string backend)
    {
        // The kernels that tests run on seldom have VLANs. What rules see of one is an interface with such a name.
        await using var world = await World.Create($$"""
            {
                "backend": "{{backend}}",
                "machines": { "a": { "private_ip": "10.42.0.2", "localhost": true, "port_map": [[2222, 22]] } }
            }
            """);
        await world.Host.Run($"""
            ip link add virbr0.42 type bridge
            ip addr add 10.42.0.1/24 dev virbr0.42
            ip link set virbr0.42 up
            ip link add vnet9 type veth peer name eth1 netns {world.A.Name}
            ip link set vnet9 master virbr0.42 up
            """);
        await world.A.Run("""
            ip addr add 10.42.0.2/24 dev eth1
            ip link set eth1 up
            ip route replace default via 10.42.0.1
            """);
        await world.Quietly("a", "start");
        await Assert.That(await world.Host.Tcp("127.0.0.1", 2222)).IsEqualTo("A:22 from 10.42.0.1");
        await Assert.That(await world.Client.Tcp(Public, 2222)).IsEqualTo("A:22 from 192.168.0.50");
        await Assert.That(await world.A.Tcp(Public, 2222)).IsEqualTo("A:22 from 10.42.0.1");
    }

    [Test]
    [Arguments("iptables")]
    [Arguments("nftables")]
    public async Task Of_a_guest_in_two_networks_the_one_of_its_address_counts(string backend)
    {
        await using var world = await World.Create($$"""
            {
                "backend": "{{backend}}",
                "machines": { "a": { "private_ip": "10.5.0.2", "localhost": true, "port_map": [[2222, 22]] } }
            }
            """);
        await world.Host.Run($"""
            ip link add virbr1 type bridge
            ip addr add 10.5.0.1/24 dev virbr1
            ip link set virbr1 up
            ip link add vnet9 type veth peer name eth1 netns {world.A.Name}
            ip link set vnet9 master virbr1 up
            """);
        await world.A.Run("ip addr add 10.5.0.2/24 dev eth1; ip link set eth1 up");
        var xml = Domain("a").Replace(
            "</devices>",
            "<interface type='network'><source network='second' bridge='virbr1'/><target dev='vnet9'/></interface>"
                + "</devices>",
            StringComparison.Ordinal);
        await Assert.That((await world.Hook("qemu", "a", "start", xml)).Error).DoesNotContain("left out");
        await Assert.That(await world.Host.Tcp("127.0.0.1", 2222)).IsEqualTo("A:22 from 10.5.0.1");
        await Assert.That(await world.A.Tcp(Public, 2222)).IsEqualTo("A:22 from 10.5.0.1");
        var settings = await world.Host.Run("cat /proc/sys/net/ipv4/conf/virbr[01]/route_localnet");
        await Assert.That(settings).IsEqualTo("0\n1\n");
    }

    [Test]
    public async Task What_cannot_be_reached_is_left_out_with_the_reason()
    {
        await using var world = await World.Create("""
            { "machines": { "a": { "private_ip": "192.168.0.99", "port_map": [[2222, 22]] } } }
            """);
        const string Nic = "<interface type='direct'><source dev='eth0' mode='bridge'/></interface>";
        var xml = $"<domain><name>a</name><devices>{Nic}</devices></domain>";
        var log = (await world.Hook("qemu", "a", "start", xml)).Error;
        await Assert.That(log).Contains("left out: a: 192.168.0.99 is reached by eth0, and the guest is at a macvtap");
        await Assert.That(await world.OurRules()).IsEmpty();

        xml = xml.Replace(Nic, "<interface type='user'/>", StringComparison.Ordinal);
        log = (await world.Hook("qemu", "a", "start", xml)).Error;
        await Assert.That(log).Contains("left out: a: it has only an interface of type 'user'");
    }

    private static string Config(string backend) => $$"""
        {
            "backend": "{{backend}}",
            "machines": { "a": { "private_ip": "{{AddressA}}", "port_map": [[2222, 22]] } }
        }
        """;

    private static async Task ReachesA(World world)
    {
        await world.Quietly("a", "start");
        await Reaches(world);
    }

    private static async Task Reaches(World world)
    {
        await Assert.That(await world.Client.Tcp(Public, 2222)).IsEqualTo("A:22 from 192.168.0.50");
        await Assert.That(await world.Host.Tcp(Public, 2222)).IsEqualTo($"A:22 from {Public}");
        await Assert.That(await world.A.Tcp(Public, 2222)).IsEqualTo($"A:22 from {Gateway}");
        await Assert.That(await world.B.Tcp(Public, 2222)).IsEqualTo($"A:22 from {Gateway}");
    }
}
