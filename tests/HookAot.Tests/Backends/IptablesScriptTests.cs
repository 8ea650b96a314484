using System.Collections.Immutable;
using System.Net;
using HookAot.Backends;
using HookAot.Rules;

namespace HookAot.Tests.Backends;

public class IptablesScriptTests
{
    private const string Web = """
        {
            "public_ip": "192.168.0.166",
            "machines": {
                "web": {
                    "private_ip": "192.168.122.2",
                    "port_map": [
                        [8080, 80],
                        { "public": "5000-5010", "vm": "6000-6010", "protocol": "tcp+udp", "source": "10.0.0.0/8" },
                        { "public": 53, "protocol": "udp", "public_ip": "" }
                    ]
                }
            },
            "networks": { "default": "192.168.122.0/24" }
        }
        """;

    private const string OnePort = """{ "machines": { "web": { "private_ip": "192.168.122.2", "port_map": [80] } } }""";

    [Test]
    public async Task A_guest_with_a_pair_a_shifted_range_and_a_port_on_every_address()
    {
        const string Range = "--dport 6000:6010 -m conntrack --ctdir ORIGINAL -j ACCEPT";
        const string Web = "-m comment --comment \"web\" -j DNAT --to-destination 192.168.122.2:80";
        const string Dnat = "-A HOOKAOT-DNAT -s 10.0.0.0/8 -d 192.168.0.166";
        const string Shifted = "-m comment --comment \"web\" -j DNAT --to-destination 192.168.122.2:6000-6010/5000";
        await Assert.That(Rulesets.Script(Rulesets.Of(IptablesScriptTests.Web), present: true)).IsEqualTo($"""
            *filter
            :HOOKAOT-FWD - [0:0]
            :HOOKAOT-NET - [0:0]
            -D FORWARD -m conntrack --ctstate DNAT -j HOOKAOT-FWD
            -D FORWARD -j HOOKAOT-NET
            -I FORWARD -j HOOKAOT-NET
            -I FORWARD -m conntrack --ctstate DNAT -j HOOKAOT-FWD
            -A HOOKAOT-FWD -s 192.168.122.2 -m conntrack --ctdir REPLY -j ACCEPT
            -A HOOKAOT-FWD -d 192.168.122.2 -m conntrack --ctstate RELATED,ESTABLISHED --ctdir ORIGINAL -j ACCEPT
            -A HOOKAOT-FWD -d 192.168.122.2 -p tcp -m tcp --dport 80 -m conntrack --ctdir ORIGINAL -j ACCEPT
            -A HOOKAOT-FWD -s 10.0.0.0/8 -d 192.168.122.2 -p tcp -m tcp {Range}
            -A HOOKAOT-FWD -s 10.0.0.0/8 -d 192.168.122.2 -p udp -m udp {Range}
            -A HOOKAOT-FWD -d 192.168.122.2 -p udp -m udp --dport 53 -m conntrack --ctdir ORIGINAL -j ACCEPT
            -A HOOKAOT-NET -d 192.168.122.0/24 -j ACCEPT
            -A HOOKAOT-NET -s 192.168.122.0/24 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
            COMMIT
            *nat
            :HOOKAOT-DNAT - [0:0]
            :HOOKAOT-LOCAL - [0:0]
            :HOOKAOT-SNAT - [0:0]
            -D PREROUTING -j HOOKAOT-DNAT
            -D OUTPUT -j HOOKAOT-DNAT
            -D POSTROUTING -m conntrack --ctstate DNAT -j HOOKAOT-SNAT
            -I POSTROUTING -m conntrack --ctstate DNAT -j HOOKAOT-SNAT
            -I OUTPUT -j HOOKAOT-DNAT
            -I PREROUTING -j HOOKAOT-DNAT
            -A HOOKAOT-DNAT -d 192.168.0.166 -p tcp -m tcp --dport 8080 {Web}
            {Dnat} -p tcp -m tcp --dport 5000:5010 {Shifted}
            {Dnat} -p udp -m udp --dport 5000:5010 {Shifted}
            -A HOOKAOT-DNAT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j HOOKAOT-LOCAL
            -A HOOKAOT-LOCAL -d 192.168.122.1 -j RETURN
            -A HOOKAOT-LOCAL -p udp -m udp --dport 53 -m comment --comment "web" -j DNAT --to-destination 192.168.122.2
            -A HOOKAOT-SNAT -s 192.168.122.0/24 -d 192.168.122.2 -p tcp -m multiport --dports 80,6000:6010 -j MASQUERADE
            -A HOOKAOT-SNAT -s 192.168.122.0/24 -d 192.168.122.2 -p udp -m multiport --dports 53,6000:6010 -j MASQUERADE
            COMMIT

            """);
    }

    [Test]
    public async Task Where_nothing_of_ours_is_nothing_is_deleted() =>
        await Assert.That(Rulesets.Script(Rulesets.Of(Web))).DoesNotContain("-D ").And.Contains("-N HOOKAOT-DNAT\n");

    [Test]
    public async Task A_guest_of_an_isolated_network_sees_everybody_as_the_host()
    {
        var isolated = Rulesets.Host with { Networks = [Rulesets.Default with { Isolated = true }] };
        await Assert.That(Rulesets.Rules(Rulesets.Of(OnePort, isolated))).Contains(
            "-A HOOKAOT-SNAT -d 192.168.122.2 -p tcp -m tcp --dport 80 -j MASQUERADE");
    }

    [Test]
    public async Task Isolation_is_that_of_the_network_that_the_address_is_in()
    {
        var other = new ObservedNetwork("lonely", "virbr1", true, [IPNetwork.Parse("192.168.100.0/24")], [], []);
        var both = Rulesets.Host with { Networks = [other, Rulesets.Default] };
        await Assert.That(Rulesets.Rules(Rulesets.Of(OnePort, both))).Contains(
            "-A HOOKAOT-SNAT -s 192.168.122.0/24 -d 192.168.122.2");
    }

