using System.Globalization;
using static HookAot.Tests.Netns.World;

namespace HookAot.Tests.Netns;

/// <summary>Rules that were cut short, taken out or doubled: the next event makes them right.</summary>
[Category("Netns")]
public sealed class RecoveryTests
{
    private static readonly (string Chain, string[] Jumps)[] Jumps =
    [
        ("FORWARD", ["-m conntrack --ctstate DNAT -j HOOKAOT-FWD", "-j HOOKAOT-NET"]),
        ("PREROUTING", ["-j HOOKAOT-DNAT"]),
        ("OUTPUT", ["-j HOOKAOT-DNAT"]),
        ("POSTROUTING", ["-m conntrack --ctstate DNAT -j HOOKAOT-SNAT"]),
    ];

    [Test]
    [Arguments("iptables -D FORWARD -m conntrack --ctstate DNAT -j HOOKAOT-FWD")]
    [Arguments("iptables -D FORWARD -j HOOKAOT-NET")]
    [Arguments("iptables -t nat -D PREROUTING -j HOOKAOT-DNAT")]
    [Arguments("iptables -t nat -D OUTPUT -j HOOKAOT-DNAT")]
    [Arguments("iptables -t nat -D POSTROUTING -m conntrack --ctstate DNAT -j HOOKAOT-SNAT")]
    [Arguments("iptables -F HOOKAOT-FWD")]
    [Arguments("iptables -t nat -F HOOKAOT-DNAT")]
    [Arguments("iptables -t nat -F HOOKAOT-SNAT")]
    [Arguments("iptables -t nat -F; iptables -t nat -X; iptables -F FORWARD")]
    [Arguments("iptables -F; iptables -X; iptables -t nat -F PREROUTING")]
    [Arguments("iptables -A HOOKAOT-FWD -j DROP; iptables -t nat -I HOOKAOT-DNAT -j RETURN")]
    [Arguments("""
        iptables -t nat -I PREROUTING -p tcp -j RETURN
        iptables -t nat -I OUTPUT -p tcp -j RETURN
        iptables -I FORWARD -j REJECT
        """)]
    public async Task Each_jump_is_there_once_and_first_after_the_next_event(string damage)
    {
        await using var world = await Started();
        var ours = await world.OurRules();
        await world.Host.Run(damage);

        await world.Event("a", "reconnect");

        await Assert.That(await world.OurRules()).IsEqualTo(ours);
        await JumpsAreOnceAndFirst(world);
        await Reachable(world);
    }

    [Test]
    [Arguments("iptables -I FORWARD -m conntrack --ctstate DNAT -j HOOKAOT-FWD")]
    [Arguments("iptables -t nat -I PREROUTING -j HOOKAOT-DNAT")]
    [Arguments("iptables-save | grep -e '^[*]' -e HOOKAOT -e COMMIT | grep -v '^:' | iptables-restore --noflush")]
    public async Task A_jump_that_was_doubled_is_gone_after_the_stop(string damage)
    {
        await using var world = await World.Create(TwoForwards);
        var before = await world.Rules();
        await world.Event("a", "start");
        await world.Host.Run(damage);

        await world.Event("a", "reconnect");
        await Reachable(world);
        await world.Event("a", "stopped");

        await Assert.That(await world.Rules()).IsEqualTo(before);
    }

    [Test]
    [Arguments("iptables -t nat -F; iptables -t nat -X")]
    [Arguments("iptables -F; iptables -X")]
    [Arguments("iptables -F FORWARD")]
    [Arguments("iptables -t nat -D OUTPUT -j HOOKAOT-DNAT")]
    [Arguments("nft flush ruleset")]
    [Arguments("rm -r \"$D/run\"")]
    public async Task The_last_stop_takes_out_what_is_left_of_ours(string damage)
    {
        await using var world = await Started();
        await world.Host.Run($"D={world.Directory}; {damage}");

        await world.Event("a", "stopped");

        await Assert.That(await world.OurRules()).IsEmpty();
    }

    [Test]
    [Arguments("restore")]
    [Arguments("before")]
    [Arguments("after")]
    public async Task Killed_with_its_tool_half_way_the_next_event_gives_the_right_rules(string moment)
    {
        await using var world = await World.Create(TwoForwards);
        var none = await world.Rules();
        await world.Event("b", "start");
        var b = await world.Rules();
        foreach (var (operation, again) in ((string, string)[])[("start", "start"), ("stopped", "release")])
        {
            await Killed(world, operation, moment);
            await world.Event("a", again);
            if (operation == "start") await Reachable(world);
            await Assert.That(await world.Client.Tcp(Public, 8080)).IsEqualTo("B:80 from 192.168.0.50");
        }

        await Assert.That(await world.Rules()).IsEqualTo(b);
        await world.Event("b", "stopped");
        await Assert.That(await world.Rules()).IsEqualTo(none);
    }

