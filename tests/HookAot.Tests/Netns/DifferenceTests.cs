using System.Globalization;
using System.Text;
using static HookAot.Tests.Netns.World;

namespace HookAot.Tests.Netns;

/// <summary>
/// Where nobody else has touched nf_tables, the hook adds and takes out only what differs; what comes of it is what a
/// swap of everything makes.
/// </summary>
[Category("Netns")]
public sealed class DifferenceTests
{
    private static string Config(params int[] portsOfA) => $$"""
        {
            "debug": true,
            "public_ip": "{{Public}}",
            "machines": {
                "a": { "private_ip": "{{AddressA}}", "port_map": [{{string.Join(", ", portsOfA)}}] },
                "b": { "private_ip": "{{AddressB}}", "port_map": [[8080, 80]] },
                "c": { "private_ip": "192.168.122.4", "port_map": [[8081, 80]] }
            }
        }
        """;

    [Test]
    public async Task A_guest_beside_others_is_only_added()
    {
        await using var world = await Create(Config(22));
        await world.Event("b", "start");

        var log = await world.Event("a", "start");

        await Assert.That(log).Contains("-I HOOKAOT-DNAT 1 ").And.DoesNotContain("-D ").And.DoesNotContain(" - [0:0]");
        await Assert.That(await world.Client.Tcp(Public, 22)).StartsWith("A:22");
        await Assert.That(await world.Client.Tcp(Public, 8080)).StartsWith("B:80");
        await SameAsAnew(world, "a");
    }

    [Test]
    public async Task Where_nothing_differs_no_tool_is_run()
    {
        await using var world = await Create(Config(22));
        await world.Event("a", "start");

        await Assert.That(await world.Event("a", "reconnect")).DoesNotContain("running ");
    }

    [Test]
    public async Task A_guest_that_ends_takes_only_its_own_rules_with_it()
    {
        await using var world = await Create(Config(22, 80));
        foreach (var guest in new[] { "a", "b", "c" }) await world.Event(guest, "start");
        await world.Client.Tcp(Public, 8080);

        var log = await world.Event("a", "stopped");

        await Assert.That(log).Contains("-D HOOKAOT-DNAT 2").And.DoesNotContain("-A ").And.DoesNotContain("-save");
        var counted = await world.Host.Run("iptables -t nat -nvxL HOOKAOT-DNAT | grep 'dpt:8080' | awk '{ print $1 }'");
        await Assert.That(counted.Trim()).IsEqualTo("1");
        await SameAsAnew(world, "b");
    }

    [Test]
    [Arguments("nft add table ip other")]
    [Arguments("iptables -t nat -F HOOKAOT-DNAT")]
    [Arguments("iptables -t nat -I HOOKAOT-DNAT -j RETURN")]
    [Arguments("iptables -A INPUT -j ACCEPT")]
    public async Task Whoever_else_commits_everything_is_swapped_in(string commit)
    {
        await using var world = await Create(Config(22));
        await world.Event("a", "start");
        await world.Host.Run(commit);

        var log = await world.Event("b", "start");

        await Assert.That(log).Contains(":HOOKAOT-DNAT - [0:0]");
        await Assert.That(await world.Client.Tcp(Public, 22)).StartsWith("A:22");
        await SameAsAnew(world, "b");
    }

    [Test]
    public async Task Whoever_commits_between_the_look_and_our_tool_does_no_harm()
    {
        await using var world = await Create(Config(22));
        await world.Event("b", "start");
        // The first restore comes after another program's, which takes our chains' rules out.
        await world.FakeTool($"""
            if mkdir "{world.Directory}/once" 2>/dev/null; then {world.RealTool} -t nat -F HOOKAOT-DNAT; fi
            exec {world.RealTool}-restore "$@"
            """);

        var log = await world.Event("c", "start");

        await Assert.That(log).Contains("-A HOOKAOT-DNAT").And.Contains(":HOOKAOT-DNAT - [0:0]");
        await SameAsAnew(world, "b");
    }

    [Test]
    public async Task A_difference_that_is_refused_is_followed_by_a_swap_of_everything()
    {
        await using var world = await Create(Config(22));
        await world.Event("b", "start");
        await world.FakeTool($"""
            script=$(cat)
            case $script in *"-I HOOKAOT-"*) echo "line 2 failed" >&2; exit 1 ;; esac
            printf '%s\n' "$script" | {world.RealTool}-restore "$@"
            """);

        await world.Event("a", "start");

        await Assert.That(await world.Client.Tcp(Public, 22)).StartsWith("A:22");
        await Assert.That(await world.Client.Tcp(Public, 8080)).StartsWith("B:80");
        await SameAsAnew(world, "a");
    }

    [Test]
    [Arguments(1, 0)]
    [Arguments(2, 0)]
    [Arguments(3, 250)] // about as many as are tried one after the other, see PortBlocks
    [Arguments(4, 300)]
    public async Task Any_sequence_of_events_edits_commits_and_kills_ends_as_a_swap_of_everything(int seed, int always)
    {
        await using var world = await Create(Config([.. Enumerable.Range(10_000, always), 22]));
        var dice = new Dice((ulong)seed);
        var steps = new StringBuilder();
        for (var i = 0; i < 40; i++)
        {
            steps.Append(await RandomStep(world, dice, always)).Append('\n');
            if (dice.Next(4) != 0) continue;
            await world.Event("c", "start"); // a kill may have left its work to the next event
            await SameAsAnew(world, "c", $"seed {seed}:\n{steps}");
        }
    }

    private static async Task<string> RandomStep(World world, Dice dice, int always)
    {
        var guest = "abc"[dice.Next(3)].ToString();
        switch (dice.Next(8))
        {
            case 0 or 1:
                await world.Event(guest, "start");
                return $"start {guest}";
            case 2 or 3:
                await world.Event(guest, "stopped");
                return $"stopped {guest}";
            case 4:
                int[] ports = [.. Enumerable.Range(9000, 12).Where(_ => dice.Next(2) == 0)];
                await world.Configure(Config([.. Enumerable.Range(10_000, always), .. ports]));
                return $"ports of a: {string.Join(' ', ports)}";
            case 5:
                string[] commits =
                [
                    "iptables -t nat -F HOOKAOT-DNAT",
                    "iptables -D FORWARD -j HOOKAOT-NET || true",
                    "iptables -t nat -D HOOKAOT-DNAT 1 || true",
                    "nft add table ip other",
                ];
                var commit = commits[dice.Next(commits.Length)];
                await world.Host.Run($"{{ {commit}; }} 2>/dev/null || true");
                return commit;
            default:
                var operation = dice.Next(2) == 0 ? "start" : "stopped";
                var after = string.Create(CultureInfo.InvariantCulture, $"0.0{dice.Next(40):00}");
                await world.Hook("qemu", guest, operation, wrapper: ["timeout", "-s", "KILL", after]);
                return $"{operation} {guest}, killed after {after} s";
        }
    }

    /// <summary>The rules stay the same when everything is swapped in at an event of an active guest.</summary>
    private static async Task SameAsAnew(World world, string guest, string because = "")
    {
        var rules = await world.Rules();
        File.Delete(Path.Combine(world.HookEnvironment["HOOKAOT_RUN_DIR"], "rules"));
        await Assert.That(await world.Event(guest, "reconnect")).Contains(":HOOKAOT-DNAT - [0:0]");
        await Assert.That(await world.Rules()).IsEqualTo(rules).Because(because);
    }
}
