using System.Collections.Immutable;
using System.Net;
using HookAot.Backends;
using HookAot.Model;
using HookAot.Rules;

namespace HookAot.Tests.Backends;

/// <summary>The parts of the script: of each family, and those that few hosts need.</summary>
public class IptablesPartsTests
{
    private static readonly IPAddress Public = IPAddress.Parse("2001:db8::1");
    private static readonly IPAddress Guest = IPAddress.Parse("fd00:122::2");
    private static readonly IPAddress Guest4 = IPAddress.Parse("192.168.122.2");

    private static readonly ImmutableArray<AcceptedPorts> Http = [new(Protocol.Tcp, null, [new(80, 80)])];

    [Test]
    public async Task IPv6_has_brackets_and_leaves_link_local_addresses_alone()
    {
        var source = IPNetwork.Parse("2001:db8:7::/48");
        ImmutableArray<Translation> translations =
        [
            new("web", Public, Protocol.Tcp, new(8080, 8080), null, Guest, new(80, 80)),
            new("web", Public, Protocol.Udp, new(5000, 5010), source, Guest, new(6000, 6010)),
            new("web", null, Protocol.Tcp, new(443, 443), null, Guest, new(443, 443)),
        ];
        var ruleset = new Ruleset(
            translations,
            [new("web", Guest, AcceptedPorts.Of(translations), IPNetwork.Parse("fd00:122::/64"))],
            [],
            [IPAddress.Parse("fd00:122::1")]);
        const string From = "-s 2001:db8:7::/48";
        const string Web = "-m comment --comment \"web\" -j DNAT --to-destination";
        await Assert.That(Rulesets.Script(ruleset, ipv4: true)).IsEmpty();
        await Assert.That(Rulesets.Script(ruleset, ipv4: false)).IsEqualTo($"""
            *filter
            -N HOOKAOT-FWD
            -N HOOKAOT-NET
            -I FORWARD -j HOOKAOT-NET
            -I FORWARD -m conntrack --ctstate DNAT -j HOOKAOT-FWD
            -A HOOKAOT-FWD -s fd00:122::2 -m conntrack --ctdir REPLY -j ACCEPT
            -A HOOKAOT-FWD -d fd00:122::2 -m conntrack --ctstate RELATED,ESTABLISHED --ctdir ORIGINAL -j ACCEPT
            -A HOOKAOT-FWD -d fd00:122::2 -p tcp -m multiport --dports 80,443 -m conntrack --ctdir ORIGINAL -j ACCEPT
            -A HOOKAOT-FWD {From} -d fd00:122::2 -p udp -m udp --dport 6000:6010 -m conntrack --ctdir ORIGINAL -j ACCEPT
            COMMIT
            *nat
            -N HOOKAOT-DNAT
            -N HOOKAOT-LOCAL
            -N HOOKAOT-SNAT
            -I POSTROUTING -m conntrack --ctstate DNAT -j HOOKAOT-SNAT
            -I OUTPUT -j HOOKAOT-DNAT
            -I PREROUTING -j HOOKAOT-DNAT
            -A HOOKAOT-DNAT -s fe80::/10 -j RETURN
            -A HOOKAOT-DNAT -d 2001:db8::1 -p tcp -m tcp --dport 8080 {Web} [fd00:122::2]:80
            -A HOOKAOT-DNAT {From} -d 2001:db8::1 -p udp -m udp --dport 5000:5010 {Web} [fd00:122::2]:6000-6010/5000
            -A HOOKAOT-DNAT ! -d ::1 -m addrtype --dst-type LOCAL -j HOOKAOT-LOCAL
            -A HOOKAOT-LOCAL -d fe80::/10 -j RETURN
            -A HOOKAOT-LOCAL -d fd00:122::1 -j RETURN
            -A HOOKAOT-LOCAL -p tcp -m tcp --dport 443 {Web} fd00:122::2
            -A HOOKAOT-SNAT -s fd00:122::/64 -d fd00:122::2 -p tcp -m multiport --dports 80,443 -j MASQUERADE
            -A HOOKAOT-SNAT -s fd00:122::/64 -d fd00:122::2 -p udp -m udp --dport 6000:6010 -j MASQUERADE
            COMMIT

            """);
        foreach (var translation in translations)
        {
            var rule = IptablesRules.Translate(translation).Text;
            await Assert.That(IptablesRule.Translation(rule)).IsEqualTo(translation).Because(rule);
        }
    }