    [Test]
    [Arguments("restore")]
    [Arguments("before")]
    [Arguments("after")]
    public async Task Killed_in_the_only_guests_start_its_stop_leaves_nothing(string moment)
    {
        await using var world = await World.Create(TwoForwards);
        var none = await world.Rules();
        // The first life begins without a record, the second with one that says that nothing is there.
        for (var life = 0; life < 2; life++)
        {
            await Killed(world, "start", moment);
            await world.Event("a", "stopped");
            await Assert.That(await world.Rules()).IsEqualTo(none).Because($"life {life}");
            await world.Event("a", "start");
            await world.Event("a", "stopped");
        }
    }

    [Test]
    [Arguments("restore")]
    [Arguments("before")]
    [Arguments("after")]
    public async Task Killed_in_the_last_stop_the_release_leaves_nothing(string moment)
    {
        await using var world = await World.Create(TwoForwards);
        var none = await world.Rules();
        await world.Event("a", "start");
        await Killed(world, "stopped", moment);

        await world.Event("a", "release");

        await Assert.That(await world.Rules()).IsEqualTo(none);
    }

    [Test]
    public async Task The_tool_of_a_killed_hook_ends_before_the_next_hook_begins()
    {
        await using var world = await World.Create(TwoForwards);
        var none = await world.Rules();
        await world.Event("b", "start");
        await world.Event("b", "stopped");
        await world.Host.Run($"mkfifo {world.Directory}/go {world.Directory}/done");
        // It outlives its hook, and puts the rules in only when it is told to.
        await KilledBy(world, "start", $"""
            kill -KILL $PPID
            read -r x <{world.Directory}/go
            {world.RealTool}-restore "$@"
            echo >{world.Directory}/done
            """);

        var next = world.Event("a", "stopped");
        var inode = (await world.Host.Run($"stat -c %i {world.HookEnvironment["HOOKAOT_RUN_DIR"]}/lock")).Trim();
        // Until it waits for the lock, or did not need to.
        while (!next.IsCompleted && !await IsWaitedFor(inode)) await Task.Yield();
        await Tool.Succeed(["sh", "-c", $"echo >{world.Directory}/go; read -r x <{world.Directory}/done"]);
        await next;

        await Assert.That(await world.Rules()).IsEqualTo(none);
    }

    [Test]
    public async Task Killed_anywhere_on_its_way_the_next_event_gives_the_right_rules()
    {
        const int Moments = 30;
        await using var world = await World.Create(TwoForwards);
        await world.Event("b", "start");
        var none = await world.Rules();
        await world.Event("a", "start");
        var both = await world.Rules();

        // How long one takes on this machine: the moments are spread over it.
        var clock = System.Diagnostics.Stopwatch.StartNew();
        await world.Event("a", "reconnect");
        var whole = clock.Elapsed.TotalSeconds;
        var killed = 0;
        for (var i = 0; i < Moments; i++)
        {
            var (operation, again, right) = i % 2 == 0 ? ("stopped", "release", none) : ("start", "start", both);
            var seconds = (whole * (i + 1) / Moments).ToString("F6", CultureInfo.InvariantCulture);
            // The child is left to itself, as when only the hook is killed.
            string[] limited = ["timeout", "--foreground", "-s", "KILL", seconds];
            var ended = await world.Hook("qemu", "a", operation, null, limited);
            if (ended.ExitCode != 0) killed++;

            await world.Event("a", again);
            var moment = $"{operation} was killed after {seconds} s";
            await Assert.That(await world.Rules()).IsEqualTo(right).Because(moment);
        }

        await Assert.That(killed).IsGreaterThan(0);
    }

    [Test]
    [Arguments("printf '{' > run/state.json")]
    [Arguments(": > run/state.json")]
    [Arguments("printf null > run/state.json")]
    [Arguments("printf '[1]' > run/state.json")]
    [Arguments("printf '{ \"Guests\": null, \"Networks\": null, \"Installed\": true }' > run/state.json")]
    [Arguments("printf '{ \"Guests\": [null], \"Networks\": [null], \"Installed\": true }' > run/state.json")]
    [Arguments("printf '{ \"Guests\": [], \"Networks\": [], \"Installed\": false }' > run/state.json")]
    [Arguments("printf '\\377' > run/state.json")]
    [Arguments("printf x > run/events/0; printf null > run/events/1; printf x > run/events/2.tmp")]
    [Arguments("printf '{ \"machines\": ' > run/config.json")]
    [Arguments("mkdir run/events/9; truncate -s 100M run/state.json")]
    [Arguments("rm -r run/events")]
    [Arguments("rm -r run/events; touch run/events")]
    [Arguments("rm run/lock")]
    public async Task A_record_that_cannot_be_understood_does_no_harm(string damage)
    {
        await using var world = await World.Create(TwoForwards);
        await world.Event("b", "start");
        await world.Event("a", "start");
        var rules = await world.Rules();
        foreach (var name in (string[])["a", "b"]) await world.Runs(name);
        await world.Host.Run($"cd {world.Directory}; {damage}");

        await world.Event("a", "reconnect");
        await world.Event("b", "reconnect");
        await Assert.That(await world.Rules()).IsEqualTo(rules);

        foreach (var name in (string[])["a", "b"])
        {
            File.Delete(world.StatusFile(name));
            await world.Event(name, "stopped");
        }

        await Assert.That(await world.OurRules()).IsEmpty();
    }

