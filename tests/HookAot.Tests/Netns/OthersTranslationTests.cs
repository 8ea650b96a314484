using static HookAot.Tests.Netns.World;

namespace HookAot.Tests.Netns;

/// <summary>What others translate, and what the host itself serves, stays theirs.</summary>
[Category("Netns")]
public sealed class OthersTranslationTests
{
    [Test]
    public async Task A_port_that_the_administrator_translates_stays_under_the_administrators_rules()
    {
        await using var world = await World.Create();
        await world.Host.Run($"""
            iptables -t nat -A PREROUTING -d {Public} -p tcp --dport 3306 -j DNAT --to-destination {AddressA}:80
            iptables -I FORWARD -d {AddressA} -p tcp --dport 80 -j REJECT --reject-with tcp-reset
            iptables -I FORWARD -s 192.168.0.51 -d {AddressA} -p tcp --dport 80 -j ACCEPT
            """);
        await world.Quietly("a", "start");

        await Assert.That(await world.Client.Tcp(Public, 3306)).IsEqualTo("ConnectionRefused");
        await Assert.That(await world.Neighbour.Tcp(Public, 3306)).IsEqualTo("A:80 from 192.168.0.51");
        await Assert.That(await world.Client.Tcp(Public, 2222)).IsEqualTo("A:22 from 192.168.0.50");
    }

    [Test]
    public async Task What_a_guest_opens_and_others_translate_stays_under_their_rules()
    {
        await using var world = await World.Create();
        world.Client.Serve("client", 9000);
        await world.Host.Run("""
            iptables -t nat -A PREROUTING -s 192.168.122.0/24 -d 192.0.2.1 -p tcp -j DNAT --to-destination 192.168.0.50
            iptables -I FORWARD -i virbr0 -d 192.168.0.50 -p tcp --dport 9000 -j REJECT --reject-with tcp-reset
            """);
        await world.Quietly("a", "start");

        await Assert.That(await world.A.Tcp("192.0.2.1", 9000)).IsEqualTo("ConnectionRefused");
        await Assert.That(await world.Client.Tcp(Public, 2222)).IsEqualTo("A:22 from 192.168.0.50");
    }

    [Test]
    public async Task A_forward_of_one_source_does_not_open_its_port_to_another()
    {
        await using var world = await World.Create($$"""
            {
                "public_ip": "{{Public}}",
                "machines": {
                    "a": {
                        "private_ip": "{{AddressA}}",
                        "port_map": [{ "public": 2222, "vm": 22, "source": "192.168.0.51" }, [8080, 80]]
                    }
                }
            }
            """);
        await world.Host.Run($"""
            iptables -t nat -A PREROUTING -d {Public} -p tcp --dport 9922 -j DNAT --to-destination {AddressA}:22
            """);
        await world.Quietly("a", "start");

        await Assert.That(await world.Client.Tcp(Public, 9922)).IsEqualTo("ConnectionRefused");
        await Assert.That(await world.Neighbour.Tcp(Public, 2222)).IsEqualTo("A:22 from 192.168.0.51");
    }

    [Test]
    public async Task The_hosts_own_service_on_the_bridge_is_not_taken_by_a_forward_to_any_address()
    {
        const string Config = $$"""
            { "machines": { "a": { "private_ip": "{{AddressA}}", "port_map": [{{Entry}}] } } }
            """;
        await using var world = await World.Create(Config.Replace(Entry, "80", StringComparison.Ordinal));
        world.Host.Serve("host", 80);
        await File.WriteAllTextAsync(Path.Combine(world.Directory, "libvirt", "network", "default.xml"), """
            <networkstatus><network><name>default</name><forward mode='nat'/><bridge name='virbr0'/>
            <ip address='192.168.122.1' netmask='255.255.255.0'/></network></networkstatus>
            """);
        await world.Quietly("a", "start");

        await Assert.That(await world.B.Tcp(Gateway, 80)).IsEqualTo($"host:80 from {AddressB}");
        await Assert.That(await world.Client.Tcp(Public, 80)).IsEqualTo("A:80 from 192.168.0.50");

        const string Named = $$"""{ "public": 80, "public_ip": "{{Gateway}}" }""";
        await world.Configure(Config.Replace(Entry, Named, StringComparison.Ordinal));
        await world.Done("apply");
        await Assert.That(await world.B.Tcp(Gateway, 80)).IsEqualTo($"A:80 from {Gateway}");
    }

    [Test]
    public async Task A_loopback_address_and_one_of_a_whole_network_are_left_out_and_said()
    {
        await using var world = await World.Create($$"""
            {
                "machines": {
                    "a": {
                        "private_ip": "{{AddressA}}",
                        "port_map": [
                            [2222, 22],
                            { "public": 80, "public_ip": "127.0.0.1" },
                            { "public": 81, "vm": 80, "public_ip": "192.168.0.255" }
                        ]
                    }
                }
            }
            """);
        world.Host.Serve("host", 80);

        var log = await world.Event("a", "start");

        await Assert.That(log).Contains("port 80: 127.0.0.1 as public_ip forwards nothing");
        await Assert.That(log).Contains("port 81: 192.168.0.255 is the broadcast address of 192.168.0.0/24");
        await Assert.That(await world.Host.Tcp("127.0.0.1", 80)).IsEqualTo("host:80 from 127.0.0.1");
        var status = await world.Call("status");
        await Assert.That(status.ExitCode).IsEqualTo(1);
        await Assert.That(status.Output).Contains("a:80: left out: 127.0.0.1").And.Contains("active");
        await Assert.That(await world.Client.Tcp(Public, 2222)).IsEqualTo("A:22 from 192.168.0.50");
    }

    private const string Entry = "ENTRY";
}
