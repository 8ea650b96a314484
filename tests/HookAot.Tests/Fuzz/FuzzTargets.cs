using System.Text;
using static HookAot.Tests.Fuzz.Seeds;

namespace HookAot.Tests.Fuzz;

/// <summary>All of them.</summary>
internal static class FuzzTargets
{
    private const string Json =
        "{ } [ ] : , \" \\ // /* */ \\u0000 \\ud800 true false null 1e9 -1 \\\" \\n \r\n \uFEFF";

    private const string Addresses =
        "192.168.122.2 192.168.122.0/24 10.0.0.0/8 fd00::2 fd00::/64 2001:db8::1 127.0.0.1 ::1 0.0.0.0 :: fe80::1 " +
        "224.0.0.1 255.255.255.255 192.168.0.166";

    private const string ConfigWords = Json + " " + Addresses + " " +
        "\"machines\" \"networks\" \"public_ip\" \"private_ip\" \"port_map\" \"source\" \"interface\" \"localhost\" " +
        "\"snat\" \"enabled\" \"comment\" \"public\" \"vm\" \"protocol\" \"until\" \"range\" \"debug\" \"strict\" " +
        "\"backend\" \"$schema\" \"tcp\" \"udp\" \"sctp\" \"tcp+udp\" \"nftables\" \"iptables\" \"auto\" \"web\" " +
        "\"8080\" \"80-90\" 65535 \"2026-11-28T18:00:00Z\" \"2036-11-28T18:00:00Z\" \"virbr0\"";

    private const string XmlWords = Addresses + " " +
        "<domain> </domain> <domstatus state='running'> <devices> <interface type='network'> </interface> <mac " +
        "address=' <source network='default' bridge='virbr0' mode='vepa' dev='eth0' <target <actual type='direct' " +
        "<metadata> /> <![CDATA[ ]]> <!-- --> <!DOCTYPE <?xml &lt; &#0; &#x110000; &amp; xmlns: xmlns:a='b' " +
        "<network> <name> </name> <forward mode='none' <bridge name=' <ip netmask=' prefix='24' <dhcp> <host mac=' " +
        "ip=' id='00:03:00:01:52:54:00:aa:00:03' family='ipv6' <hookData> <networkstatus> </network> 255.255.255.0";

    private const string RuleWords = Addresses + " *nat *filter *raw COMMIT :HOOKAOT-DNAT :HOOKAOT-FWD :PREROUTING " +
        ":FORWARD HOOKAOT-DNAT HOOKAOT-LOCAL HOOKAOT-SNAT HOOKAOT-SRC HOOKAOT-RAW HOOKAOT-NET HOOKAOT-FWD -A -j -g " +
        "[0:0] [1:60] [9223372036854775807:1] -m tcp -p tcp --dport 8080 --to-destination 192.168.122.2:80 -s -d " +
        "--comment \"web\" -m\u00a0comment DROP ACCEPT - PREROUTING OUTPUT FORWARD POSTROUTING conntrack " +
        "--ctstate DNAT";

    private const string NftWords = Addresses + " table ip ip6 inet libvirt_network chain forward guest_input { } " +
        "guest_output guest_cross guest_nat type filter hook priority policy drop; accept reject counter packets " +
        "bytes iif oif iifname oifname \"virbr0\" ip saddr daddr ct state established,related status dnat jump # " +
        "handle original proto-dst 80 != masquerade return goto";

    private const string RecordWords = Json + " " +
        "\"Guests\": \"Driver\": \"Name\": \"Interfaces\": \"Mac\": \"Network\": \"Bridge\": \"Target\": \"Kind\": " +
        "\"Device\": \"Since\": \"Shadowed\": \"Networks\": \"Steps\": \"Installed\": \"Parts\": \"Udp\": " +
        "\"Public\": \"First\": \"Last\": \"Source\": \"Learned\": \"Address\": \"Accepted\": \"Refused\": " +
        "\"Guest\": \"Reason\": \"Backend\": \"ConfigPath\": \"Called\": \"Localnet\": \"Active\":";

    private static readonly string[] ConfigSources =
        ["Rules/RulesetBuilderTests.cs", "Config/SchemaTests.cs", "Config/IdleForwardTests.cs", "Netns/PathTests.cs"];

