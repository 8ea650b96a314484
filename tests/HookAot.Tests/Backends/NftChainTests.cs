using HookAot.Backends;
using HookAot.Model;

namespace HookAot.Tests.Backends;

/// <summary>What is read from nft's listings of the chains of others.</summary>
public sealed class NftChainTests
{
    private const string Chains = """
        table ip filter {
        	chain FORWARD {
        		type filter hook forward priority filter; policy drop;
        	}
        }
        table ip6 filter {
        	chain FORWARD {
        		type filter hook forward priority filter; policy drop;
        	}
        }
        table inet site {
        	chain on_the_way {
        		type filter hook forward priority filter - 5; policy drop;
        	}
        	chain jumped_to {
        	}
        }
        """;

    private static readonly NftChain Site = new("inet", "site", "on_the_way", "forward", Drops: true);

    [Test]
    public async Task Base_chains_are_read_and_those_of_iptables_known()
    {
        var chains = NftChain.Parse(Chains).ToList();
        await Assert.That(chains.Count).IsEqualTo(3);
        await Assert.That(chains.Where(c => !c.IsIptables)).IsEquivalentTo([Site]);
        await Assert.That(chains.Select(c => c.Sees(ipv4: false))).IsEquivalentTo([false, true, true]);
    }

    [Test]
    [Arguments(true, "", true)]
    [Arguments(false, "", false)]
    [Arguments(true, "ct status dnat accept", false)]
    [Arguments(true, "ct status dnat counter packets 3 bytes 180 accept # handle 4", false)]
    [Arguments(true, "ct status dnat jump others", true)]
    [Arguments(false, "counter packets 3 bytes 180 drop", true)]
    [Arguments(false, "reject with icmpx admin-prohibited", true)]
    [Arguments(false, "ct state invalid drop", false)]
    [Arguments(false, "ct status dnat accept\ndrop", false)]
    public async Task What_stops_the_translated_is_known(bool policyDrops, string rules, bool stops)
    {
        var chain = Site with { Drops = policyDrops };
        await Assert.That(chain.Stops($"table inet site {{\nchain on_the_way {{\n{rules}\n}}\n}}")).IsEqualTo(stops);
    }

    [Test]
    [Arguments("2222", true)]
    [Arguments("9001-9002", true)]
    [Arguments("9002", true)]
    [Arguments("9002-9003", false)]
    [Arguments("22", false)]
    public async Task Ports_that_a_strict_firewalld_accepts_are_known(string ports, bool accepted)
    {
        const string listing = """
            table inet firewalld {
                chain filter_FORWARD_dnat {
                    ct original proto-dst 9001-9002 accept
                    meta l4proto tcp ct original proto-dst 2222 counter packets 0 bytes 0 accept
                    ct original proto-dst 22 reject
                    reject with icmpx admin-prohibited
                }
            }
            """;
        _ = PortRange.TryParse(ports, out var range);
        await Assert.That(FirewalldListing.Accepts(listing, range)).IsEqualTo(accepted);
    }
}
