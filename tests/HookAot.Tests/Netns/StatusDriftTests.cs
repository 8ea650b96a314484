using System.Text.Json;
using static HookAot.Tests.Netns.World;

namespace HookAot.Tests.Netns;

/// <summary>
/// What keeps a forward from working although its rules are in the kernel: status names it, and its cure.
/// </summary>
[Category("Netns")]
public sealed class StatusDriftTests
{
    private const string TwoForwards = $$"""
        {
            "machines": { "a": { "private_ip": "{{AddressA}}", "port_map": [[2222, 22], [8080, 80]] } },
            "public_ip": "{{Public}}"
        }
        """;

    private const string LibvirtsTable =
        "nft add table ip libvirt_network; " +
        "nft 'add chain ip libvirt_network forward { type filter hook forward priority filter; }'";

    private static async Task<World> Active(string config = OneForward, string iptables = "iptables")
    {
        var world = await World.Create(config, iptables);
        await world.Runs("a");
        await world.Quietly("a", "start");
        await world.Done("status");
        return world;
    }

    private static async Task<string> Drift(World world)
    {
        var ended = await world.Call("status");
        await Assert.That(ended.ExitCode).IsEqualTo(1).Because(ended.Output + ended.Error);
        return ended.Output;
    }

    [Test]
    public async Task A_hook_that_was_removed_is_drift_with_its_own_cure()
    {
        await using var world = await Active();
        var link = Path.Combine(world.Directory, "hooks", "qemu");
        await Tool.Succeed(["sh", "-euc", "rm \"$0\" \"$0\".d/*", link]);
        await Assert.That(await Drift(world))
            .Contains($"drift: the hook is not installed: {link} does not exist, so libvirt calls no hook")
            .And.Contains($"do: ln -s hookaot {link}")
            .And.DoesNotContain("'hookctrl apply' puts it right");
        await world.Program("hooks/qemu", "#!/bin/sh\n");
        await Assert.That(await Drift(world))
            .Contains($"do: mkdir -p {link}.d && ln -s ../hookaot {link}.d/50-hookaot");
        File.Delete(link);
        await Tool.Succeed(["ln", "-s", "hookaot", link]);
        await world.Done("status");
    }

    [Test]
    public async Task A_missing_rule_is_held_against_its_own_forward_only()
    {
        await using var world = await Active(TwoForwards);
        await world.Iptables("-t nat -D HOOKAOT-DNAT 1");
        var lines = (await Drift(world)).Split('\n');
        await Assert.That(lines[1]).Contains(" 2222/tcp ").And.Contains(" missing ");
        await Assert.That(lines[2]).Contains(" 8080/tcp ").And.Contains(" active ");
        await world.Done("apply");
        // What lets the guest's answers through is needed by both.
        await world.Iptables("-F HOOKAOT-FWD");
        lines = (await Drift(world)).Split('\n');
        await Assert.That(lines[1]).Contains(" 2222/tcp ").And.Contains(" missing ");
        await Assert.That(lines[2]).Contains(" 8080/tcp ").And.Contains(" missing ");
    }

    [Test]
    [Arguments("-t nat -I HOOKAOT-DNAT -p tcp -m tcp --dport 2222 -j RETURN", "a:2222", "a:8080")]
    [Arguments("-t nat -I HOOKAOT-DNAT -p tcp -m multiport --dports 80,8000:8080 -j ACCEPT", "a:8080", "a:2222")]
    [Arguments("-t nat -I HOOKAOT-DNAT -j RETURN", "a:2222,8080", "")]
    [Arguments("-I HOOKAOT-FWD -d 192.168.122.2/32 -p tcp -m tcp --dport 80 -j DROP", "a:8080", "a:2222")]
    [Arguments("-I HOOKAOT-FWD -s 192.168.0.0/24 -j DROP", "a:2222,8080", "")]
    public async Task What_another_programs_rule_takes_before_ours_is_said(string rule, string hit, string spared)
    {
        await using var world = await Active(TwoForwards);
        await world.Iptables(rule);
        var drift = await Drift(world);
        var text = $"-A {rule[(rule.IndexOf("-I ", StringComparison.Ordinal) + 3)..]}";
        await Assert.That(drift)
            .Contains($"{hit}: active in part: a rule of another program's comes before it: {text}\n")
            .And.Contains("drift: should not be there: ");
        if (spared.Length > 0) await Assert.That(drift).DoesNotContain($"{spared}: active in part");
    }

