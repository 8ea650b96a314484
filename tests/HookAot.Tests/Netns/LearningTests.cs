using System.Globalization;
using static HookAot.Tests.Netns.World;

namespace HookAot.Tests.Netns;

/// <summary>A guest without private_ip is found by what dnsmasq leased, whatever else is in that file.</summary>
public sealed class LearningTests
{
    private const string Config = $$"""
        { "machines": { "a": { "port_map": [["2222", "22"]] } }, "public_ip": "{{Public}}" }
        """;

    private const string Mac = "52:54:00:00:00:02", OtherMac = "52:54:00:00:00:03";
    private const long Valid = 4102444800, LongValid = 4202444800, RanOut = 1;

    [Test]
    public async Task An_ipv6_lease_that_is_listed_first_hides_no_ipv4_one()
    {
        await using var world = await Leasing(("fd00::5", Mac, LongValid), (AddressA, Mac, Valid));
        await Serves(world);
    }

    [Test]
    public async Task The_newer_of_two_leases_wins()
    {
        await using var world = await Leasing(("192.168.122.99", Mac, Valid), (AddressA, Mac, LongValid));
        await Serves(world);
    }

    [Test]
    public async Task A_lease_that_ran_out_serves_until_another_mac_has_the_address()
    {
        await using var world = await Leasing((AddressA, Mac, RanOut));
        await Serves(world);
        await Lease(world, (AddressA, Mac, RanOut), (AddressA, OtherMac, Valid));
        await world.Call("apply");
        await Assert.That(await world.OurRules()).DoesNotContain("--to-destination");
    }

    private static async Task Serves(World world)
    {
        await world.Quietly("a", "start");
        await Assert.That(await world.Client.Tcp(Public, 2222)).IsEqualTo("A:22 from 192.168.0.50");
    }

    private static async Task<World> Leasing(params (string Address, string Mac, long Expiry)[] leases)
    {
        var world = await World.Create(Config);
        await Lease(world, leases);
        return world;
    }

    private static Task Lease(World world, params (string Address, string Mac, long Expiry)[] leases)
    {
        var entries = leases.Select(l => string.Create(CultureInfo.InvariantCulture, $$"""
            { "ip-address": "{{l.Address}}", "mac-address": "{{l.Mac}}", "expiry-time": {{l.Expiry}} }
            """));
        var file = Path.Combine(world.Directory, "dnsmasq", "virbr0.status");
        return File.WriteAllTextAsync(file, $"[{string.Join(", ", entries)}]");
    }
}
