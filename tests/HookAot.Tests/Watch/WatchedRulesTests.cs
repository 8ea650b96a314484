using HookAot.Host;
using HookAot.Tests.Netns;
using static HookAot.Tests.Netns.World;

namespace HookAot.Tests.Watch;

/// <summary>Rules that another program takes out, or makes useless, are back by themselves.</summary>
[Category("Netns")]
public sealed class WatchedRulesTests
{
    private const string TakenOut = "rules were taken out by ";
    private const string NoLonger = "rules were no longer what they should be after ";

    [Test]
    [Arguments("nft flush ruleset", $"{TakenOut}nft[")]
    [Arguments("iptables -t nat -F HOOKAOT-DNAT", $"{TakenOut}iptables[")]
    [Arguments("iptables -F FORWARD; iptables -F HOOKAOT-FWD; iptables -X HOOKAOT-FWD", $"{TakenOut}iptables[")]
    [Arguments("iptables -t nat -F; iptables -t nat -X", $"{TakenOut}iptables[")]
    [Arguments("iptables -F; iptables -X", $"{TakenOut}iptables[")]
    [Arguments("iptables -t nat -D PREROUTING -j HOOKAOT-DNAT", $"{TakenOut}iptables[")]
    [Arguments("iptables -I FORWARD -j REJECT", $"{NoLonger}iptables[")]
    [Arguments("iptables -t nat -I HOOKAOT-DNAT -j RETURN", $"{NoLonger}iptables[")]
    public async Task What_iptables_translates_is_back(string damage, string line)
    {
        await using var world = await World.Create();
        await world.Runs("a");
        await world.Event("a", "start");
        var ours = await world.OurRules();
        await using var watching = await Watching.Start(world);

        await world.Host.Run(damage);

        await watching.Says(line);
        await watching.HasRules(world, ours);
        await Assert.That(await world.Client.Tcp(Public, 2222)).IsEqualTo("A:22 from 192.168.0.50");
        await Assert.That(watching.Log.Split('\n')).Count().IsEqualTo(1).Because(watching.Log);
    }

    [Test]
    [Arguments("nft flush ruleset", $"{TakenOut}nft[")]
    [Arguments("nft delete table ip hookaot", $"{TakenOut}nft[")]
    [Arguments("nft flush table ip hookaot", $"{TakenOut}nft[")]
    [Arguments("nft flush map ip hookaot MAP", $"{TakenOut}nft[")]
    public async Task What_nft_translates_is_back(string damage, string line)
    {
        var config = OneForward.Replace("\"public_ip\"", "\"backend\": \"nftables\", \"public_ip\"");
        await using var world = await World.Create(config);
        await world.Runs("a");
        await world.Event("a", "start");
        await using var watching = await Watching.Start(world);
        var maps = await world.Host.Run("nft list maps ip | sed -n 's/^.*map \\([^ ]*\\) {$/\\1/p' | head -n 1");

        await world.Host.Run(damage.Replace("MAP", maps.Trim(), StringComparison.Ordinal));

        await watching.Says(line);
        await watching.Serves(world, 2222, "A:22");
        await Assert.That(await world.Done("status")).Contains("2222");
        await Assert.That(watching.Log.Split('\n')).Count().IsEqualTo(1).Because(watching.Log);
    }

    [Test]
    [Arguments("iptables")]
    [Arguments("nftables")]
    public async Task What_our_own_hooks_do_is_no_damage(string backend)
    {
        await using var world = await World.Create(
            TwoForwards.Replace("\"public_ip\"", $"\"backend\": \"{backend}\", \"public_ip\""));
        await using var watching = await Watching.Start(world);

        for (var i = 0; i < 5; i++)
        {
            foreach (var name in (string[])["a", "b"])
            {
                await world.Event(name, "start");
                await world.Runs(name);
            }

            File.Delete(world.StatusFile("b"));
            await world.Event("b", "stopped");
        }

        // What comes after them is told, so that what was told of them is there by now.
        await world.Host.Run("nft flush ruleset");
        await watching.Says("nft[");
        await Assert.That(watching.Log.Split('\n')).Count().IsEqualTo(1).Because(watching.Log);
    }