    [Test]
    [Arguments("-t nat -A HOOKAOT-DNAT -p tcp -m tcp --dport 2222 -j RETURN")]
    [Arguments("-t nat -I HOOKAOT-DNAT -p tcp -m tcp --dport 2223 -j RETURN")]
    [Arguments("-t nat -I HOOKAOT-DNAT -p udp -j RETURN")]
    [Arguments("-t nat -I HOOKAOT-DNAT -d 192.168.0.167 -j RETURN")]
    [Arguments("-t nat -I HOOKAOT-DNAT -j LOG")]
    [Arguments("-I HOOKAOT-FWD -d 192.168.122.3 -j DROP")]
    [Arguments("-I HOOKAOT-FWD -j ACCEPT")]
    [Arguments("-I HOOKAOT-FWD")]
    [Arguments("-A HOOKAOT-FWD -j DROP")]
    public async Task What_another_programs_rule_leaves_to_ours_is_no_reason(string rule)
    {
        await using var world = await Active(TwoForwards);
        await world.Iptables(rule);
        await Assert.That(await Drift(world))
            .Contains("drift: should not be there: ").And.DoesNotContain("active in part");
    }

    [Test]
    public async Task Where_a_guests_own_connections_leave_with_another_address_only_snat_is_missing()
    {
        await using var world = await Active(
            TwoForwards.Replace("[8080, 80]", """{ "public": 8080, "vm": 80, "snat": true }"""));
        await world.Iptables("-t nat -F HOOKAOT-SRC");
        var drift = await Drift(world);
        var lines = drift.Split('\n');
        await Assert.That(lines[1]).Contains(" 2222/tcp ").And.Contains(" active ");
        await Assert.That(lines[2]).Contains(" 8080/tcp ").And.Contains(" missing ");
        await Assert.That(drift).Contains("drift: a: missing: -A HOOKAOT-SRC ");
        await Assert.That((await world.Call("status", "a:8080")).ExitCode).IsEqualTo(1);
        await Assert.That((await world.Call("status", "a:2222")).ExitCode).IsEqualTo(0);
    }

    [Test]
    public async Task Who_lacks_no_accept_in_libvirts_table_is_not_blamed()
    {
        await using var world = await World.Create($$"""
            {
                "public_ip": "{{Public}}",
                "machines": {
                    "a": { "private_ip": "{{AddressA}}", "port_map": [[2222, 22]] },
                    "b": { "private_ip": "{{AddressB}}", "port_map": ["5060/udp", [8080, 80]] }
                }
            }
            """.Replace("\"5060/udp\"", """{ "public": 5060, "protocol": "udp" }""", StringComparison.Ordinal));
        await world.Runs("a");
        await world.Runs("b");
        await world.Host.Run(LibvirtsTable);
        await world.Host.Run("nft add rule ip libvirt_network forward oifname virbr0 reject");
        await world.Done("apply");
        await world.Done("status");

        // Its accept of UDP alone.
        const string Ours = "nft -a list chain ip libvirt_network hookaot";
        var chain = await world.Host.Run(Ours);
        var udp = chain.Split('\n').Single(l => l.Contains("udp dport", StringComparison.Ordinal));
        var handle = udp[(udp.LastIndexOf(' ') + 1)..];
        await world.Host.Run($"nft delete rule ip libvirt_network hookaot handle {handle}");
        var drift = await Drift(world);
        var lines = drift.Split('\n');
        await Assert.That(lines[1]).Contains(" 2222/tcp ").And.Contains(" active ");
        await Assert.That(lines[2]).Contains(" 5060/udp ").And.Contains(" missing ");
        await Assert.That(lines[3]).Contains(" 8080/tcp ").And.Contains(" active ");
        await Assert.That(drift)
            .Contains("drift: b: libvirt uses nftables and rejects what comes from outside")
            .And.DoesNotContain("drift: a: ");

        // Behind ours another rule does nothing to them.
        await world.Done("apply");
        await world.Host.Run("nft add rule ip libvirt_network hookaot counter");
        drift = await Drift(world);
        await Assert.That(drift).DoesNotContain(" missing ").And.Contains("drift: ");

        await world.Host.Run("nft flush chain ip libvirt_network hookaot");
        drift = await Drift(world);
        foreach (var line in drift.Split('\n').Skip(1).Take(3)) await Assert.That(line).Contains(" missing ");
    }

    [Test]
    public async Task A_setting_is_held_against_no_forward()
    {
        await using var world = await Active(TwoForwards);
        await world.Host.Run("echo 1 > /proc/sys/net/bridge/bridge-nf-call-iptables");
        var lines = (await Drift(world)).Split('\n');
        await Assert.That(lines[1]).Contains(" 2222/tcp ").And.Contains(" active ");
        await Assert.That(string.Join('\n', lines)).Contains("drift: a: hairpin mode of vnet0 is off");
    }

    [Test]
    public async Task A_libvirt_that_rejects_in_its_own_nftables_table_is_told_and_apply_opens_it()
    {
        await using var world = await Active();
        await world.Host.Run(LibvirtsTable);
        await world.Host.Run("nft add rule ip libvirt_network forward oifname virbr0 reject");
        await Assert.That(await world.Client.Tcp(Public, 2222)).IsEqualTo("ConnectionRefused");
        await Assert.That(await Drift(world))
            .Contains("drift: a: libvirt uses nftables and rejects what comes from outside")
            .And.Contains(" missing ")
            .And.Contains("'hookctrl apply' puts it right");

        await Assert.That(await world.Done("apply")).Contains("rules around them were put right");
        await Assert.That(await world.Client.Tcp(Public, 2222)).IsEqualTo("A:22 from 192.168.0.50");
        await Assert.That(await world.Done("status")).Contains("backend: nftables (libvirt uses nftables)");

        // A rule above ours may reject before ours accepts.
        await world.Host.Run("nft insert rule ip libvirt_network forward oifname virbr0 counter");
        await Assert.That(await Drift(world)).Contains("not once at the head of forward");
        await world.Done("apply");
        await world.Done("status");
    }