    /// <summary>All targets.</summary>
    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        new("config", ConfigTargets.Config, Configs, ConfigWords),
        new("edit", EditTarget.Run, () => Configs().SelectMany(EditTarget.Seeds), ConfigWords),
        new("script", ScriptTarget.Run, Configs, ConfigWords),
        new("hooks-json", ConfigTargets.Hooks, () => Texts("Config/HooksJsonTests.cs"), Json + " " + Addresses +
            " \"interface\" \"private_ip\" \"public_ip\" \"source_ip\" \"port_map\" \"port_range\" \"init_port\" " +
            "\"ports_num\" \"protocol\" \"tcp\" \"icmp\" \"known\""),
        new("domain-xml", HostTargets.Domain,
            () => Texts("Host/DomainXmlTests.cs", "Host/LibvirtStatusTests.cs", "Netns/GuestXml.cs",
                "Netns/NetworkKindTests.cs"), XmlWords),
        new("network-xml", HostTargets.Network,
            () => Texts("Host/NetworkXmlTests.cs", "Host/LibvirtStatusTests.cs", "Netns/NetworkKindTests.cs"),
            XmlWords),
        new("leases", HostTargets.Leases, () => Texts("Host/DnsmasqLeasesTests.cs"), Json + " " + Addresses +
            " \"ip-address\": \"mac-address\": \"client-id\": \"expiry-time\": 00:01:00:01:2a 52:54:00:aa:00:02"),
        new("record", HostTargets.Record, () => [RecordSeeds.State], RecordWords),
        new("event", HostTargets.Event, () => [RecordSeeds.Event], RecordWords),
        new("netlink", NetlinkTarget.Run, NetlinkSeeds.All, "\u0001 \u0002 \u0003 counter immediate hookaot"),
        new("rules", NetlinkTarget.Installed, NetlinkSeeds.Elements, "\u0001 \u0002 web"),
        new("iptables-save", ListingTargets.IptablesSave,
            () => [.. Files("lab", "*.rules"), .. ScriptTarget.Listings()], RuleWords),
        new("nft-list", ListingTargets.NftList,
            () => [.. Files("lab", "*.rules"), .. Texts("Backends/NftChainTests.cs", "Backends/LibvirtTableTests.cs")],
            NftWords),
        new("routes", HostTargets.Routes,
            () => Texts("Kernel/ConnectedRoutesTests.cs", "Kernel/ConnectedRoutes6Tests.cs"),
            "0000A8C0 00FFFFFF 0001 fd000122000000000000000000000000 40 00000001 virbr0 lo \t"),
        new("log-line", HostTargets.LogLine, () => Texts("Model/LoggedChangeTests.cs"),
            "[hookaot@32473 kind=\" add=\" del=\" more=\" \"] \\\" \\] \\\\ \u001b"),
        new("ports", ListingTargets.Ports,
            () => Words("80", "8080:80/udp", "5000-5010:6000-6010/tcp+udp", "192.168.0.166:8080:80", "[fd00::1]:53",
                "80,443/tcp", "ssh", "2222:ssh", "domain"),
            Addresses + " / : - , + tcp udp sctp ssh http domain 65535 0 ["),
        new("services", ListingTargets.ServicesFile, () => Words("ssh 22/tcp secure # shell\ndomain 53/udp"),
            "ssh 22/tcp 53/udp # / \t"),
        new("argv", ArgvTarget.Run, ArgvTarget.Seeds, ArgvTarget.Words),
    ];

    /// <summary>The target of a name.</summary>
    public static FuzzTarget Named(string name) =>
        name == PlantedTarget.Name ? PlantedTarget.Of(Named("config")) : All.Single(t => t.Name == name);

    private static IEnumerable<byte[]> Configs() =>
    [
        .. Files("HookAot.Tests/Config/valid", "*.json"),
        .. Files("HookAot.Tests/Config/invalid", "*.json"),
        .. Files("HookAot.Tests/Config/edited", "*.json"),
        .. Texts(ConfigSources).Where(t => t.Contains((byte)'{')),
    ];

    private static IEnumerable<byte[]> Words(params string[] words) => words.Select(Encoding.UTF8.GetBytes);
}
