using System.Diagnostics;
using System.Text.Json;
using static HookAot.Tests.Netns.World;

namespace HookAot.Tests.Netns;

/// <summary>hookctrl doctor: each cause is made, has to be found, and its cure has to cure it.</summary>
[Category("Netns")]
public sealed class DoctorTests
{
    private const string OneUdpForward = $$"""
        {
            "machines": {
                "a": {
                    "private_ip": "{{AddressA}}",
                    "port_map": [{ "public": 2222, "vm": 22, "protocol": "udp" }]
                }
            },
            "public_ip": "{{Public}}"
        }
        """;

    private const string NotAtTheHead =
        "not at the head of FORWARD: -A FORWARD -m conntrack --ctstate DNAT -j HOOKAOT-FWD is rule 2, ";

    private const string HookIsNotExecutable = """
        rm {D}/hooks/qemu {D}/hooks/qemu.d/*
        cp {D}/hooks/hookaot {D}/hooks/qemu
        chmod 644 {D}/hooks/qemu
        """;

    private const string UfwStandsBefore = """
        iptables -P FORWARD DROP
        iptables -N ufw-user-forward
        iptables -I FORWARD -j ufw-user-forward
        """;

    private const string LibvirtUsesNftables = """
        nft add table ip libvirt_network
        nft 'add chain ip libvirt_network forward { type filter hook forward priority filter; }'
        """;

    private const string ASiteDropsWhatIsForwarded = """
        nft add table inet site
        nft 'add chain inet site forwarding { type filter hook forward priority filter; policy drop; }'
        """;

    // The chains of firewalld 2.3 at the forward hook, with StrictForwardPorts=yes. It matches a port without a
    // protocol, which no nft before 1.1 reads.
    private const string FirewalldIsStrict = """
        nft -f - <<NFT
        table inet firewalld {
            chain filter_FORWARD_dnat {
                meta l4proto tcp ct original proto-dst 8081 accept
                reject with icmpx admin-prohibited
            }
            chain filter_FORWARD {
                type filter hook forward priority filter + 10;
                ct state established,related accept
                ct status dnat jump filter_FORWARD_dnat
                reject with icmpx admin-prohibited
            }
        }
        NFT
        """;

    private static async Task<World> Healthy(string config = OneForward, string iptables = "iptables")
    {
        var world = await World.Create(config, iptables);
        world.HookEnvironment["HOOKAOT_HOOKS_DIR"] = Path.Combine(world.Directory, "hooks");
        await world.Runs("a");
        await world.Event("a", "start");
        return world;
    }

    private static async Task<string> Fault(World world, string target = "a")
    {
        var ended = await world.Call("doctor", target);
        await Assert.That(ended.ExitCode).IsEqualTo(1).Because(ended.Output + ended.Error);
        await Assert.That(ended.Output).Contains("  FAULT  ").And.Contains("         do: ");
        return ended.Output;
    }

    [Test]
    public async Task That_no_watcher_runs_is_noted_and_no_fault()
    {
        await using var world = await Healthy();
        await Assert.That(await world.Done("doctor a")).Contains("note   hookctrl watch does not run: a first lease");
        await Assert.That(await world.Done("status")).Contains("watcher: none; a first lease");
        using var watcher = world.AsIfWatched();
        await Assert.That(await world.Done("doctor a")).Contains("ok     hookctrl watch runs");
        await Assert.That(await world.Done("status")).DoesNotContain("watcher");
    }

    [Test]
    public async Task Nothing_is_found_where_nothing_is_wrong()
    {
        await using var world = await Healthy();
        using var watcher = world.AsIfWatched();
        await Assert.That(await world.Done("doctor a"))
            .Contains("ok     it answers on 192.168.122.2:22")
            .And.Contains("nothing on this host stops it")
            .And.DoesNotContain("note");
        await Assert.That(await world.Done("doctor a:2222")).Contains("with port 2222");
        await Assert.That(await world.Done("doctor")).StartsWith("a\n");

        using var json = JsonDocument.Parse(await world.Done("doctor a --json"));
        await Assert.That(json.RootElement[0].GetProperty("ok").GetBoolean()).IsTrue();
    }

