using System.Net;
using HookAot.Model;
using HookAot.Rules;

namespace HookAot.Tests.Rules;

/// <summary>What the record keeps of a ruleset's UDP forwards.</summary>
public sealed class UdpForwardTests
{
    private static readonly Translation Dns = new(
        "web",
        IPAddress.Parse("192.168.0.166"),
        Protocol.Udp,
        new(53, 53),
        null,
        IPAddress.Parse("192.168.122.2"),
        new(54, 54));

    [Test]
    public async Task Only_udp_is_kept_in_its_order_and_each_once()
    {
        var range = Dns with { Public = null, PublicPorts = new(8000, 8010), TargetPorts = new(9000, 9010) };
        var narrow = Dns with { Source = IPNetwork.Parse("10.0.0.0/8"), Target = IPAddress.Parse("fd00::2") };
        var forwards = UdpForward.Of(Ruleset.Empty with
        {
            Translations = [Dns, Dns with { Protocol = Protocol.Tcp }, range, Dns with { Guest = "other" }, narrow],
        });

        await Assert.That(forwards).IsEquivalentTo(
        [
            new UdpForward("192.168.0.166", 53, 53, null, "192.168.122.2 54"),
            new UdpForward(null, 8000, 8010, null, "192.168.122.2 9000-9010"),
            new UdpForward("192.168.0.166", 53, 53, "10.0.0.0/8", "fd00::2 54"),
        ]);
        await Assert.That(forwards[2].TargetAddress()).IsEqualTo(IPAddress.Parse("fd00::2"));
        await Assert.That(new UdpForward(null, 1, 1, null, "nonsense").TargetAddress()).IsNull();
    }

    [Test]
    public async Task A_narrowed_source_is_another_forward()
    {
        var before = UdpForward.Of(Ruleset.Empty with { Translations = [Dns] });
        var after = UdpForward.Of(Ruleset.Empty with
        {
            Translations = [Dns with { Source = IPNetwork.Parse("10.0.0.0/8") }],
        });
        await Assert.That(before.Except(after)).IsEquivalentTo(before);
    }
}
