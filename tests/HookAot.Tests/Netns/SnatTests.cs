using static HookAot.Tests.Netns.World;

namespace HookAot.Tests.Netns;

/// <summary>With which address leaves what a guest opens itself.</summary>
[Category("Netns")]
public sealed class SnatTests
{
    private const string Outside = "192.168.0.50";

    [Test]
    [Arguments("iptables")]
    [Arguments("nftables")]
    public async Task It_leaves_with_the_public_address_of_its_forward_while_it_runs(string backend)
    {
        await using var world = await World.Create($$"""
            {
                "backend": "{{backend}}",
                "machines": { "a": {
                    "private_ip": "{{AddressA}}", "snat": true, "public_ip": "{{Public2}}", "port_map": [[2222, 22]]
                } }
            }
            """);
        world.Client.Serve("client", 7000);
        await Assert.That(await world.A.Tcp(Outside, 7000)).IsEqualTo($"client:7000 from {Public}");
        await world.Quietly("a", "start");
        await Assert.That(await world.A.Tcp(Outside, 7000)).IsEqualTo($"client:7000 from {Public2}");
        await Assert.That(await world.A.Udp(Outside, 7000)).IsEqualTo($"client:7000 from {Public2}");
        // Not what others open, nor what is answered or stays within.
        await Assert.That(await world.B.Tcp(Outside, 7000)).IsEqualTo($"client:7000 from {Public}");
        await Assert.That(await world.Client.Tcp(Public2, 2222)).IsEqualTo($"A:22 from {Outside}");
        await Assert.That(await world.A.Tcp(Public2, 2222)).IsEqualTo($"A:22 from {Gateway}");
        await Assert.That(await world.A.Tcp(AddressB, 22)).IsEqualTo($"B:22 from {AddressA}");

        await world.Quietly("a", "stopped");
        await Assert.That(await world.A.Tcp(Outside, 7000)).IsEqualTo($"client:7000 from {Public}");
    }

    [Test]
    [Arguments("iptables")]
    [Arguments("nftables")]
    public async Task By_IPv6_it_leaves_with_a_public_address_that_others_can_answer(string backend)
    {
        await using var world = await World.Create($$"""
            {
                "backend": "{{backend}}",
                "machines": { "a": {
                    "private_ip": ["{{AddressA}}", "{{AddressA6}}"],
                    "port_map": [
                        { "public": 2222, "vm": 22, "snat": true, "public_ip": ["{{Public2}}", "{{Public6}}"] }
                    ]
                } }
            }
            """, ipv6: true);
        world.Client.Serve6("client", 7000);
        world.Client.Serve("client", 7000);
        await Assert.That(await world.A.Tcp(Client6, 7000)).IsNotEqualTo($"client:7000 from {Public6}");
        await world.Quietly("a", "start");
        await Assert.That(await world.A.Tcp(Client6, 7000)).IsEqualTo($"client:7000 from {Public6}");
        await Assert.That(await world.A.Tcp(Outside, 7000)).IsEqualTo($"client:7000 from {Public2}");
        await Assert.That(await world.A.Tcp(Public6, 2222)).IsEqualTo($"A:22 from {Gateway6}");
    }

    [Test]
    public async Task Hookctrl_sets_it_and_says_what_is_missing()
    {
        await using var world = await World.Create("{}");
        world.Client.Serve("client", 7000);
        await world.Runs("a");
        await world.Done($"machine add a --private-ip {AddressA} --public-ip {Public2} --snat true");
        await world.Done("port add a 2222:22");
        await world.Event("a", "start");
        await Assert.That(await world.A.Tcp(Outside, 7000)).IsEqualTo($"client:7000 from {Public2}");
        await Assert.That(await world.Done("list")).Contains($"{Public2} (snat)");
        await Assert.That(await world.Done("list --json")).Contains("\"snat\": true");

        await world.Done("machine set a --public-ip any");
        await Assert.That((await world.Call("check")).Error).Contains("snat needs a public_ip");
        await Assert.That(await world.A.Tcp(Outside, 7000)).IsEqualTo($"client:7000 from {Public}");
    }
}
