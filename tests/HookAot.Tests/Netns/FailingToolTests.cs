using HookAot.Tests.Nftables;
using static HookAot.Tests.Netns.World;

namespace HookAot.Tests.Netns;

/// <summary>A tool that fails for no rule's sake, or without saying for which, takes nobody's forward away.</summary>
[Category("Netns")]
public sealed class FailingToolTests
{
    private const string Four = $$"""
        {
            "public_ip": "{{Public}}",
            "machines": {
                "a": { "private_ip": "{{AddressA}}", "port_map": [[2222, 22]] },
                "b": { "private_ip": "{{AddressB}}", "port_map": [[8080, 80]] },
                "c": { "private_ip": "192.168.122.4", "port_map": [3000] },
                "d": { "private_ip": "192.168.122.5", "port_map": [3001] }
            }
        }
        """;

    [Test]
    [Arguments("exit 4")]
    [Arguments("echo 'Another app is currently holding the xtables lock' >&2; exit 4")]
    [Arguments("kill -KILL $$")]
    [Arguments("exit 77")]
    public async Task It_is_run_twice_and_running_guests_keep_their_rules(string end)
    {
        await using var world = await Running("a", "b", "c");
        var rules = await world.Rules();
        var runs = Path.Combine(world.Directory, "runs");
        await world.FakeTool($"echo run >> {runs}\n{end}");

        var log = await world.Event("d", "start");

        await Assert.That(log).Contains("d start: the rules are not in place");
        await Assert.That(await File.ReadAllLinesAsync(runs)).Count().IsEqualTo(2);
        await Assert.That(await world.Rules()).IsEqualTo(rules);
        await AnswersOf(world);

        world.HookEnvironment["IPTABLES_BINARY"] = world.RealTool;
        await world.Quietly("a", "reconnect");
        await Assert.That(await world.OurRules()).Contains("192.168.122.5");
    }

    [Test]
    public async Task One_that_dies_after_its_work_has_done_it()
    {
        await using var world = await Running("a");
        await world.FakeTool($"{world.RealTool}-restore \"$@\"; kill -KILL $$");

        await Assert.That(await world.Event("b", "start")).Contains("2 forwards").And.DoesNotContain("not in place");

        await AnswersOf(world);
    }

    [Test]
    public async Task One_that_names_a_line_once_in_passing_costs_nobody_a_forward()
    {
        await using var world = await Running("a", "b");
        var once = Path.Combine(world.Directory, "once");
        await world.FakeTool($$"""
            script=$(cat)
            line=$(printf '%s\n' "$script" | grep -n -m 1 -e '-A HOOKAOT-DNAT .*{{AddressA}}' | cut -d : -f 1)
            if [ ! -e {{once}} ]; then
              touch {{once}}
              echo "line $line: RULE_APPEND failed (Cannot allocate memory): rule in chain HOOKAOT-DNAT" >&2
              exit 4
            fi
            printf '%s\n' "$script" | {{world.RealTool}}-restore "$@"
            """);

        await Assert.That(await world.Event("c", "start")).Contains("3 forwards").And.DoesNotContain("left out");

        await AnswersOf(world);
    }

    [Test]
    public async Task One_that_succeeds_without_doing_anything_is_found_out_by_apply()
    {
        await using var world = await Running("a");
        await world.FakeTool("cat > /dev/null");
        await world.Event("b", "start");

        var applied = await world.Call("apply");

        await Assert.That(applied.ExitCode).IsEqualTo(1);
        const string Words = "iptables-restore succeeded, and the rules are not in place: missing";
        await Assert.That(applied.Error).Contains(Words);
        world.HookEnvironment["IPTABLES_BINARY"] = world.RealTool;
        await world.Done("apply");
        await AnswersOf(world);
    }

    [Test]
    public async Task Half_a_listing_is_none_whatever_the_exit_code_says()
    {
        await using var world = await Running("a", "b");
        await world.FakeTool($"exec {world.RealTool}-restore \"$@\"");
        await world.Program("fake-iptables-save", $"#!/bin/sh\n{world.RealTool}-save \"$@\" | sed '$d' | sed '$d'\n");

        foreach (var verb in (string[])["status", "plan", "doctor a"])
        {
            var ended = await world.Call(verb.Split(' '));
            await Assert.That(ended.ExitCode).IsEqualTo(1).Because(verb);
            await Assert.That(ended.Error + ended.Output).Contains("iptables-save ended in the middle of a table");
        }
    }

    [Test]
    [Arguments("v0.9.3 (Topsy)", " (nft is 0.9.3; 0.9.8 or later is needed)")]
    [Arguments("v1.0.6 (Lester Gooch #5)", "")]
    public async Task An_nft_that_is_too_old_is_named_as_the_reason(string version, string reason)
    {
        await using var world = await World.Create(
            OneForward.Replace("\"public_ip\"", "\"backend\": \"nftables\", \"public_ip\"", StringComparison.Ordinal));
        await world.Program("nft", $$"""
            #!/bin/sh
            [ "$1" != --version ] || { echo 'nftables {{version}}'; exit; }
            echo 'Error: syntax error' >&2
            exit 1
            """);
        world.HookEnvironment["PATH"] = $"{world.Directory}:{Environment.GetEnvironmentVariable("PATH")}";

        await Assert.That(await world.Event("a", "start")).Contains($"Error: syntax error{reason}");
    }

