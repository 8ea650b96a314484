using System.Net;
using HookAot.Rules;
using HookAot.Tests.Backends;

namespace HookAot.Tests.Rules;

/// <summary>What a config and a host become, by family, with 127.0.0.1 and with source addresses.</summary>
public sealed class RulesetBuilderTests
{
    private static readonly ObservedNetwork Default = Rulesets.Default with
    {
        Ranges = [IPNetwork.Parse("192.168.122.0/24"), IPNetwork.Parse("fd00:122::/64")],
        BridgeAddresses = [IPAddress.Parse("192.168.122.1"), IPAddress.Parse("fd00:122::1")],
    };

    private static readonly Observation Host = Observation.Nothing with
    {
        Networks = [Default],
        Routes =
        [
            new ConnectedRoute(IPNetwork.Parse("192.168.122.0/24"), "virbr0"),
            new ConnectedRoute(IPNetwork.Parse("fd00:122::/64"), "virbr0"),
            new ConnectedRoute(IPNetwork.Parse("192.168.0.0/24"), "eth0"),
        ],
    };

    private const string Both = "\"private_ip\": [\"192.168.122.2\", \"fd00:122::2\", \"192.168.122.9\"]";
    private const string Four = "\"private_ip\": \"192.168.122.2\"", Six = "\"private_ip\": \"fd00:122::2\"";

    [Test]
    public async Task A_guest_is_served_on_each_family_by_the_first_address_that_it_has_of_it()
    {
        var (ruleset, leftOut) = Build($$"""{{Both}}, "port_map": [[8080, 80]]""");
        await Assert.That(Translated(ruleset)).IsEqualTo("""
            web: any:8080/tcp -> 192.168.122.2:80
            web: any:8080/tcp -> [fd00:122::2]:80
            """);
        await Assert.That(Served(ruleset)).IsEqualTo("""
            192.168.122.2 80 192.168.122.0/24
            fd00:122::2 80 fd00:122::/64
            """);
        await Assert.That(string.Join(' ', ruleset.NotAny)).IsEqualTo("192.168.122.1 fd00:122::1");
        await Assert.That(ruleset.GuestNames).IsEquivalentTo(["web"]);
        await Assert.That(leftOut).IsEmpty();
    }

    [Test]
    public async Task Public_addresses_and_sources_meet_those_of_their_own_family_only()
    {
        var (ruleset, leftOut) = Build($$"""
            {{Both}},
            "public_ip": ["192.168.0.166", "2001:db8::1"],
            "source": ["10.0.0.0/8", "2001:db8:5::/48"],
            "port_map": [[8080, 80]]
            """);
        await Assert.That(Translated(ruleset)).IsEqualTo("""
            web: 192.168.0.166:8080/tcp -> 192.168.122.2:80 from 10.0.0.0/8
            web: [2001:db8::1]:8080/tcp -> [fd00:122::2]:80 from 2001:db8:5::/48
            """);
        await Assert.That(ruleset.NotAny).IsEmpty();
        await Assert.That(leftOut).IsEmpty();
    }

    [Test]
    [Arguments($$"""{{Both}}, "port_map": [{ "public": 80, "source": "10.0.0.0/8" }]""",
        "web: any:80/tcp -> 192.168.122.2:80 from 10.0.0.0/8")]
    [Arguments($$"""{{Both}}, "port_map": [{ "public": 80, "public_ip": "2001:db8::1" }]""",
        "web: [2001:db8::1]:80/tcp -> [fd00:122::2]:80")]
    [Arguments($$"""{{Six}}, "port_map": [{ "public": 80, "public_ip": ["192.168.0.166", "2001:db8::1"] }]""",
        "web: [2001:db8::1]:80/tcp -> [fd00:122::2]:80")]
    public async Task A_family_that_is_not_on_all_sides_is_not_served_and_that_is_no_fault(string web, string served)
    {
        var (ruleset, leftOut) = Build(web);
        await Assert.That(Translated(ruleset)).IsEqualTo(served);
        await Assert.That(ruleset.Guests.Length).IsEqualTo(1);
        await Assert.That(leftOut).IsEmpty();
    }

