using System.Collections.Immutable;
using System.Net;
using System.Text;
using HookAot.Backends;
using HookAot.Config;
using HookAot.Rules;

namespace HookAot.Tests.Backends;

public class IptablesScriptTests
{
    private const string Web = """
        { "public_ip": "192.168.0.166",
          "machines": { "web": { "private_ip": "192.168.122.2", "port_map": [
            [8080, 80], { "public": "5000-5010", "vm": "6000-6010", "protocol": "tcp+udp", "source": "10.0.0.0/8" }, { "public": 53, "protocol": "udp", "public_ip": "" }] } },
          "networks": { "default": "192.168.122.0/24" } }
        """;

    private static string Script(string config, TableState state, bool isolated = false, string route = "192.168.122.0/24")
    {
        var read = ConfigReader.Read(Encoding.UTF8.GetBytes(config), "config.json").Config!;
        var host = new ActiveHost(
            [.. read.Machines.Select(m => new RunningGuest(m.Name, [], isolated))], ["default"], [new ConnectedRoute(IPNetwork.Parse(route), "virbr0")]);
        return IptablesScript.Print(IptablesScript.Replace(RulesetBuilder.Build(read, host, []), Plans(state)));
    }

    private static IEnumerable<TablePlan> Plans(TableState state) =>
        IptablesScript.Tables.Select(t => new TablePlan(t, state, ImmutableDictionary<string, int>.Empty));

    private static string Rules(string script) => string.Join('\n', script.Split('\n').Where(line => line.StartsWith("-A ", StringComparison.Ordinal)));

    [Test]
    public async Task A_guest_with_a_pair_a_shifted_range_and_a_port_on_every_address()
    {
        await Assert.That(Script(Web, TableState.Present)).IsEqualTo("""
            *filter
            :HOOKAOT-FWD - [0:0]
            :HOOKAOT-NET - [0:0]
            -D FORWARD -m conntrack --ctstate DNAT -j HOOKAOT-FWD
            -D FORWARD -j HOOKAOT-NET
            -I FORWARD -j HOOKAOT-NET
            -I FORWARD -m conntrack --ctstate DNAT -j HOOKAOT-FWD
            -A HOOKAOT-FWD -d 192.168.122.2 -m conntrack --ctstate DNAT -j ACCEPT
            -A HOOKAOT-FWD -s 192.168.122.2 -m conntrack --ctstate DNAT -j ACCEPT
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
            -A HOOKAOT-DNAT -d 192.168.0.166 -p tcp -m tcp --dport 8080 -m comment --comment "web" -j DNAT --to-destination 192.168.122.2:80
            -A HOOKAOT-DNAT -s 10.0.0.0/8 -d 192.168.0.166 -p tcp -m tcp --dport 5000:5010 -m comment --comment "web" -j DNAT --to-destination 192.168.122.2:6000-6010/5000
            -A HOOKAOT-DNAT -s 10.0.0.0/8 -d 192.168.0.166 -p udp -m udp --dport 5000:5010 -m comment --comment "web" -j DNAT --to-destination 192.168.122.2:6000-6010/5000
            -A HOOKAOT-DNAT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j HOOKAOT-LOCAL
            -A HOOKAOT-LOCAL -p udp -m udp --dport 53 -m comment --comment "web" -j DNAT --to-destination 192.168.122.2
            -A HOOKAOT-SNAT -s 192.168.122.0/24 -d 192.168.122.2 -m conntrack --ctstate DNAT -j MASQUERADE
            COMMIT

            """);
    }

    [Test]
    public async Task Where_nothing_of_ours_is_nothing_is_deleted() =>
        await Assert.That(Script(Web, TableState.Absent)).DoesNotContain("-D ").And.Contains("-N HOOKAOT-DNAT\n");

    [Test]
    public async Task A_guest_of_an_isolated_network_sees_everybody_as_the_host() =>
        await Assert.That(Rules(Script("""{ "machines": { "web": { "private_ip": "192.168.122.2", "port_map": [80] } } }""", TableState.Absent, isolated: true))).IsEqualTo("""
            -A HOOKAOT-FWD -d 192.168.122.2 -m conntrack --ctstate DNAT -j ACCEPT
            -A HOOKAOT-FWD -s 192.168.122.2 -m conntrack --ctstate DNAT -j ACCEPT
            -A HOOKAOT-DNAT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j HOOKAOT-LOCAL
            -A HOOKAOT-LOCAL -p tcp -m tcp --dport 80 -m comment --comment "web" -j DNAT --to-destination 192.168.122.2
            -A HOOKAOT-SNAT -d 192.168.122.2 -m conntrack --ctstate DNAT -j MASQUERADE
            """);

    [Test]
    public async Task A_guest_that_no_route_leads_to_still_reaches_itself() =>
        await Assert.That(Script("""{ "machines": { "web": { "private_ip": "192.168.122.2", "port_map": [80] } } }""", TableState.Absent, route: "10.0.0.0/8"))
            .Contains("-A HOOKAOT-SNAT -s 192.168.122.2/32 -d 192.168.122.2 -m conntrack --ctstate DNAT -j MASQUERADE\n");

    [Test]
    public async Task Two_public_addresses_and_two_sources_make_four_rules() =>
        await Assert.That(Rules(Script("""
            { "public_ip": ["192.0.2.1", "192.0.2.2"], "machines": { "web": { "private_ip": "192.168.122.2", "source": ["10.0.0.0/8", "198.51.100.7"], "port_map": [[8080, 80]] } } }
            """, TableState.Absent)).Split('\n').Where(r => r.Contains("--dport", StringComparison.Ordinal))).IsEquivalentTo([
            "-A HOOKAOT-DNAT -s 10.0.0.0/8 -d 192.0.2.1 -p tcp -m tcp --dport 8080 -m comment --comment \"web\" -j DNAT --to-destination 192.168.122.2:80",
            "-A HOOKAOT-DNAT -s 198.51.100.7/32 -d 192.0.2.1 -p tcp -m tcp --dport 8080 -m comment --comment \"web\" -j DNAT --to-destination 192.168.122.2:80",
            "-A HOOKAOT-DNAT -s 10.0.0.0/8 -d 192.0.2.2 -p tcp -m tcp --dport 8080 -m comment --comment \"web\" -j DNAT --to-destination 192.168.122.2:80",
            "-A HOOKAOT-DNAT -s 198.51.100.7/32 -d 192.0.2.2 -p tcp -m tcp --dport 8080 -m comment --comment \"web\" -j DNAT --to-destination 192.168.122.2:80",
        ]);

    [Test]
    public async Task A_name_that_could_mean_something_to_a_parser_becomes_a_harmless_comment() =>
        await Assert.That(Script("""{ "machines": { "a\" -j ACCEPT\nCOMMIT ü": { "private_ip": "192.168.122.2", "port_map": [80] } } }""", TableState.Absent))
            .Contains("--comment \"a__-j_ACCEPT_COMMIT__\" -j DNAT");

    [Test]
    public async Task Removal_takes_out_jumps_and_chains() =>
        await Assert.That(IptablesScript.Print(IptablesScript.Remove(Plans(TableState.Present)))).IsEqualTo("""
            *filter
            :HOOKAOT-FWD - [0:0]
            :HOOKAOT-NET - [0:0]
            -D FORWARD -m conntrack --ctstate DNAT -j HOOKAOT-FWD
            -D FORWARD -j HOOKAOT-NET
            -X HOOKAOT-FWD
            -X HOOKAOT-NET
            COMMIT
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

            """);
}
