using System.Net;
using HookAot.Model;

namespace HookAot.Tests.Model;

public class AddressProblemsTests
{
    private const string Broadcast = "is the broadcast address of";
    private const string Itself = "is the address of the network";

    [Test]
    [Arguments("192.168.122.255", "192.168.122.0/24", $"192.168.122.255 {Broadcast} 192.168.122.0/24")]
    [Arguments("192.168.122.0", "192.168.122.0/24", $"192.168.122.0 {Itself} 192.168.122.0/24 itself")]
    [Arguments("192.168.122.2", "192.168.122.0/24", null)]
    [Arguments("10.0.3.255", "10.0.0.0/22", "10.0.3.255 is the broadcast address of 10.0.0.0/22")]
    [Arguments("10.0.1.255", "10.0.0.0/22", null)]
    [Arguments("10.0.0.7", "10.0.0.4/30", "10.0.0.7 is the broadcast address of 10.0.0.4/30")]
    [Arguments("10.0.0.4", "10.0.0.4/31", null)]
    [Arguments("10.0.0.5", "10.0.0.4/31", null)]
    [Arguments("10.0.0.4", "10.0.0.4/32", null)]
    [Arguments("11.0.3.255", "10.0.0.0/22", null)]
    [Arguments("fd00::", "fd00::/64", "fd00:: is the address of the network fd00::/64 itself")]
    [Arguments("fd00::ffff:ffff:ffff:ffff", "fd00::/64", null)]
    [Arguments("fd00::4", "fd00::4/126", "fd00::4 is the address of the network fd00::4/126 itself")]
    [Arguments("fd00::4", "fd00::4/127", null)]
    [Arguments("fd00::4", "fd00::4/128", null)]
    [Arguments("::", "0.0.0.0/0", null)]
    public async Task An_address_that_stands_for_a_network_is_found(string address, string network, string? problem) =>
        await Assert.That(AddressProblems.Of(IPAddress.Parse(address), [IPNetwork.Parse(network)])).IsEqualTo(problem);

    [Test]
    public async Task Each_network_counts()
    {
        var networks = "10.0.0.0/8 fd00::/64 10.1.2.0/24".Split(' ').Select(n => IPNetwork.Parse(n)).ToList();
        await Assert.That(AddressProblems.Of(IPAddress.Parse("10.1.2.255"), networks))
            .IsEqualTo("10.1.2.255 is the broadcast address of 10.1.2.0/24");
        await Assert.That(AddressProblems.Of(IPAddress.Parse("10.1.2.3"), networks)).IsNull();
        await Assert.That(AddressProblems.Of(IPAddress.Parse("10.1.2.3"), [])).IsNull();
    }
}