    [Test]
    public async Task Who_takes_rules_out_while_it_wakes_up_for_something_else_is_named()
    {
        await using var world = await World.Create();
        await world.Runs("a");
        await world.Event("a", "start");
        await using var watching = await Watching.Start(world);

        // It wakes up for an address, and waits for the lock before it looks.
        var run = world.HookEnvironment["HOOKAOT_RUN_DIR"];
        var inode = (await world.Host.Run($"stat -c %i {run}/lock")).Trim();
        using (HostLock.Take($"{run}/lock", Deadline.In(0), out _))
        {
            await world.Host.Run("ip addr add 192.168.0.168/24 dev eth0");
            await watching.Until("the wait", async () =>
                (await File.ReadAllLinesAsync("/proc/locks")).Any(
                    line => line.Contains("-> FLOCK", StringComparison.Ordinal)
                    && line.Contains($":{inode} ", StringComparison.Ordinal)));
            await world.Host.Run("iptables -t nat -F HOOKAOT-DNAT");
        }

        await watching.Says($"{TakenOut}iptables[");
        await Assert.That(await world.Client.Tcp(Public, 2222)).IsEqualTo("A:22 from 192.168.0.50");
    }

    [Test]
    public async Task What_iptables_legacy_takes_out_is_back_although_nothing_tells_of_it()
    {
        await using var world = await World.Create(iptables: "iptables-legacy");
        await world.Runs("a");
        await world.Event("a", "start");
        var ours = await world.OurRules();
        await using var watching = await Watching.Start(world);

        await world.Host.Run("iptables-legacy -t nat -F HOOKAOT-DNAT");

        await watching.HasRules(world, ours);
        // Another change may have woken it up before its time.
        await watching.Says("what they should be");
        await Assert.That(watching.Log.Split('\n')).Count().IsEqualTo(1).Because(watching.Log);
    }

    [Test]
    public async Task A_policy_that_drops_what_nft_translates_is_answered()
    {
        var config = OneForward.Replace("\"public_ip\"", "\"backend\": \"nftables\", \"public_ip\"");
        await using var world = await World.Create(config);
        // Nothing stops it so far, and ours do not accept it there.
        await world.Host.Run("iptables -F; iptables -X");
        await world.Runs("a");
        await world.Event("a", "start");
        await Assert.That(await world.OurRules()).IsEmpty();
        await using var watching = await Watching.Start(world);

        // As docker does when it starts, and is the one that lets the kernel forward.
        await world.Host.Run("iptables -P FORWARD DROP");

        await watching.Says($"{NoLonger}iptables[");
        await Assert.That(await world.Client.Tcp(Public, 2222)).IsEqualTo("A:22 from 192.168.0.50");
    }

    [Test]
    public async Task Tables_of_others_are_none_of_its_business()
    {
        await using var world = await World.Create();
        await world.Runs("a");
        await world.Event("a", "start");
        await using var watching = await Watching.Start(world);

        await world.Host.Run("""
            nft add table inet other; nft add chain inet other c; nft add rule inet other c accept
            iptables -t mangle -N other; iptables -A INPUT -p tcp --dport 99 -j ACCEPT; iptables -A FORWARD -j ACCEPT
            nft delete table inet other
            """);
        await world.Host.Run("iptables -t nat -F HOOKAOT-DNAT");

        // The flush may come between the commits that were noted and the look: then nobody is blamed by name for it.
        await watching.Until("one repair", () => Task.FromResult(
            watching.Log.Contains(TakenOut, StringComparison.Ordinal)
            || watching.Log.Contains(NoLonger, StringComparison.Ordinal)));
        await Assert.That(watching.Log.Split('\n')).Count().IsEqualTo(1).Because(watching.Log);
        await Assert.That(await world.Rules()).Contains("--dport 99 -j ACCEPT");
    }

    [Test]
    public async Task It_backs_off_in_a_fight_and_says_with_whom_and_the_rules_are_there_in_the_end()
    {
        await using var world = await World.Create();
        await world.Runs("a");
        await world.Event("a", "start");
        var ours = await world.OurRules();
        await using var watching = await Watching.Start(world);

        // It ends when the watcher has said so, by the file.
        var fight = world.Host.Run($$"""
            touch {{world.Directory}}/fight
            while [ -e {{world.Directory}}/fight ]; do iptables -w -t nat -F; iptables -w -t nat -X || true; done
            """);
        // Either it has won each time, or never: who flushes all the time undoes it before it can look.
        await watching.Until("a pause", () => Task.FromResult(
            watching.Log.Contains("rules are taken out again and again by iptables[", StringComparison.Ordinal)
            || watching.Log.Contains("tried again in 4 s", StringComparison.Ordinal)));
        await Assert.That(watching.Log).Contains(" by iptables[");
        // What is no fight does not wait for its end.
        await world.Configure(OneForward.Replace("2222", "3333", StringComparison.Ordinal));
        File.Delete(Path.Combine(world.Directory, "fight"));
        await fight;

        var changed = ours.Replace("2222", "3333", StringComparison.Ordinal);
        await watching.HasRules(world, changed);
        await Assert.That(await world.Client.Tcp(Public, 3333)).IsEqualTo("A:22 from 192.168.0.50");
    }
}