    [Test]
    public async Task A_guest_that_no_route_leads_to_still_reaches_itself()
    {
        var elsewhere = Rulesets.Host with { Routes = [new ConnectedRoute(IPNetwork.Parse("10.0.0.0/8"), "eth0")] };
        await Assert.That(Rulesets.Rules(Rulesets.Of(OnePort, elsewhere))).Contains(
            "-A HOOKAOT-SNAT -s 192.168.122.2/32 -d 192.168.122.2 -p tcp");
    }

    [Test]
    public async Task Where_the_kernel_does_not_tell_its_routes_libvirts_range_is_the_guests_net()
    {
        var hidden = Rulesets.Host with { Routes = null };
        await Assert.That(Rulesets.Rules(Rulesets.Of(OnePort, hidden))).Contains(
            "-A HOOKAOT-SNAT -s 192.168.122.0/24 -d 192.168.122.2 -p tcp");
    }

    [Test]
    public async Task Two_public_addresses_and_two_sources_make_four_translations()
    {
        var ruleset = Rulesets.Of("""
            {
                "public_ip": ["192.0.2.1", "192.0.2.2"],
                "machines": {
                    "web": {
                        "private_ip": "192.168.122.2",
                        "source": ["10.0.0.0/8", "198.51.100.7"],
                        "port_map": [[8080, 80]]
                    }
                }
            }
            """);
        var rules = Rulesets.Rules(ruleset).Split('\n');
        var translated = rules.Where(r => r.StartsWith("-A HOOKAOT-DNAT", StringComparison.Ordinal));
        const string Target = "-j DNAT --to-destination 192.168.122.2:80";
        const string Rest = $"-p tcp -m tcp --dport 8080 -m comment --comment \"web\" {Target}";
        await Assert.That(translated).IsEquivalentTo([
            $"-A HOOKAOT-DNAT -s 10.0.0.0/8 -d 192.0.2.1 {Rest}",
            $"-A HOOKAOT-DNAT -s 198.51.100.7/32 -d 192.0.2.1 {Rest}",
            $"-A HOOKAOT-DNAT -s 10.0.0.0/8 -d 192.0.2.2 {Rest}",
            $"-A HOOKAOT-DNAT -s 198.51.100.7/32 -d 192.0.2.2 {Rest}",
        ]);
    }

    [Test]
    public async Task Ports_that_follow_each_other_are_one_range_and_others_fifteen_a_rule()
    {
        var neighbours = string.Join(", ", Enumerable.Range(8000, 100));
        var scattered = string.Join(", ", Enumerable.Range(0, 16).Select(i => 9000 + (2 * i)));
        var ruleset = Rulesets.Of($$"""
            { "machines": { "web": { "private_ip": "192.168.122.2", "port_map": [{{neighbours}}, {{scattered}}] } } }
            """);
        var rules = Rulesets.Rules(ruleset).Split('\n');
        var accepted = rules.Where(r => r.StartsWith("-A HOOKAOT-FWD -d 192.168.122.2 -p", StringComparison.Ordinal));
        const string Of = "-A HOOKAOT-FWD -d 192.168.122.2 -p tcp -m multiport --dports";
        const string New = "-m conntrack --ctdir ORIGINAL -j ACCEPT";
        await Assert.That(accepted).IsEquivalentTo([
            $"{Of} 8000:8099,9000,9002,9004,9006,9008,9010,9012,9014,9016,9018,9020,9022,9024 {New}",
            $"{Of} 9026,9028,9030 {New}",
        ]);
    }

    [Test]
    public async Task A_name_that_could_mean_something_to_a_parser_becomes_a_harmless_comment()
    {
        var ruleset = Rulesets.Of("""
            { "machines": { "a\" -j ACCEPT\nCOMMIT ü": { "private_ip": "192.168.122.2", "port_map": [80] } } }
            """);
        await Assert.That(Rulesets.Rules(ruleset)).Contains("--comment \"a__-j_ACCEPT_COMMIT__\" -j DNAT");
    }

    [Test]
    public async Task A_translation_is_read_back_from_its_rule()
    {
        foreach (var translation in Rulesets.Of(Web).Translations)
        {
            var rule = IptablesRules.Translate(translation).Text;
            await Assert.That(IptablesRule.Translation(rule)).IsEqualTo(translation).Because(rule);
        }
    }

    [Test]
    public async Task Removal_takes_out_jumps_and_chains()
    {
        var script = Rulesets.Removal(WantedRules.All(Rulesets.Of(OnePort)));
        await Assert.That(IptablesScript.Print(script)).IsEqualTo("""
            *nat
            :HOOKAOT-DNAT - [0:0]
            :HOOKAOT-LOCAL - [0:0]
            :HOOKAOT-SNAT - [0:0]
            -D PREROUTING -j HOOKAOT-DNAT
            -D OUTPUT -j HOOKAOT-DNAT
            -D POSTROUTING -m conntrack --ctstate DNAT -j HOOKAOT-SNAT
            -X HOOKAOT-DNAT
            -X HOOKAOT-LOCAL
            -X HOOKAOT-SNAT
            COMMIT
            *filter
            :HOOKAOT-FWD - [0:0]
            :HOOKAOT-NET - [0:0]
            -D FORWARD -m conntrack --ctstate DNAT -j HOOKAOT-FWD
            -D FORWARD -j HOOKAOT-NET
            -X HOOKAOT-FWD
            -X HOOKAOT-NET
            COMMIT

            """);
    }
}