    [Test]
    public async Task Localhost_is_translated_on_its_way_out_only_and_guarded()
    {
        ImmutableArray<Translation> translations =
            [new("web", IPAddress.Loopback, Protocol.Tcp, new(8080, 8080), null, Guest4, new(80, 80))];
        var ruleset = new Ruleset(
            translations, [new("web", Guest4, Http, IPNetwork.Parse("192.168.122.0/24"))], [], [])
        {
            Loopback = [new("web", "virbr0", Guest4, Http)],
        };
        var script = Rulesets.Script(ruleset);
        await Assert.That(script).StartsWith("""
            *raw
            -N HOOKAOT-RAW
            -I PREROUTING -d 127.0.0.0/8 -j HOOKAOT-RAW
            -A HOOKAOT-RAW -i virbr0 -j DROP
            COMMIT
            *filter
            """);
        await Assert.That(script).Contains("-A HOOKAOT-DNAT -d 127.0.0.1 -o lo -p tcp -m tcp --dport 8080");
        await Assert.That(script).Contains(
            "-A HOOKAOT-SNAT -s 127.0.0.0/8 -d 192.168.122.2 -p tcp -m tcp --dport 80 -j MASQUERADE");
    }

    [Test]
    public async Task What_a_guest_opens_itself_leaves_with_its_public_address()
    {
        var source = new SourceAddress(
            "web", Guest4, IPAddress.Parse("192.168.0.166"), IPNetwork.Parse("192.168.122.0/24"));
        var ruleset = Rulesets.Of("""{ "machines": { "web": { "private_ip": "192.168.122.2", "port_map": [80] } } }""");
        await Assert.That(Rulesets.Script(ruleset with { Sources = [source] })).EndsWith("""
            *nat
            -N HOOKAOT-SRC
            -I POSTROUTING -m conntrack ! --ctstate DNAT -j HOOKAOT-SRC
            -A HOOKAOT-SRC -s 192.168.122.2 -d 192.168.122.0/24 -j RETURN
            -A HOOKAOT-SRC -s 192.168.122.2 -d 224.0.0.0/4 -j RETURN
            -A HOOKAOT-SRC -s 192.168.122.2 -d 255.255.255.255 -j RETURN
            -A HOOKAOT-SRC -s 192.168.122.2 -j SNAT --to-source 192.168.0.166
            COMMIT

            """);
    }

    [Test]
    public async Task A_part_that_is_no_longer_wanted_goes_and_the_others_are_replaced()
    {
        var ruleset = Rulesets.Of("""{ "machines": { "web": { "private_ip": "192.168.122.2", "port_map": [80] } } }""");
        var wanted = new WantedRules(Ruleset.Empty, ruleset);
        var plans = IptablesAssumptions.Plans(wanted, ipv4: true, part => part.Name is "accept" or "translate");
        var script = IptablesScript.Print(new IptablesAssumptions(wanted, plans, ipv4: true).Script);
        await Assert.That(script).StartsWith("*filter\n:HOOKAOT-FWD - [0:0]\n");
        await Assert.That(script).EndsWith("-X HOOKAOT-DNAT\n-X HOOKAOT-LOCAL\n-X HOOKAOT-SNAT\nCOMMIT\n");
        foreach (var other in (string[])["*raw", "HOOKAOT-SRC", "DNAT --to"])
            await Assert.That(script).DoesNotContain(other);
    }
}
