using HookAot.Backends;
using HookAot.Rules;
using HookAot.Tests.Backends;
using HookAot.Tests.Netns;

namespace HookAot.Tests.Nftables;

/// <summary>
/// Real connections through the rules that three versions of nft load from the same text, on a host whose libvirt uses
/// nftables and rejects what comes from outside.
/// </summary>
[Category("Netns")]
public sealed class NftConnectionTests
{
    private const string Config = $$"""
        {
            "machines": {
                "a": {
                    "private_ip": "{{World.AddressA}}",
                    "public_ip": "{{World.Public}}",
                    "port_map": [
                        { "public": 2222, "vm": 22, "protocol": "tcp+udp" },
                        { "public": "9000-9002", "protocol": "tcp+udp" },
                        { "public": "7100-7102", "vm": "9000-9002" },
                        { "public": 8080, "vm": 80, "source": "192.168.0.50" },
                        { "public": "8100-8102", "vm": "9000-9002", "source": "192.168.0.48/30" },
                        { "public": 8081, "vm": 80, "protocol": "tcp+udp", "public_ip": "" },
                        { "public": 8082, "vm": 80, "public_ip": "", "source": "192.168.0.50" },
                        { "public": 8083, "vm": 80, "localhost": true },
                        { "public": 8084, "vm": 80, "public_ip": "{{World.Public2}}", "snat": true }
                    ]
                }
            }
        }
        """;

    // Answers are rejected too, as with <forward dev=> where they leave by another interface.
    private const string Libvirt = """
        table ip libvirt_network {
            chain guest_input {
                oifname "virbr0" ip daddr 192.168.122.0/24 ct state established,related counter accept
                oifname "virbr0" counter reject
            }
            chain guest_output {
                iifname "virbr0" ip saddr 192.168.122.0/24 ct direction original counter accept
                iifname "virbr0" counter reject
            }
            chain guest_cross { iifname "virbr0" oifname "virbr0" counter accept; }
            chain forward {
                type filter hook forward priority filter; policy accept;
                jump guest_cross
                jump guest_input
                jump guest_output
            }
        }

        """;

    [Test]
    [Arguments("bullseye")]
    [Arguments("bookworm")]
    [Arguments("trixie")]
    public async Task Every_path_works_and_nothing_else(string suite)
    {
        await using var world = await World.Create();
        await world.Host.Run("iptables -F; iptables -t nat -F; iptables -P FORWARD ACCEPT");
        await world.Host.Run("echo 1 > /proc/sys/net/ipv4/conf/virbr0/route_localnet");
        world.Client.Serve("C", 7000);
        using var place = await NftPlace.In(world.Host, suite);
        await place.Run(Libvirt);
        await Assert.That(await world.Client.Tcp(World.Public, 2222)).IsEqualTo("ConnectionRefused");

        await place.Apply(WantedRules.All(Rulesets.Of(Config)));
        const string Client = "192.168.0.50";
        await Assert.That(await world.Client.Tcp(World.Public, 2222)).IsEqualTo($"A:22 from {Client}");
        await Assert.That(await world.Client.Udp(World.Public, 2222)).IsEqualTo($"A:22 from {Client}");
        await Assert.That(await world.Client.Tcp(World.Public, 9002)).IsEqualTo($"A:9002 from {Client}");
        await Assert.That(await world.Client.Udp(World.Public, 9001)).IsEqualTo($"A:9001 from {Client}");
        await Assert.That(await world.Client.Tcp(World.Public, 7101)).IsEqualTo($"A:9001 from {Client}");
        await Assert.That(await world.Client.Tcp(World.Public, 8080)).IsEqualTo($"A:80 from {Client}");
        await Assert.That(await world.Client.Tcp(World.Public, 8102)).IsEqualTo($"A:9002 from {Client}");
        await Assert.That(await world.Client.Tcp(World.Public2, 8081)).IsEqualTo($"A:80 from {Client}");
        await Assert.That(await world.Client.Udp(World.Public2, 8081)).IsEqualTo($"A:80 from {Client}");
        await Assert.That(await world.Client.Tcp(World.Public2, 8082)).IsEqualTo($"A:80 from {Client}");

        await Assert.That(await world.Neighbour.Tcp(World.Public, 8080)).IsEqualTo("ConnectionRefused");
        await Assert.That(await world.Neighbour.Tcp(World.Public2, 8082)).IsEqualTo("ConnectionRefused");
        await Assert.That(await world.Neighbour.Tcp(World.Public, 8102)).IsEqualTo("A:9002 from 192.168.0.51");
        await Assert.That(await world.Neighbour.Tcp(World.AddressA, 22)).IsEqualTo("ConnectionRefused");
        await Assert.That(await world.Client.Tcp(World.Public2, 2222)).IsEqualTo("ConnectionRefused");
        await Assert.That(await world.Client.Tcp(World.Public, 8084)).IsEqualTo("ConnectionRefused");

        await Assert.That(await world.Host.Tcp(World.Public, 2222)).StartsWith("A:22 from ");
        await Assert.That(await world.Host.Tcp("127.0.0.1", 8083)).IsEqualTo($"A:80 from {World.Gateway}");
        await Assert.That(await world.Host.Tcp("127.0.0.1", 8081)).IsEqualTo("ConnectionRefused");
        await Assert.That(await world.A.Tcp(World.Public, 2222)).IsEqualTo($"A:22 from {World.Gateway}");
        await Assert.That(await world.B.Tcp(World.Public, 9000)).IsEqualTo($"A:9000 from {World.Gateway}");
        await Assert.That(await world.B.Tcp(World.Gateway, 8081)).IsEqualTo("ConnectionRefused");
        await Assert.That(await world.A.Tcp(Client, 7000)).IsEqualTo($"C:7000 from {World.Public2}");

        await place.Apply(WantedRules.Nothing);
        await Assert.That(await world.Client.Tcp(World.Public, 2222)).IsEqualTo("ConnectionRefused");
    }

    [Test]
    [Arguments("bookworm")]
    [Arguments("trixie")]
    public async Task Each_connection_is_counted_once(string suite)
    {
        await using var world = await World.Create();
        await world.Host.Run("iptables -F; iptables -t nat -F; iptables -P FORWARD ACCEPT");
        using var place = await NftPlace.In(world.Host, suite);
        var ruleset = Rulesets.Of(Config);
        await place.Apply(WantedRules.All(ruleset));
        foreach (var port in (int[])[2222, 9002, 7101, 8080, 8101, 8081, 8082])
        {
            await world.Client.Tcp(World.Public, port);
            await world.Client.Tcp(World.Public, port);
        }

        var listing = place.Read();
        var counted = ruleset.Translations
            .Where(t => listing.CountersOf(t) is { Packets: > 0 })
            .Select(t => $"{t.PublicPorts} {listing.CountersOf(t)!.Value.Packets}");
        await Assert.That(counted).IsEquivalentTo([
            "2222 2", "9000-9002 2", "7100-7102 2", "8080 2", "8100-8102 2", "8081 2", "8082 2"]);
        await Assert.That(listing.Translations.Select(t => t.Describe()))
            .IsEquivalentTo(ruleset.Translations.Select(t => t.Describe()));
    }
}