    [Test]
    public async Task Where_no_family_is_on_all_sides_that_is_said()
    {
        // Its address is learned, so that the config alone does not tell.
        var (ruleset, leftOut) = Build(
            """ "port_map": [{ "public": 80, "public_ip": "2001:db8::1" }] """,
            Host with { Leases = [Lease("192.168.122.5")] });
        await Assert.That(ruleset.IsEmpty).IsTrue();
        await Assert.That(leftOut).IsEqualTo(
            "web: port 80: the guest's address (192.168.122.5), public_ip and source share no family");
    }

    [Test]
    public async Task An_address_of_a_link_is_never_learned()
    {
        var (ruleset, _) = Build(
            "\"port_map\": [80]", Host with { Leases = [Lease("fe80::5"), Lease("fd00:122::5")] });
        await Assert.That(Translated(ruleset)).IsEqualTo("web: any:80/tcp -> [fd00:122::5]:80");
    }

    [Test]
    public async Task A_host_without_ipv6_serves_ipv4_and_says_what_the_config_asks_for_in_vain()
    {
        var without = Host with { HasIPv6 = false };
        var (ruleset, leftOut) = Build($$"""{{Both}}, "port_map": [80]""", without);
        await Assert.That(Translated(ruleset)).IsEqualTo("web: any:80/tcp -> 192.168.122.2:80");
        await Assert.That(leftOut).StartsWith("web (partly): fd00:122::2 is not served: this host has no IPv6");

        (ruleset, leftOut) = Build($$"""{{Six}}, "port_map": [80]""", without);
        await Assert.That(ruleset.IsEmpty).IsTrue();
        await Assert.That(leftOut).StartsWith("web: fd00:122::2 is not served: this host has no IPv6");

        var leased = without with { Leases = [Lease("192.168.122.5"), Lease("fd00:122::5")] };
        (_, leftOut) = Build("\"port_map\": [80]", leased);
        await Assert.That(leftOut).IsEmpty();

        (_, leftOut) = Build("\"port_map\": [{ \"public\": 80, \"public_ip\": \"2001:db8::1\" }]", leased);
        await Assert.That(leftOut).IsEqualTo("web: port 80: 2001:db8::1 is not forwarded: this host has no IPv6");
    }

    [Test]
    public async Task An_isolated_network_has_no_way_out_on_either_family()
    {
        var isolated = Host with { Networks = [Default with { Isolated = true }] };
        var (ruleset, _) = Build($$"""{{Both}}, "port_map": [80]""", isolated);
        await Assert.That(Served(ruleset)).IsEqualTo("""
            192.168.122.2 80 0.0.0.0/0
            fd00:122::2 80 ::/0
            """);
    }

    [Test]
    public async Task A_guest_that_no_route_leads_to_still_reaches_itself()
    {
        var (ruleset, _) = Build($$"""{{Both}}, "port_map": [80]""", Host with { Routes = [] });
        await Assert.That(Served(ruleset)).IsEqualTo("""
            192.168.122.2 80 192.168.122.2/32
            fd00:122::2 80 fd00:122::2/128
            """);
    }

    [Test]
    public async Task Networks_of_both_families_are_open_while_they_are_active()
    {
        const string Config = """{ "networks": { "default": "fd00:122::/64", "other": "fd00:9::/64" } }""";
        var ruleset = Rulesets.Of(Config, Host);
        await Assert.That(ruleset.Networks.Single().Range.ToString()).IsEqualTo("fd00:122::/64");
        await Assert.That(Rulesets.Of(Config, Host with { HasIPv6 = false }).Networks).IsEmpty();
    }

    [Test]
    public async Task Localhost_is_one_more_public_address_with_the_bridge_that_leads_to_the_guest()
    {
        var (ruleset, leftOut) = Build($$"""
            {{Both}},
            "localhost": true,
            "source": "10.0.0.0/8",
            "port_map": [{ "public": 53, "vm": 54, "protocol": "tcp+udp" }, { "public": 80, "localhost": false }]
            """);
        await Assert.That(Translated(ruleset)).IsEqualTo("""
            web: any:53/tcp -> 192.168.122.2:54 from 10.0.0.0/8
            web: any:53/udp -> 192.168.122.2:54 from 10.0.0.0/8
            web: 127.0.0.1:53/tcp -> 192.168.122.2:54
            web: 127.0.0.1:53/udp -> 192.168.122.2:54
            web: any:80/tcp -> 192.168.122.2:80 from 10.0.0.0/8
            """);
        var access = ruleset.Loopback.Single();
        await Assert.That($"{access.Guest} {access.Bridge} {access.Address}").IsEqualTo("web virbr0 192.168.122.2");
        await Assert.That(string.Join(' ', access.Ports.Select(p => $"{p.Protocol}{p.Source} {p.Ranges.Single()}")))
            .IsEqualTo("Tcp 54 Udp 54");
        // What is accepted from outside stays as narrow as it was.
        await Assert.That(ruleset.Guests.Single().Ports.All(p => p.Source is not null)).IsTrue();
        await Assert.That(leftOut).IsEmpty();
    }