    [Test]
    public async Task Guests_that_come_and_go_at_once_end_as_those_that_came_one_by_one()
    {
        var first = Enumerable.Range(0, 10).Select(i => $"g{i}").ToList();
        var second = Enumerable.Range(10, 10).Select(i => $"g{i}").ToList();
        await using var world = await World.Create(Configs.OnePortEach([.. first, .. second]));
        var before = await world.Rules();
        foreach (var name in first) await world.Event(name, "start");
        var ten = await world.Rules();
        await Task.WhenAll(second.Select(name => world.Event(name, "start")));
        var twenty = await world.Rules();

        // One half goes while the other half comes.
        var going = second.Select(name => world.Event(name, "stopped"));
        var coming = first.Select(name => world.Event(name, "reconnect"));
        await Task.WhenAll([.. going, .. coming]);
        await Assert.That(await world.Rules()).IsEqualTo(ten);

        foreach (var name in second) await world.Event(name, "start");
        await Assert.That(await world.Rules()).IsEqualTo(twenty);

        await Task.WhenAll([.. first.Concat(second).Select(name => world.Event(name, "stopped"))]);
        await Assert.That(await world.Rules()).IsEqualTo(before);
        var events = Path.Combine(world.HookEnvironment["HOOKAOT_RUN_DIR"], "events");
        await Assert.That(Directory.EnumerateFileSystemEntries(events)).IsEmpty();
    }

    private static async Task<World> Started()
    {
        var world = await World.Create(TwoForwards);
        await world.Event("a", "start");
        return world;
    }

    private static async Task Reachable(World world)
    {
        await Assert.That(await world.Client.Tcp(Public, 2222)).IsEqualTo("A:22 from 192.168.0.50");
        await Assert.That(await world.Host.Tcp(Public, 2222)).IsEqualTo($"A:22 from {Public}");
        await Assert.That(await world.B.Tcp(Public, 2222)).IsEqualTo($"A:22 from {Gateway}");
    }

    private static async Task JumpsAreOnceAndFirst(World world)
    {
        var rules = (await world.Rules()).Split('\n');
        foreach (var (chain, jumps) in Jumps)
        {
            var all = rules.Where(r => r.StartsWith($"-A {chain} ", StringComparison.Ordinal)).ToList();
            var ours = all.Where(r => r.Contains("HOOKAOT", StringComparison.Ordinal));
            var expected = string.Join('\n', jumps.Select(jump => $"-A {chain} {jump}"));
            await Assert.That(string.Join('\n', all.Take(jumps.Length))).IsEqualTo(expected);
            await Assert.That(ours.Count()).IsEqualTo(jumps.Length);
        }
    }

    // An event of guest "a" whose hook is killed by the iptables-restore that it calls.
    private static Task Killed(World world, string operation, string moment) => KilledBy(world, operation, moment switch
    {
        "before" => "kill -KILL $PPID; exit 1",
        "after" => $"{world.RealTool}-restore \"$@\"; kill -KILL $PPID",
        // The first table is in, the second is not.
        _ => $"sed '/^COMMIT/q' | {world.RealTool}-restore \"$@\"; kill -KILL $PPID",
    });

    private static async Task KilledBy(World world, string operation, string script)
    {
        await world.FakeTool(script);
        await Assert.That((await world.Hook("qemu", "a", operation)).ExitCode).IsEqualTo(137);
        world.HookEnvironment["IPTABLES_BINARY"] = world.RealTool;
    }

    // Its line in /proc/locks is "1: -> FLOCK  ADVISORY  WRITE PID MAJOR:MINOR:INODE 0 EOF" (proc(5)).
    private static async Task<bool> IsWaitedFor(string inode)
    {
        var locks = await File.ReadAllLinesAsync("/proc/locks");
        var waiters = locks.Where(line => line.Contains("-> FLOCK", StringComparison.Ordinal));
        return waiters.Any(line => line.Contains($":{inode} ", StringComparison.Ordinal));
    }
}