    /// <param name="damage">What is done on the host; {D} is the world's directory.</param>
    /// <param name="found">What doctor has to say.</param>
    /// <param name="cure">What ends it, as doctor says.</param>
    [Test]
    [Arguments("rm {D}/hooks/qemu {D}/hooks/qemu.d/*", "the hook is not installed", "ln -s hookaot {D}/hooks/qemu")]
    [Arguments(HookIsNotExecutable, "is not executable", "chmod 755 {D}/hooks/qemu")]
    [Arguments("rm -r {D}/run", "libvirt has not called the hook when it started", "hookctrl apply")]
    [Arguments(
        "iptables -t nat -F HOOKAOT-DNAT",
        "missing: -A HOOKAOT-DNAT -d 192.168.0.166/32 -p tcp",
        "hookctrl apply")]
    [Arguments(
        "iptables -I FORWARD -j LIBVIRT_FWI",
        NotAtTheHead + "behind -A FORWARD -j LIBVIRT_FWI",
        "hookctrl apply")]
    [Arguments(
        "iptables -P FORWARD DROP; iptables -F HOOKAOT-FWD",
        "(FORWARD's policy is DROP, which docker and ufw set)",
        "hookctrl apply")]
    [Arguments(
        UfwStandsBefore,
        "behind -A FORWARD -j ufw-user-forward (table filter) (FORWARD's policy is DROP",
        "hookctrl apply")]
    [Arguments(
        "echo 0 > /proc/sys/net/ipv4/ip_forward",
        "net.ipv4.ip_forward is 0",
        "sysctl -qw net.ipv4.ip_forward=1")]
    [Arguments(LibvirtUsesNftables, "libvirt uses nftables", "hookctrl apply")]
    [Arguments(
        ASiteDropsWhatIsForwarded,
        "nftables chain inet site forwarding drops what is forwarded",
        "nft insert rule inet site forwarding ct status dnat accept")]
    [Arguments(
        "echo 1 > /proc/sys/net/bridge/bridge-nf-call-iptables",
        "br_netfilter is on and hairpin mode of vnet0 is off",
        "hookctrl apply")]
    public async Task A_cause_on_the_host_is_found_and_cured(string damage, string found, string cure)
    {
        await using var world = await Healthy();
        damage = damage.Replace("{D}", world.Directory, StringComparison.Ordinal);
        cure = cure.Replace("{D}", world.Directory, StringComparison.Ordinal);

        await WithHookctrl(world, damage);
        await Assert.That(await Fault(world)).Contains(found).And.Contains(AsDoctorSaysIt(cure));

        await WithHookctrl(world, cure);
        await world.Done("doctor a");
        await Assert.That(await world.Client.Tcp(Public, 2222)).IsEqualTo("A:22 from 192.168.0.50");
    }

    // Runs a script on the world's host, where hookctrl is in the PATH.
    private static Task<string> WithHookctrl(World world, string script)
    {
        var path = Environment.GetEnvironmentVariable("PATH");
        var variables = new Dictionary<string, string>(world.HookEnvironment)
        {
            ["PATH"] = $"{world.Directory}/hooks:{path}",
        };
        return Tool.Succeed([.. world.Host.Enter, "sh", "-euc", script], environment: variables);
    }

    // The cure of a test is quiet.
    private static string AsDoctorSaysIt(string cure) => cure.Replace("-qw", "-w", StringComparison.Ordinal);