    [Test]
    public async Task Localhost_may_be_all_that_is_forwarded()
    {
        var (ruleset, leftOut) = Build(
            $$"""{{Four}}, "localhost": true, "public_ip": "127.0.0.1", "port_map": [80]""");
        await Assert.That(Translated(ruleset)).IsEqualTo("web: 127.0.0.1:80/tcp -> 192.168.122.2:80");
        await Assert.That(ruleset.Guests).IsEmpty();
        await Assert.That(ruleset.GuestNames).IsEquivalentTo(["web"]);
        await Assert.That(leftOut).IsEmpty();
    }

    [Test]
    [Arguments("virbr7", "virbr7")]
    [Arguments("virbr0", "virbr0")]
    public async Task The_interface_that_the_config_names_is_the_bridge(string name, string bridge)
    {
        var (ruleset, _) = Build(
            $$"""{{Four}}, "localhost": true, "interface": "{{name}}", "port_map": [80]""",
            Host with { Routes = [] });
        await Assert.That(ruleset.Loopback.Single().Bridge).IsEqualTo(bridge);
    }

    [Test]
    public async Task Without_a_bridge_localhost_is_left_out_and_the_rest_is_served()
    {
        var (ruleset, leftOut) = Build(
            $$"""{{Four}}, "localhost": true, "port_map": [80]""", Host with { Routes = [] });
        await Assert.That(Translated(ruleset)).IsEqualTo("web: any:80/tcp -> 192.168.122.2:80");
        await Assert.That(ruleset.Loopback).IsEmpty();
        await Assert.That(leftOut).IsEqualTo("web (partly): port 80: localhost: no interface of this host is connected "
            + "to the network of 192.168.122.2; name the one that leads there by \"interface\"");
    }

    [Test]
    public async Task Of_a_guest_with_ipv6_only_it_is_said_that_the_kernel_cannot()
    {
        var (ruleset, leftOut) = Build($$"""{{Six}}, "localhost": true, "port_map": [80]""");
        await Assert.That(Translated(ruleset)).IsEqualTo("web: any:80/tcp -> [fd00:122::2]:80");
        await Assert.That(leftOut).IsEqualTo("web (partly): port 80: localhost: the guest has no IPv4 address, and the "
            + "kernel cannot forward ::1 (it has no route_localnet for IPv6)");
    }

    [Test]
    [Arguments("127.0.0.1", "127.0.0.1 as public_ip forwards nothing; \"localhost\": true forwards connections to ")]
    [Arguments("::1", "::1 as public_ip forwards nothing: the kernel cannot forward ::1 (it has no route_localnet")]
    public async Task Loopback_as_a_public_address_is_left_out(string address, string reason)
    {
        var (ruleset, leftOut) = Build(
            $$"""{{Both}}, "port_map": [80, { "public": 81, "public_ip": "{{address}}" }]""");
        await Assert.That(ruleset.Translations.All(t => t.PublicPorts.First == 80)).IsTrue();
        await Assert.That(leftOut).StartsWith($"web: port 81: {reason}");
    }

    [Test]
    public async Task What_a_guest_opens_leaves_with_the_first_public_address_of_each_family()
    {
        var (ruleset, leftOut) = Build($$"""
            {{Both}},
            "snat": true,
            "public_ip": ["127.0.0.1", "192.168.0.166", "2001:db8::1", "192.168.0.167"],
            "localhost": true,
            "port_map": [80, { "public": 81, "public_ip": "192.168.0.169" }]
            """);
        await Assert.That(string.Join('\n', ruleset.Sources.Select(s => $"{s.Guest} {s.Address} {s.Public} {s.Own}")))
            .IsEqualTo("""
                web 192.168.122.2 192.168.0.166 192.168.122.0/24
                web fd00:122::2 2001:db8::1 fd00:122::/64
                """);
        await Assert.That(leftOut).IsEmpty();
    }

