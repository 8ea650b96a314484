using static HookAot.Tests.Netns.World;

namespace HookAot.Tests.Netns;

/// <summary>Some forwards of many: list and status of a guest, of a port; for scripts and for monitoring.</summary>
[Category("Netns")]
public sealed class FilterTests
{
    private const string Config = $$"""
        {
            "public_ip": "{{Public}}",
            "machines": {
                "a": { "private_ip": "{{AddressA}}", "port_map": [[2222, 22], [8080, 80]] },
                "b": {
                    "private_ip": "{{AddressB}}",
                    "port_map": [[8081, 80], { "public": "8000-8080", "protocol": "udp" }]
                },
                "odd:1": { "private_ip": "192.168.122.9", "port_map": [99] }
            },
            "networks": { "default": "192.168.122.0/24" }
        }
        """;

    private static async Task<World> Running()
    {
        var world = await World.Create(Config);
        await world.Quietly("a", "start");
        return world;
    }

    private static string Ports(string table) => string.Join(' ', table
        .Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[2]));

    [Test]
    [Arguments("list --no-headers", "2222/tcp 8080/tcp 8081/tcp 8000-8080/udp 99/tcp")]
    [Arguments("list --no-headers b", "8081/tcp 8000-8080/udp")]
    [Arguments("list --no-headers --port 8080", "8080/tcp 8000-8080/udp")]
    [Arguments("list --no-headers --port 8080/udp", "8000-8080/udp")]
    [Arguments("list --no-headers a:8080", "8080/tcp")]
    [Arguments("list --no-headers odd:1", "99/tcp")]
    [Arguments("list --no-headers odd:1:99", "99/tcp")]
    [Arguments("show --no-headers a", "2222/tcp 8080/tcp")]
    [Arguments("list --no-headers --port 1", "")]
    public async Task A_list_has_what_was_asked_for(string command, string ports)
    {
        await using var world = await World.Create(Config);
        await Assert.That(Ports(await world.Done(command))).IsEqualTo(ports);
        await Assert.That(await world.Done(command.Replace("--no-headers", "--json", StringComparison.Ordinal)))
            .StartsWith("[").And.EndsWith("]\n");
    }

    [Test]
    public async Task What_is_not_there_is_named_and_a_port_that_is_none_is_wrong_usage()
    {
        await using var world = await Running();
        await Assert.That(await world.Refused("list c")).Contains("\"c\" is not in \"machines\"");
        await Assert.That(await world.Refused("status c")).Contains("\"c\" is not in \"machines\"");
        await Assert.That(await world.Refused("status a:81")).Contains("there is no forward of \"a\" with port 81");
        await Assert.That(await world.Refused("list --port 80:81", 2)).Contains("expected such as 8080");
        await Assert.That(await world.Refused("status a:x", 2)).Contains("expected such as 8080");
    }

    [Test]
    public async Task Status_of_one_forward_ends_with_1_for_what_is_wrong_with_that_one_only()
    {
        await using var world = await Running();
        await world.Iptables("-t nat -D HOOKAOT-DNAT 1");
        await Assert.That((await world.Call("status")).ExitCode).IsEqualTo(1);
        await Assert.That((await world.Call("status", "a")).ExitCode).IsEqualTo(1);
        await Assert.That((await world.Call("status", "a:2222")).ExitCode).IsEqualTo(1);
        await Assert.That(await world.Done("status a:8080"))
            .Contains(" active ").And.DoesNotContain("2222").And.DoesNotContain("drift");
        await Assert.That(await world.Done("status b")).Contains("not running").And.DoesNotContain("drift");

        // What all need is everyone's.
        await world.Done("apply --stop-all");
        await world.Host.Run("echo 0 > /proc/sys/net/ipv4/ip_forward");
        await world.Quietly("a", "start");
        await Assert.That((await world.Call("status", "a:8080")).Output).Contains("drift: net.ipv4.ip_forward is 0");
    }

    [Test]
    [Arguments("filter", "HOOKAOT-FWD")]
    [Arguments("nat", "HOOKAOT-SNAT")]
    public async Task A_rule_around_a_forward_is_held_against_those_that_need_it_only(string table, string chain)
    {
        await using var world = await World.Create($$"""
            {
                "public_ip": "{{Public}}",
                "machines": {
                    "a": {
                        "private_ip": "{{AddressA}}",
                        "port_map": [[2222, 22], { "public": 8080, "vm": 80, "protocol": "udp" }]
                    }
                }
            }
            """);
        await world.Quietly("a", "start");
        var rules = (await world.Host.Run($"iptables -t {table} -S {chain}")).Split('\n');
        var rule = rules.Single(line => line.Contains("-m udp --dport 80 ", StringComparison.Ordinal));
        await world.Iptables($"-t {table} {rule.Replace("-A ", "-D ", StringComparison.Ordinal)}");
        var status = (await world.Call("status")).Output.Split('\n');
        await Assert.That(status[1]).Contains(" 2222/tcp ").And.Contains(" active ");
        await Assert.That(status[2]).Contains(" 8080/udp ").And.Contains(" missing ");
    }

    [Test]
    public async Task Quiet_says_it_by_the_exit_code_alone()
    {
        await using var world = await Running();
        await Assert.That(await world.Done("status --quiet")).IsEmpty();
        await world.Iptables("-t nat -F HOOKAOT-DNAT");
        var ended = await world.Call("status", "--quiet");
        await Assert.That((ended.ExitCode, ended.Output, ended.Error)).IsEqualTo((1, "", ""));
    }

    [Test]
    public async Task A_hook_that_is_missing_is_told_before_its_guest_starts()
    {
        await using var world = await World.Create(Config);
        var etc = Path.Combine(world.Directory, "etc");
        world.HookEnvironment["HOOKAOT_LIBVIRT_ETC"] = etc;
        Directory.CreateDirectory(Path.Combine(etc, "lxc"));
        await world.Done("status");
        await File.WriteAllTextAsync(Path.Combine(etc, "lxc", "b.xml"), "<domain/>");
        await world.Done("status");
        var link = Path.Combine(world.Directory, "hooks", "lxc");
        await Tool.Succeed(["sh", "-euc", "rm -rf \"$0\" \"$0\".d", link]);
        var ended = await world.Call("status");
        await Assert.That(ended.ExitCode).IsEqualTo(1);
        await Assert.That(ended.Output)
            .Contains($"drift: the hook is not installed: {link} does not exist")
            .And.Contains($"do: ln -s hookaot {link}");
    }

    [Test]
    public async Task A_watcher_that_systemd_should_run_and_does_not_is_drift()
    {
        await using var world = await Running();
        await Assert.That(await world.Done("status")).Contains("watcher: none");
        var wanted = Path.Combine(world.HookEnvironment["HOOKAOT_UNITS_DIR"], "multi-user.target.wants");
        Directory.CreateDirectory(wanted);
        await File.WriteAllTextAsync(Path.Combine(wanted, "hookaot.service"), "");
        var ended = await world.Call("status");
        await Assert.That(ended.ExitCode).IsEqualTo(1);
        await Assert.That(ended.Output)
            .Contains("drift: hookaot.service is enabled, and hookctrl watch does not run")
            .And.Contains("do: systemctl restart hookaot")
            .And.DoesNotContain("'hookctrl apply'");

        using var watcher = world.AsIfWatched();
        await world.Done("status");
    }
}
