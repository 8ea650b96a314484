using System.Net;
using HookAot.Backends;
using HookAot.Rules;
using HookAot.Tests.Backends;

namespace HookAot.Tests.Nftables;

/// <summary>What configs become, one for each thing that nftables has to do.</summary>
internal static class NftStories
{
    /// <summary>A host with both families.</summary>
    public static Observation Host { get; } = Observation.Nothing with
    {
        Networks =
        [
            Rulesets.Default with
            {
                Ranges = [IPNetwork.Parse("192.168.122.0/24"), IPNetwork.Parse("fd00:122::/64")],
                BridgeAddresses = [IPAddress.Parse("192.168.122.1"), IPAddress.Parse("fd00:122::1")],
            },
        ],
        Routes =
        [
            new ConnectedRoute(IPNetwork.Parse("192.168.122.0/24"), "virbr0"),
            new ConnectedRoute(IPNetwork.Parse("fd00:122::/64"), "virbr0"),
            new ConnectedRoute(IPNetwork.Parse("192.168.0.0/24"), "eth0"),
        ],
    };

    private static readonly Observation Isolated =
        Host with { Networks = [Host.Networks[0] with { Isolated = true }] };

    private const string V4 = "\"private_ip\": \"192.168.122.2\"";

    private const string Both = "\"private_ip\": [\"192.168.122.2\", \"fd00:122::2\"]";

    /// <summary>The names of all stories.</summary>
    public static IReadOnlyList<string> Names => [.. Configs.Keys];

    private static readonly Dictionary<string, (string Config, Observation Host)> Configs = new()
    {
        ["one forward"] = (Web($$"""{{V4}}, "public_ip": "192.168.0.166", "port_map": [[8080, 80]]"""), Host),
        ["both families"] = (Web($$"""
            {{Both}}, "public_ip": ["192.168.0.166", "2001:db8::166"], "port_map": [[8080, 80]]
            """), Host),
        ["any address"] = (Web($$"""
            {{Both}}, "port_map": [[8080, 80], { "public": 53, "protocol": "tcp+udp" }, { "public": "7000-7010" }]
            """), Host),
        ["ranges"] = (Web($$"""
            {{Both}}, "public_ip": ["192.168.0.166", "2001:db8::166"], "port_map": [
                { "public": "5000-5010" },
                { "public": "5100-5104", "vm": "6000-6004", "protocol": "tcp+udp" },
                { "public": "5200-5210", "protocol": "sctp" }
            ]
            """), Host),
        ["sources"] = (Web($$"""
            {{Both}}, "public_ip": ["192.168.0.166", "2001:db8::166"], "source": ["10.0.0.0/8", "2001:db8:1::/48"],
            "port_map": [
                [8080, 80], 443, { "public": "5000-5010" }, { "public": "5100-5102", "vm": "6000-6002" },
                { "public": 53, "protocol": "udp", "public_ip": "" },
                { "public": "7000-7010", "protocol": "udp", "public_ip": "" },
                { "public": 8053, "vm": 53, "protocol": "udp", "public_ip": "" }
            ]
            """), Host),
        ["nested sources"] = (Web($$"""
            {{V4}}, "public_ip": "192.168.0.166", "source": ["10.0.0.0/8", "10.1.0.0/16", "10.1.2.3"],
            "port_map": [[8080, 80], 443, { "public": "5000-5010" }]
            """), Host),
        ["a public address twice"] = (Web($$"""
            {{V4}}, "public_ip": ["192.168.0.166", "192.168.0.166"], "port_map": [[8080, 80], "5000-5010"]
            """), Host),
        ["a port for several sources"] = ($$"""
            {
                "public_ip": "192.168.0.166",
                "machines": {
                    "a": {
                        {{V4}}, "source": "10.0.0.0/8", "port_map": [[8080, 80], { "public": "5000-5010" }]
                    },
                    "b": {
                        "private_ip": "192.168.122.3", "source": ["192.168.0.0/24", "172.16.0.0/12"],
                        "port_map": [[8080, 80], { "public": "5005-5015" }]
                    }
                }
            }
            """, Host),
        ["two guests of one address"] = ($$"""
            {
                "public_ip": "192.168.0.166",
                "machines": {
                    "a": { {{V4}}, "port_map": [[8080, 80], [8081, 81], { "public": "5000-5010" }] },
                    "b": {
                        {{V4}}, "source": "10.0.0.0/8",
                        "port_map": [[9080, 80], { "public": "5020-5030", "vm": "5005-5015" }]
                    }
                }
            }
            """, Host),
        ["ports that everybody and some may reach"] = (Web($$"""
            {{V4}}, "public_ip": "192.168.0.166", "port_map": [
                { "public": 8080, "vm": 80 },
                { "public": "9000-9010", "vm": "75-85", "source": "10.0.0.0/8" },
                { "public": "9100-9110", "vm": "78-88", "source": "10.1.0.0/16" }
            ]
            """), Host),
        ["localhost"] = (Web($$"""
            {{Both}}, "localhost": true, "port_map": [
                [8080, 80], { "public": "5000-5010" }, { "public": "5100-5102", "vm": "6000-6002", "protocol": "udp" }
            ]
            """), Host),
        ["localhost of an isolated network"] = (Web($$"""
            {{V4}}, "localhost": true, "port_map": [[8080, 80], { "public": "5000-5010" }]
            """), Isolated),
        ["localhost alone"] = (Web($$"""
            {{V4}}, "public_ip": "127.0.0.1", "localhost": true, "port_map": [[8080, 80]]
            """), Host),
        ["source addresses"] = (Web($$"""
            {{Both}}, "public_ip": ["192.168.0.166", "2001:db8::166"], "snat": true, "port_map": [[8080, 80]]
            """), Host),
        ["an isolated network"] = (Web($$"""{{Both}}, "port_map": [[8080, 80]]"""), Isolated),
        ["a network"] = ("""{ "networks": { "default": "192.168.122.0/24" } }""", Host),
        ["a network and a guest"] = ($$"""
            {
                "machines": { "web": { {{Both}}, "port_map": [[8080, 80]] } },
                "networks": { "default": "192.168.122.0/24" }
            }
            """, Host),
        ["names that could mean something"] = ($$"""
            {
                "machines": {
                    "a\" drop; flush ruleset #": { {{V4}}, "port_map": [[8080, 80]] },
                    "mark": { "private_ip": "192.168.122.3", "port_map": [81] },
                    "jump guest_input": { "private_ip": "192.168.122.4", "port_map": [82] },
                    "ü$(x)\\": { "private_ip": "192.168.122.5", "port_map": [83, "90-91"] }
                }
            }
            """, Host),
        ["nothing"] = ("{}", Host),
    };

    /// <summary>What a story needs.</summary>
    public static WantedRules Wanted(string name)
    {
        var (config, host) = Configs[name];
        return WantedRules.All(Rulesets.Of(config, host));
    }

    private static string Web(string keys) => $$"""{ "machines": { "web": { {{keys}} } } }""";
}