    [Test]
    public async Task Where_nft_cannot_be_run_the_iptables_rules_stay_and_the_error_names_nft()
    {
        await using var world = await Active();
        await world.Host.Run(LibvirtsTable);
        var ended = await Tool.Run(
            [
                .. world.Host.Enter, "unshare", "-m", "sh", "-euc",
                "mount --bind /dev/null \"$(command -v nft)\"; exec \"$0/hooks/hookctrl\" apply", world.Directory,
            ],
            environment: world.HookEnvironment);
        await Assert.That(ended.ExitCode).IsEqualTo(1).Because(ended.Output + ended.Error);
        await Assert.That(ended.Error).Contains("/nft ").And.Contains("iptables translates in the place of nft");
        await Assert.That(await world.Rules()).Contains("-A HOOKAOT-DNAT");
    }

    [Test]
    public async Task Libvirts_rules_in_the_other_iptables_are_drift()
    {
        await using var world = await Active();
        await world.Host.Run("iptables -F; iptables -X LIBVIRT_FWI; iptables-legacy -N LIBVIRT_FWI");
        await world.Done("apply");
        await Assert.That(await Drift(world))
            .Contains("drift: libvirt's rules are in /usr/sbin/iptables-legacy, ours in /usr/sbin/iptables")
            .And.Contains("do: update-alternatives --set iptables /usr/sbin/iptables-legacy");
    }

    [Test]
    [Arguments("iptables-legacy", "iptables-nft")]
    [Arguments("iptables-nft", "iptables-legacy")]
    public async Task Leftovers_of_ours_in_the_other_iptables_are_drift(string first, string second)
    {
        await using var world = await Active(iptables: first);
        world.HookEnvironment["IPTABLES_BINARY"] = $"/usr/sbin/{second}";
        await world.Call("apply");
        await world.Host.Run($"{first} -N HOOKAOT-FWD || true"); // as an apply that does not clean leaves it
        await Assert.That(await Drift(world)).Contains($"drift: rules of ours are in /usr/sbin/{first} as well");
    }

    [Test]
    [Arguments("iptables-legacy", "iptables-nft")]
    [Arguments("iptables-nft", "iptables-legacy")]
    public async Task Apply_takes_leftovers_out_of_the_other_iptables(string first, string second)
    {
        await using var world = await Active(iptables: first);
        world.HookEnvironment["IPTABLES_BINARY"] = $"/usr/sbin/{second}";
        await world.Call("apply");
        await Assert.That(await world.OurRules()).IsEmpty();
        await Assert.That(await Drift(world)).DoesNotContain("rules of ours are in");
    }

    [Test]
    public async Task The_legacy_tool_is_not_run_where_nothing_legacy_is_in_use()
    {
        await using var world = await World.Create();
        await world.Runs("a");
        var ran = Path.Combine(world.Directory, "ran");
        foreach (var tool in new[] { "save", "restore" })
        {
            var (ours, legacy) = ($"iptables-{tool}", $"iptables-legacy-{tool}");
            await world.Program(ours, $"#!/bin/sh\nexec /usr/sbin/{ours} \"$@\"\n");
            await world.Program(legacy, $"#!/bin/sh\n: > {ran}; exec /usr/sbin/{legacy} \"$@\"\n");
        }

        world.HookEnvironment["IPTABLES_BINARY"] = Path.Combine(world.Directory, "iptables");
        await world.Done("apply");
        await world.Done("status");
        await world.Done("doctor a");
        await Assert.That(File.Exists(ran)).IsFalse();
        await world.Host.Run("iptables-legacy -N HOOKAOT-FWD");
        await Assert.That(await Drift(world)).Contains("rules of ours are in");
        await Assert.That(File.Exists(ran)).IsTrue();
    }

    [Test]
    public async Task Json_has_the_cures_too()
    {
        await using var world = await Active();
        await world.Host.Run("echo 0 > /proc/sys/net/ipv4/ip_forward");
        var ended = await world.Call("status", "--json");
        using var json = JsonDocument.Parse(ended.Output);
        var drift = json.RootElement.GetProperty("drift")[0].GetString();
        await Assert.That(drift)
            .Contains("net.ipv4.ip_forward is 0").And.Contains("; do: sysctl -w net.ipv4.ip_forward=1");
        await Assert.That(json.RootElement.GetProperty("ok").GetBoolean()).IsFalse();
    }
}