    [Test]
    [Arguments("bullseye")]
    [Arguments("bookworm")]
    public async Task What_an_older_nft_can_is_enough(string suite)
    {
        const string More = "\"backend\": \"nftables\", \"debug\": true, \"public_ip\"";
        await using var world = await World.Create(OneForward.Replace("\"public_ip\"", More, StringComparison.Ordinal));
        await world.Program("nft", $"#!/bin/sh\nexec '{await NftVersions.Of(suite)}' \"$@\"\n");
        world.HookEnvironment["PATH"] = $"{world.Directory}:{Environment.GetEnvironmentVariable("PATH")}";

        await world.Runs("a");
        await Assert.That(await world.Done("plan --script")).Contains($"# {world.Directory}/nft -f -\n");
        await Assert.That(await world.Event("a", "start")).Contains($"{world.Directory}/nft -f -");
        await Assert.That(await world.Client.Tcp(Public, 2222)).IsEqualTo("A:22 from 192.168.0.50");
        File.Delete(world.StatusFile("a"));
        await world.Event("a", "stopped");
        await Assert.That(await world.Host.Run("nft list tables")).DoesNotContain("hookaot");
    }

    [Test]
    public async Task A_search_for_the_rule_that_is_refused_applies_nothing()
    {
        await using var world = await Running("a", "b", "c");
        var runs = Path.Combine(world.Directory, "runs");
        await world.FakeTool($$"""
            script=$(cat)
            echo "$@" >> {{runs}}
            case $script in *192.168.122.5*) exit 1;; esac
            printf '%s\n' "$script" | {{world.RealTool}}-restore "$@"
            """);

        var log = await world.Event("d", "start");

        await Assert.That(log).Contains("d is left out, the kernel refuses its rules");
        var applied = (await File.ReadAllLinesAsync(runs)).Count(r => !r.Contains("--test", StringComparison.Ordinal));
        await Assert.That(applied).IsEqualTo(3); // what differs, all guests, and those that are taken
        await AnswersOf(world);

        world.HookEnvironment["IPTABLES_BINARY"] = world.RealTool;
        var status = await world.Call("status");
        await Assert.That(status.ExitCode).IsEqualTo(1);
        await Assert.That(status.Output).Contains("left out: the kernel refuses its rules");
        await Assert.That(status.Output).DoesNotContain("missing");
    }

    [Test]
    public async Task Where_nothing_is_accepted_nothing_is_removed()
    {
        await using var world = await Running("a", "b");
        var rules = await world.Rules();
        await world.FakeTool("exit 1");

        await Assert.That(await world.Event("c", "start")).Contains("the rules are not in place");

        await Assert.That(await world.Rules()).IsEqualTo(rules);
        await AnswersOf(world);
    }

    [Test]
    public async Task A_rule_of_another_program_that_leads_to_our_chain_keeps_only_the_empty_chain()
    {
        await using var world = await World.Create();
        await world.Quietly("a", "start");
        await world.Host.Run("iptables -t nat -N SITE; iptables -t nat -A SITE -j HOOKAOT-DNAT");

        var log = await world.Event("a", "stopped");

        await Assert.That(log).Contains("'-A SITE -j HOOKAOT-DNAT' leads to it");
        await Assert.That(await world.OurRules()).IsEqualTo(":HOOKAOT-DNAT -\n-A SITE -j HOOKAOT-DNAT");
        await Assert.That((await world.Call("status")).ExitCode).IsEqualTo(0);

        await world.Event("a", "start");
        await Assert.That(await world.Client.Tcp(Public, 2222)).IsEqualTo("A:22 from 192.168.0.50");
        await world.Event("a", "stopped");
        await world.Host.Run("iptables -t nat -F SITE");
        await world.Done("apply");
        await Assert.That(await world.OurRules()).IsEmpty();
    }

    [Test]
    public async Task A_chain_of_our_name_that_was_there_before_is_said()
    {
        await using var world = await World.Create();
        await world.Quietly("a", "start");
        await world.Quietly("a", "stopped");
        await world.Host.Run("iptables -N HOOKAOT-FWD; iptables -A HOOKAOT-FWD -s 10.9.9.9 -j DROP");

        await Assert.That(await world.Event("a", "start")).Contains("chains named HOOKAOT-* were there");

        await Assert.That(await world.Client.Tcp(Public, 2222)).IsEqualTo("A:22 from 192.168.0.50");
    }

    private static async Task<World> Running(params string[] guests)
    {
        var world = await World.Create(Four);
        foreach (var guest in guests) await world.Quietly(guest, "start");
        return world;
    }

    private static async Task AnswersOf(World world)
    {
        await Assert.That(await world.Client.Tcp(Public, 2222)).IsEqualTo("A:22 from 192.168.0.50");
        await Assert.That(await world.Client.Tcp(Public, 8080)).IsEqualTo("B:80 from 192.168.0.50");
    }
}