    [Test]
    [Arguments("web", "does not name a guest \"web\"", OneForward)]
    [Arguments(
        "wbe",
        "does not name a guest \"wbe\"; did you mean \"web\"?",
        """{ "machines": { "web": { "port_map": [80] }, "a": {} } }""")]
    [Arguments("a:80", "it has no forward of port 80; it has 2222", OneForward)]
    [Arguments("a", "it has no forwards", """{ "machines": { "a": { "private_ip": "192.168.122.2" } } }""")]
    [Arguments(
        "a",
        "the time of port 80 has ended",
        """{ "machines": { "a": { "port_map": [{ "public": 80, "until": "2026-01-01T00:00:00Z" }] } } }""")]
    [Arguments(
        "a",
        "127.0.0.1 as public_ip forwards nothing",
        """
        { "machines": { "a": {
            "private_ip": "192.168.122.2", "port_map": [{ "public": 80, "public_ip": "127.0.0.1" }] } } }
        """)]
    [Arguments("a", "config.json:1:3", "{ nonsense")]
    [Arguments("a", "its entry in", """{ "machines": { "a": { "private_ip": "192.168.122.299" } } }""")]
    [Arguments("a", "no address is known", """{ "machines": { "a": { "port_map": [80] } } }""")]
    [Arguments(
        "a",
        "no interface of this host has the public address 192.0.2.1",
        """{ "machines": { "a": { "private_ip": "192.168.122.2", "port_map": [80] } }, "public_ip": "192.0.2.1" }""")]
    [Arguments(
        "a",
        "it refuses connections to 192.168.122.2:81: nothing listens there",
        """{ "machines": { "a": { "private_ip": "192.168.122.2", "port_map": [[80, 81]] } } }""")]
    [Arguments(
        "a:8001",
        "it refuses connections to 192.168.122.2:9003",
        """{ "machines": { "a": { "private_ip": "192.168.122.2", "port_map": [["8000-8001", "9002-9003"]] } } }""")]
    [Arguments(
        "a",
        "it does not answer on 192.168.122.77:80",
        """{ "machines": { "a": { "private_ip": "192.168.122.77", "port_map": [80] } } }""")]
    public async Task A_cause_in_the_config_or_the_guest_is_found(string target, string found, string config)
    {
        await using var world = await Healthy();
        await world.Configure(config);
        _ = await world.Call("apply");
        await Assert.That(await Fault(world, target)).Contains(found);
    }

    [Test]
    public async Task What_is_served_only_in_part_is_noted_and_no_fault()
    {
        await using var world = await Healthy();
        using var watcher = world.AsIfWatched();
        await world.Configure(OneForward.Replace($"\"{Public}\"", $"[\"{Public}\", \"127.0.0.1\"]"));
        await world.Done("apply");
        await Assert.That(await world.Done("doctor a"))
            .Contains("note   port 2222: 127.0.0.1 as public_ip forwards nothing");
    }

    [Test]
    public async Task A_guest_that_libvirt_does_not_know_or_that_does_not_run_is_found()
    {
        await using var world = await World.Create(OneForward);
        await Assert.That(await Fault(world)).Contains("it does not run").And.Contains("do: virsh start a");

        await world.Configure("""{ "machines": { "wbe": { "port_map": [80] } } }""");
        await world.Runs("web");
        await Assert.That(await Fault(world, "wbe"))
            .Contains("libvirt does not know a guest \"wbe\"; did you mean \"web\"?");

        await world.Configure("{}");
        var ended = await world.Call("doctor");
        await Assert.That(ended.ExitCode).IsEqualTo(1);
        await Assert.That(ended.Output).Contains("names no guest");
    }

    [Test]
    [Arguments("web two", "virsh start 'web two'")]
    [Arguments("x; rm -rf ~", "virsh start 'x; rm -rf ~'")]
    [Arguments("$(id)'`id`", "virsh start '$(id)'\\''`id`'")]
    public async Task A_name_in_a_command_is_quoted(string name, string command)
    {
        var key = JsonSerializer.Serialize(name);
        await using var world = await World.Create($$"""{ "machines": { {{key}}: { "port_map": [80] } } }""");
        await Assert.That(await Fault(world, name)).Contains($"do: {command}\n");
    }

    [Test]
    public async Task A_hook_that_is_newer_than_the_daemon_is_noted()
    {
        await using var world = await World.Create(OneForward);
        using var watcher = world.AsIfWatched();
        world.HookEnvironment["HOOKAOT_HOOKS_DIR"] = Path.Combine(world.Directory, "hooks");
        await world.Runs("a");
        using var daemon = Process.Start("sleep", "60");
        await File.WriteAllTextAsync(Path.Combine(world.Directory, "libvirtd.pid"), $"{daemon.Id}");
        await Task.Delay(1100); // times are in whole seconds
        await Tool.Succeed(["ln", "-sfn", "hookaot", Path.Combine(world.Directory, "hooks", "qemu")]);
        await world.Done("apply");
        await Assert.That(await world.Done("doctor a"))
            .Contains("note   ")
            .And.Contains("is newer than the daemon")
            .And.Contains("systemctl reload libvirtd");

        await world.Quietly("a", "reconnect");
        await Assert.That(await world.Done("doctor a")).DoesNotContain("note ");
        daemon.Kill();
    }

