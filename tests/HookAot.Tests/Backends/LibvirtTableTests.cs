using HookAot.Backends;

namespace HookAot.Tests.Backends;

/// <summary>What is found in libvirt's own table that libvirt has not made.</summary>
public sealed class LibvirtTableTests
{
    private const string N = "counter packets 0 bytes 0";

    // As nft 1.0.6 and 1.1.3 list what libvirt makes for a NAT, a routed and a <forward dev=> network.
    private const string AsLibvirtMakesIt = $$"""
        table ip libvirt_network { # handle 8
            comment "Managed by libvirt for virtual networks: https://libvirt.org/firewall.html"
            chain forward { # handle 1
                type filter hook forward priority filter; policy accept;
                jump hookaot # handle 60
                {{N}} jump guest_cross # handle 6
                counter packets 4 bytes 240 jump guest_input # handle 7
                {{N}} jump guest_output # handle 8
            }

            chain hookaot { # handle 59
                ct status dnat ip daddr 192.168.122.2 tcp dport 22 accept # handle 61
            }

            chain guest_output { # handle 2
                ip saddr 192.168.122.0/24 iif "virbr0" {{N}} accept # handle 19
                iif "virbr0" {{N}} reject # handle 20
                ip saddr 10.1.0.0/16 iif "virbr1" oifname "eth1" {{N}} accept # handle 29
                iif "virbr1" {{N}} reject # handle 30
            }

            chain guest_input { # handle 3
                oif "virbr0" ip daddr 192.168.122.0/24 ct state established,related {{N}} accept # handle 21
                oif "virbr0" {{N}} reject # handle 22
                ip daddr 10.1.0.0/16 iifname "eth1" oif "virbr1" {{N}} accept # handle 31
                oif "virbr1" {{N}} reject # handle 32
            }

            chain guest_cross { # handle 4
                iif "virbr0" oif "virbr0" {{N}} accept # handle 23
                iif "virbr1" oif "virbr1" {{N}} accept # handle 33
            }

            chain guest_nat { # handle 5
                type nat hook postrouting priority srcnat; policy accept;
                ip saddr 192.168.122.0/24 ip daddr 224.0.0.0/24 {{N}} return # handle 24
                meta l4proto tcp ip saddr 10.0.0.0/8 ip daddr != 10.0.0.0/8 {{N}} masquerade to :1024-65535 # handle 26
                ip saddr 192.168.122.0/24 ip daddr != 192.168.122.0/24 {{N}} masquerade # handle 28
            }
        }
        """;

    [Test]
    public async Task Nothing_is_found_where_it_is_as_libvirt_makes_it() =>
        await Assert.That(LibvirtTable.Leftovers("ip", AsLibvirtMakesIt)).IsEmpty();

    [Test]
    [Arguments("guest_input", "ip daddr 192.168.122.2 tcp dport 22 counter packets 0 bytes 0 accept")]
    [Arguments("guest_input", "ct status dnat accept")]
    [Arguments("guest_input", "oif \"virbr0\" accept")]
    [Arguments("guest_input", "ip daddr 192.168.122.2 oif \"virbr0\" accept")]
    [Arguments("guest_output", "iif \"virbr0\" tcp sport 22 accept")]
    [Arguments("guest_cross", "iif \"virbr0\" oif \"virbr1\" accept")]
    [Arguments("guest_nat", "ip saddr 192.168.122.0/24 ip daddr 192.168.122.2 masquerade")]
    [Arguments("forward", "oifname \"virbr0\" accept")]
    [Arguments("forward", "jump others")]
    public async Task A_rule_of_something_else_is_named_with_the_command_that_deletes_it(string chain, string rule)
    {
        var head = $"chain {chain} {{ # handle ";
        var at = AsLibvirtMakesIt.IndexOf('\n', AsLibvirtMakesIt.IndexOf(head, StringComparison.Ordinal));
        var listing = AsLibvirtMakesIt.Insert(at, $"\n        {rule} # handle 77");
        await Assert.That(LibvirtTable.Leftovers("ip", listing)).IsEquivalentTo([
            new LibvirtLeftover(
                $"libvirt's chain ip libvirt_network {chain} has a rule of something else: " +
                rule.Replace("counter packets 0 bytes 0 ", "", StringComparison.Ordinal),
                $"nft delete rule ip libvirt_network {chain} handle 77"),
        ]);
    }

    [Test]
    public async Task A_chain_of_another_program_may_reject_with_one_word()
    {
        const string Other = "    chain other {\n        reject # handle 90\n    }\n\n", Forward = "    chain forward";
        var listing = AsLibvirtMakesIt.Replace(Forward, Other + Forward, StringComparison.Ordinal);
        await Assert.That(listing).Contains("other");
        await Assert.That(LibvirtTable.Leftovers("ip", listing)).IsEmpty();
    }

    [Test]
    [Arguments("22", "goes to \"virbr0\" is gone from ip6 libvirt_network guest_input")]
    [Arguments("30", "comes from \"virbr1\" is gone from ip6 libvirt_network guest_output")]
    public async Task A_reject_that_is_gone_is_named(string handle, string found)
    {
        var gone = "# handle " + handle;
        var lines = AsLibvirtMakesIt.Split('\n');
        var listing = string.Join('\n', lines.Where(line => !line.EndsWith(gone, StringComparison.Ordinal)));
        var leftover = LibvirtTable.Leftovers("ip6", listing).Single();
        await Assert.That(leftover.Message).Contains("libvirt's reject of what " + found);
        await Assert.That(leftover.Cure).Contains("systemctl reload libvirtd");
    }
}
