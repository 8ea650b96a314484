using System.Net;
using HookAot.Model;
using HookAot.Rules;
using HookAot.Tests.Backends;

namespace HookAot.Tests.Rules;

/// <summary>What cannot be served is not in the rules, and is said.</summary>
public sealed class LeftOutTests
{
    [Test]
    public async Task A_public_address_that_nobody_can_have_is_left_out_and_the_others_are_served()
    {
        var leftOut = new List<LeftOut>();
        var ruleset = Rulesets.Of("""
            { "machines": { "web": {
                "private_ip": "192.168.122.2", "public_ip": ["192.168.0.166", "192.168.122.255"], "port_map": [80]
            } } }
            """, leftOut: leftOut);
        await Assert.That(ruleset.Translations.Select(t => $"{t.Public}")).IsEquivalentTo(["192.168.0.166"]);
        await Assert.That(leftOut.Single().Reason).Contains("192.168.122.255");
    }

    [Test]
    public async Task A_guest_whose_name_and_address_are_anothers_is_not_served()
    {
        var config = new Machine("web", [IPAddress.Parse("192.168.122.2")], null, []);
        var shadowed = new ObservedGuest("lxc", "web", [], Evidence.Event) { Shadowed = true };
        var targets = new GuestTargets(config, [shadowed], Rulesets.Host, []);
        await Assert.That(targets.Problem).Contains("lxc runs it").And.Contains("has stopped");
        await Assert.That(targets.Addresses.Length).IsEqualTo(0);
        var other = new GuestTargets(config, [shadowed, shadowed with { Shadowed = false }], Rulesets.Host, []);
        await Assert.That(other.Addresses.Single().ToString()).IsEqualTo("192.168.122.2");
    }

    [Test]
    public async Task What_is_lacking_concerns_only_what_needs_it()
    {
        var target = IPAddress.Parse("192.168.122.2");
        var eighty = new PortRange(80, 80);
        var one = new Translation("web", IPAddress.Parse("192.168.0.166"), Protocol.Tcp, eighty, null, target, eighty);
        var any = one with { Public = null };
        var six = one with { Target = IPAddress.Parse("fd00::2") };
        await Assert.That(Concerned(Lack.Of(ipv4: true), one, any, six)).IsEqualTo("1 1 0");
        await Assert.That(Concerned(Lack.OfAnyAddress(ipv4: true), one, any, six)).IsEqualTo("0 1 0");
        await Assert.That(Concerned(Lack.Of(target), one, one with { Target = IPAddress.Parse("192.168.122.3") }))
            .IsEqualTo("1 0");
        await Assert.That(Concerned(
            Lack.Of(target, Protocol.Tcp, [eighty]),
            one,
            one with { Protocol = Protocol.Udp },
            one with { TargetPorts = new PortRange(81, 81) })).IsEqualTo("1 0 0");
    }

    private static string Concerned(Lack lack, params Translation[] translations) =>
        string.Join(' ', translations.Select(t => lack.Concerns(t) ? 1 : 0));
}