    [Test]
    public async Task Rules_of_libvirt_in_the_other_iptables_are_found()
    {
        await using var world = await Healthy();
        await world.Host.Run("iptables -F FORWARD; iptables -F; iptables -X; iptables-legacy -N LIBVIRT_FWI");
        await world.Done("apply");
        await Assert.That(await Fault(world))
            .Contains("libvirt's rules are in /usr/sbin/iptables-legacy")
            .And.Contains("update-alternatives --set iptables /usr/sbin/iptables-legacy");
    }

    [Test]
    public async Task A_strict_firewalld_is_found_and_the_command_that_it_takes()
    {
        await using var world = await Healthy();
        await world.Host.Run(FirewalldIsStrict);
        await Assert.That(await world.Client.Tcp(Public, 2222)).IsEqualTo("HostUnreachable");
        await Assert.That(await Fault(world))
            .Contains("(StrictForwardPorts=yes), and not 2222/tcp")
            .And.Contains("firewall-cmd --permanent --add-forward-port=port=2222:proto=tcp:toport=22:toaddr=")
            .And.Contains(" && firewall-cmd --reload");

        // What firewalld makes of that command.
        const string accept = "meta l4proto tcp ct original proto-dst 2222 accept";
        await world.Host.Run($"nft insert rule inet firewalld filter_FORWARD_dnat {accept}");
        await Assert.That(await world.Client.Tcp(Public, 2222)).IsEqualTo("A:22 from 192.168.0.50");
        await Assert.That(await world.Done("doctor a"))
            .Contains("note   firewalld does not let this host itself through to 2222/tcp")
            .And.Contains("firewall-cmd --permanent --policy=hookaot --add-ingress-zone=HOST");
    }

    [Test]
    public async Task Firewalld_that_drops_every_packet_is_named()
    {
        await using var world = await Healthy();
        // What firewall-cmd --panic-on makes.
        await world.Host.Run("""
            nft add table inet firewalld_policy_drop
            nft 'add chain inet firewalld_policy_drop prerouting {
                type filter hook prerouting priority -310; policy drop; }'
            """);
        await Assert.That(await world.Client.Tcp(Public, 2222)).IsEqualTo("TimedOut");
        await Assert.That(await Fault(world))
            .Contains("firewalld drops every packet: panic mode").And.Contains("do: firewall-cmd --panic-off");

        // What that command does.
        await world.Host.Run("nft delete table inet firewalld_policy_drop");
        await Assert.That(await world.Client.Tcp(Public, 2222)).IsEqualTo("A:22 from 192.168.0.50");
    }

    [Test]
    public async Task What_other_hooks_left_in_libvirts_tables_is_named_with_what_takes_it_away()
    {
        await using var world = await Healthy();
        using var watcher = world.AsIfWatched();
        var rules = Repository.File("tests", "lab", "libvirt-nft.rules");
        await world.Host.Run($"nft -f {rules}");
        await world.Done("apply");
        await Assert.That(await world.Done("doctor a")).DoesNotContain("note ");

        await world.Host.Run("nft insert rule ip libvirt_network guest_input tcp dport 22 accept");
        await world.Host.Run("nft flush chain ip libvirt_network guest_output");
        var noted = await world.Done("doctor a");
        await Assert.That(noted)
            .Contains("note   libvirt's chain ip libvirt_network guest_input has a rule of something else: tcp dport")
            .And.Contains("libvirt's reject of what comes from \"virbr0\" is gone from ip libvirt_network");

        var cure = noted.Split('\n').Single(line => line.Contains("nft delete rule", StringComparison.Ordinal));
        await world.Host.Run(cure.Split("do: ")[1]);
        await Assert.That(await world.Done("doctor a")).DoesNotContain("guest_input");
    }

    [Test]
    public async Task Flows_that_are_older_than_the_forward_are_found()
    {
        await using var world = await Healthy(OneUdpForward);
        await Assert.That(await world.Done("doctor a"))
            .Contains("note   whether it answers on 192.168.122.2:22/udp");

        // A packet while the rule is missing makes a flow that the rule does not concern when it is back.
        await world.Iptables("-t nat -F HOOKAOT-DNAT");
        await world.Client.Udp(Public, 2222);
        const string match = $"-d {Public} -p udp -m udp --dport 2222 -m comment --comment a";
        await world.Iptables($"-t nat -A HOOKAOT-DNAT {match} -j DNAT --to-destination {AddressA}:22");
        await Assert.That(await Fault(world)).Contains("1 UDP flows are older than the forward");

        await world.Done("apply");
        await world.Done("doctor a");
    }
}