    [Test]
    [Arguments(""" "port_map": [{ "public": 80, "public_ip": "192.168.0.166" }] """)]
    [Arguments(""" "snat": true, "port_map": [80] """)]
    [Arguments(""" "snat": true, "public_ip": "192.168.0.166", "port_map": [{ "public": 80, "snat": false }] """)]
    public async Task Without_snat_or_without_a_public_address_nothing_changes(string web)
    {
        var (ruleset, leftOut) = Build($"{Four}, {web}");
        await Assert.That(ruleset.Sources).IsEmpty();
        await Assert.That(ruleset.Translations.Length).IsEqualTo(1);
        await Assert.That(leftOut).IsEmpty();
    }

    [Test]
    public async Task A_guest_of_an_isolated_network_opens_nothing_that_could_leave()
    {
        var isolated = Host with { Networks = [Default with { Isolated = true }] };
        var (ruleset, leftOut) = Build(
            $$"""{{Four}}, "snat": true, "public_ip": "192.168.0.166", "port_map": [80]""", isolated);
        await Assert.That(ruleset.Sources).IsEmpty();
        await Assert.That(ruleset.Translations.Length).IsEqualTo(1);
        await Assert.That(leftOut).StartsWith("web (partly): port 80: snat: the guest's network is isolated");
    }

    [Test]
    public async Task A_guest_at_a_macvtap_of_the_interface_that_leads_to_it_is_left_out()
    {
        var direct = new GuestInterface(null, null, null, "macvtap0") { Kind = "direct", Device = "eth0" };
        var nat = new GuestInterface(null, "default", "virbr0", "vnet0") { Kind = "network" };
        const string OnTheLan = "\"private_ip\": \"192.168.0.99\", \"port_map\": [80]";
        var (ruleset, leftOut) = Build(OnTheLan, Host, direct, nat);
        await Assert.That(ruleset.IsEmpty).IsTrue();
        await Assert.That(leftOut).StartsWith("web: 192.168.0.99 is reached by eth0, and the guest is at a macvtap");

        (ruleset, leftOut) = Build($"{Four}, \"port_map\": [80]", Host, direct, nat);
        await Assert.That(ruleset.Translations.Length).IsEqualTo(1);
        await Assert.That(leftOut).IsEmpty();
    }

    [Test]
    public async Task A_guest_with_nothing_but_an_interface_of_type_user_is_left_out()
    {
        var user = new GuestInterface(null, null, null, null) { Kind = GuestInterface.User };
        var (ruleset, leftOut) = Build("\"private_ip\": \"10.0.2.15\", \"port_map\": [80]", Host, user);
        await Assert.That(ruleset.IsEmpty).IsTrue();
        await Assert.That(leftOut).StartsWith("web: it has only an interface of type 'user'");
    }

    private const string Mac = "52:54:00:00:00:02";

    private static Lease Lease(string address) => new("virbr0", Mac, IPAddress.Parse(address), 0);

    private static (Ruleset Ruleset, string LeftOut) Build(
        string web, Observation? host = null, params GuestInterface[] nics)
    {
        var leftOut = new List<LeftOut>();
        if (nics.Length == 0) nics = [new GuestInterface(Mac, "default", "virbr0", "vnet0")];
        var config = $$"""{ "machines": { "web": { {{web}} } } }""";
        var ruleset = Rulesets.Of(config, host ?? Host, leftOut, [.. nics]);
        var lines = leftOut.Select(l => $"{l.Guest}{(l.Partly ? " (partly)" : "")}: {l.Reason}");
        return (ruleset, string.Join('\n', lines));
    }

    private static string Translated(Ruleset ruleset) =>
        string.Join('\n', ruleset.Translations.Select(t => t.Describe()));

    private static string Served(Ruleset ruleset) => string.Join(
        '\n', ruleset.Guests.Select(g => $"{g.Address} {g.Ports.Single().Ranges.Single()} {g.Masqueraded}"));
}
