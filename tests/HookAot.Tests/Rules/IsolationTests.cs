using System.Net;
using HookAot.Rules;

namespace HookAot.Tests.Rules;

/// <summary>Isolation belongs to the network of an address, not to a guest.</summary>
public sealed class IsolationTests
{
    private static readonly ObservedNetwork Nat = Network("nat", isolated: false, "192.168.122.0/24", "fd00::/64");
    private static readonly ObservedNetwork Closed = Network("closed", isolated: true, "10.0.0.0/24");

    [Test]
    [Arguments("192.168.122.2", false)]
    [Arguments("10.0.0.2", true)]
    [Arguments("fd00::2", false)]
    [Arguments("172.16.0.2", false)]
    public async Task An_address_is_isolated_where_its_network_has_no_way_out(string address, bool isolated) =>
        await Assert.That(Isolation.IsIsolated(IPAddress.Parse(address), [Closed, Nat])).IsEqualTo(isolated);

    [Test]
    public async Task The_longest_prefix_decides()
    {
        var within = Network("within", isolated: true, "192.168.122.128/25");
        await Assert.That(Isolation.IsIsolated(IPAddress.Parse("192.168.122.129"), [within, Nat])).IsTrue();
        await Assert.That(Isolation.IsIsolated(IPAddress.Parse("192.168.122.129"), [Nat, within])).IsTrue();
        await Assert.That(Isolation.IsIsolated(IPAddress.Parse("192.168.122.2"), [within, Nat])).IsFalse();
    }

    private static ObservedNetwork Network(string name, bool isolated, params string[] ranges) =>
        new(name, "virbr-" + name, isolated, [.. ranges.Select(IPNetwork.Parse)], [], []);
}
