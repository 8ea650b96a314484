using HookAot.Host;
using static HookAot.Tests.Netns.World;

namespace HookAot.Tests.Netns;

/// <summary>What a tool that fails leaves as it was, and what is said about it.</summary>
[Category("Netns")]
public sealed class ToolFailureTests
{
    private const string Five = $$"""
        {
            "public_ip": "{{Public}}",
            "machines": {
                "a": { "private_ip": "{{AddressA}}", "port_map": [[2222, 22]] },
                "b": { "private_ip": "{{AddressB}}", "port_map": [[8080, 80]] },
                "c": { "private_ip": "192.168.122.61", "port_map": [6661] },
                "d": { "private_ip": "192.168.122.62", "port_map": [6662] },
                "new": { "private_ip": "192.168.122.66", "port_map": [6666] }
            }
        }
        """;

    // Reads the script, and notes with which arguments it was called.
    private const string Noting = "D=${0%/*}; echo \"$*\" >> \"$D/calls\"; script=$(cat)";

    [Test]
    public async Task The_lock_of_iptables_legacy_that_is_held_takes_nothing_away()
    {
        await using var world = await Running("iptables-legacy");
        var rules = await world.Rules();
        var path = Path.Combine(world.Directory, "xtables.lock");
        // The real tool, with a lock of this world's own and less patience than "-w 10".
        await world.FakeTool($"""
            shift 2
            XTABLES_LOCKFILE={path} exec {world.RealTool}-restore -w 1 "$@"
            """);
        using (HostLock.Take(path, Deadline.In(1000), out _))
        {
            await Assert.That(await world.Event("new", "start")).Contains("new start: the rules are not in place");
            await Assert.That(await world.Rules()).IsEqualTo(rules);
            await Served(world);
        }

        await world.Quietly("new", "reconnect");
        await Assert.That(await world.OurRules()).Contains("--to-destination 192.168.122.66");
        await Served(world);
    }

    [Test]
    public async Task The_first_start_whose_tool_fails_once_after_its_work_blames_no_chain_of_others()
    {
        await using var world = await World.Create(Five);
        await world.Event("a", "start");
        await world.Event("a", "stopped");
        await world.FakeTool($$"""
            {{Noting}}
            printf '%s\n' "$script" | {{world.RealTool}}-restore "$@" || exit
            [ "$(wc -l < "$D/calls")" -gt 1 ] || kill -KILL $$
            """);
        await Assert.That(await world.Event("a", "start")).DoesNotContain("chains named HOOKAOT-");
        await Assert.That(await world.Client.Tcp(Public, 2222)).IsEqualTo("A:22 from 192.168.0.50");
    }

    [Test]
    public async Task A_guest_whose_rules_are_refused_is_shown_as_left_out_with_the_tools_words()
    {
        await using var world = await Running();
        foreach (var guest in (string[])["a", "b", "c", "d", "new"]) await world.Runs(guest);
        await world.FakeTool($$"""
            {{Noting}}
            line=$(printf '%s\n' "$script" | grep -n -m 1 'HOOKAOT-DNAT.*192.168.122.66' | cut -d : -f 1)
            [ -z "$line" ] || { echo "line $line failed: no memory" >&2; exit 1; }
            printf '%s\n' "$script" | {{world.RealTool}}-restore "$@"
            """);
        await Assert.That(await world.Event("new", "start")).Contains("new start: 4 forwards for 4 active guests");
        var status = (await world.Call("status")).Output.Split('\n');
        var row = status.First(line => line.StartsWith("new ", StringComparison.Ordinal));
        await Assert.That(row).Contains("left out").Because(string.Join('\n', status));
        var reason = status.First(line => line.StartsWith("new:", StringComparison.Ordinal));
        await Assert.That(reason).Contains("left out").And.Contains("no memory");
    }

    private static async Task<World> Running(string iptables = "iptables")
    {
        var world = await World.Create(Five, iptables);
        foreach (var guest in (string[])["a", "b", "c", "d"]) await world.Quietly(guest, "start");
        return world;
    }

    private static async Task Served(World world)
    {
        await Assert.That(await world.Client.Tcp(Public, 2222)).IsEqualTo("A:22 from 192.168.0.50");
        await Assert.That(await world.Client.Tcp(Public, 8080)).IsEqualTo("B:80 from 192.168.0.50");
        var rules = await world.OurRules();
        await Assert.That(rules).Contains("--to-destination 192.168.122.61")
            .And.Contains("--to-destination 192.168.122.62");
    }
}
