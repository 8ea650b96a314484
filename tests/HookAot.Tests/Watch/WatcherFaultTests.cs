using System.Net.Sockets;
using System.Text;
using HookAot.Tests.Netns;
using static HookAot.Tests.Netns.World;

namespace HookAot.Tests.Watch;

/// <summary>Whatever happens to the watcher and around it: nothing wrong, nothing lost.</summary>
[Category("Netns")]
public sealed class WatcherFaultTests
{
    [Test]
    public async Task Killed_and_started_again_it_repairs_what_happened_meanwhile()
    {
        await using var world = await WatchedFilesTests.Started();
        var ours = await world.OurRules();
        await using (var first = await Watching.Start(world)) await first.Kill();
        await world.Host.Run("nft flush ruleset");

        await using var second = await Watching.Start(world);
        await Assert.That(await world.OurRules()).IsEqualTo(ours);
        await Assert.That(await world.Client.Tcp(Public, 2222)).IsEqualTo("A:22 from 192.168.0.50");
    }

    [Test]
    public async Task A_second_one_says_so_and_ends()
    {
        await using var world = await WatchedFilesTests.Started();
        await using var watching = await Watching.Start(world);

        var second = await world.Refused("watch");
        await Assert.That(second).Contains($"[{watching.Pid}]").Or.Contains($" {watching.Pid}");

        await world.Host.Run("nft flush ruleset");
        await watching.Serves(world, 2222, "A:22");
    }

    [Test]
    public async Task Our_directory_in_run_may_be_deleted_below_it()
    {
        await using var world = await WatchedFilesTests.Started();
        var run = world.HookEnvironment["HOOKAOT_RUN_DIR"];
        await using var watching = await Watching.Start(world);

        for (var i = 0; i < 3; i++)
        {
            // The watcher may be writing there just now.
            await world.Host.Run($"rm -r {run} || rm -r {run}");
            await watching.Until("the record", () => Task.FromResult(File.Exists(Path.Combine(run, "state.json"))));
            await world.Host.Run("nft flush ruleset");
            await watching.Serves(world, 2222, "A:22");
            await Assert.That((await world.Call("watch")).ExitCode).IsEqualTo(1);
        }

        await world.Runs("b");
        await world.Event("b", "start");
        await Assert.That(await world.Client.Tcp(Public, 2222)).IsEqualTo("A:22 from 192.168.0.50");
    }

    [Test]
    public async Task Started_before_libvirt_it_sees_its_directories_come()
    {
        await using var world = await World.Create();
        await world.Host.Run($"cd {world.Directory}; rm -r libvirt dnsmasq; rm hooks/config.json");
        await using var watching = await Watching.Start(world);

        await world.Host.Run($"cd {world.Directory}; mkdir -p libvirt/network libvirt/qemu dnsmasq");
        await world.Configure(OneForward);
        await world.Runs("a");

        await watching.Serves(world, 2222, "A:22");
    }

    [Test]
    public async Task A_log_daemon_that_was_started_again_hears_of_what_comes_later()
    {
        await using var world = await WatchedFilesTests.Started();
        var path = world.HookEnvironment["HOOKAOT_LOG_SOCKET"];
        using var daemon = Bound(path);
        await using var watching = await Watching.Start(world);
        await world.Host.Run("nft flush ruleset");
        await Assert.That(await Line(daemon)).Contains("taken out by nft[");

        daemon.Dispose();
        File.Delete(path);
        using var again = Bound(path);
        await world.Host.Run("nft flush ruleset");
        await Assert.That(await Line(again)).Contains("taken out by nft[");
    }

    [Test]
    public async Task Where_the_rules_cannot_be_read_it_tries_again_until_they_can()
    {
        await using var world = await WatchedFilesTests.Started();
        var ours = await world.OurRules();
        await world.FakeTool($"exec {world.RealTool}-restore \"$@\"");
        await using var watching = await Watching.Start(world);

        await world.Program("fake-iptables-save", "#!/bin/sh\necho 'no memory' >&2\nexit 1\n");
        await world.Host.Run("iptables -t nat -F HOOKAOT-DNAT");
        await watching.Says("not everything is in force: ");
        await Assert.That(watching.Log).Contains("no memory").And.Contains("; tried again in ");

        await world.Program("fake-iptables-save", $"#!/bin/sh\nexec {world.RealTool}-save \"$@\"\n");
        await watching.HasRules(world, ours);
        await Assert.That(await world.Client.Tcp(Public, 2222)).IsEqualTo("A:22 from 192.168.0.50");
    }

    [Test]
    public async Task What_is_taken_out_once_more_while_it_is_put_back_is_no_failure()
    {
        await using var world = await WatchedFilesTests.Started();
        var ours = await world.OurRules();
        var once = Path.Combine(world.Directory, "once");
        await world.FakeTool($"""
            {world.RealTool}-restore "$@" || exit
            if [ -e {once} ]; then rm {once}; {world.RealTool} -t nat -F HOOKAOT-DNAT; fi
            """);
        await using var watching = await Watching.Start(world);

        await File.WriteAllTextAsync(once, "");
        await world.Host.Run("nft flush ruleset");

        await watching.Says("rules were taken out by nft[");
        await watching.HasRules(world, ours);
        await Assert.That(File.Exists(once)).IsFalse();
        await Assert.That(watching.Log.Split('\n')).Count().IsEqualTo(1).Because(watching.Log);
    }

    [Test]
    public async Task What_the_kernel_had_no_room_to_tell_is_looked_for()
    {
        await using var world = await WatchedFilesTests.Started();
        var ours = await world.OurRules();
        await using var watching = await Watching.Start(world);

        // While it does not listen, others fill what the kernel has room for, so that the last thing is lost.
        await world.Host.Run($$"""
            kill -STOP {{watching.Pid}}
            {
              echo 'add table inet other'
              echo 'add set inet other marks { type mark; }'
              seq -f 'add element inet other marks { %.0f }' 100000
            } | nft -f -
            iptables -t nat -F HOOKAOT-DNAT
            kill -CONT {{watching.Pid}}
            """);

        await watching.HasRules(world, ours);
    }

    [Test]
    public async Task An_event_while_it_converges_waits_for_it_and_is_in_force_afterwards()
    {
        await using var world = await World.Create(TwoForwards);
        await world.Runs("a");
        await world.Event("a", "start");
        await world.Host.Run($"mkfifo {world.Directory}/begun {world.Directory}/go");
        await world.FakeTool($"""
            echo >{world.Directory}/begun; read -r x <{world.Directory}/go
            exec {world.RealTool}-restore "$@"
            """);
        var start = Watching.Start(world);
        world.HookEnvironment["IPTABLES_BINARY"] = world.RealTool;
        await using var watching = await start;

        await world.Host.Run($"iptables -t nat -F HOOKAOT-DNAT; read -r x <{world.Directory}/begun");
        await world.Runs("b");
        var hook = world.Event("b", "start");
        // Each run of the tool by the watcher waits to be let go.
        while (!hook.IsCompleted)
        {
            await Tool.Run(["timeout", "0.2", "sh", "-c", $"echo >{world.Directory}/go"]);
            await Tool.Run(["timeout", "0.2", "sh", "-c", $"read -r x <{world.Directory}/begun"]);
        }

        await hook;
        await Assert.That(await world.Client.Tcp(Public, 2222)).IsEqualTo("A:22 from 192.168.0.50");
        await Assert.That(await world.Client.Tcp(Public, 8080)).IsEqualTo("B:80 from 192.168.0.50");
    }

    [Test]
    public async Task A_stopped_process_that_has_the_lock_holds_it_up_no_longer_than_it_is_stopped()
    {
        await using var world = await WatchedFilesTests.Started();
        var ours = await world.OurRules();
        await using var watching = await Watching.Start(world);
        var run = world.HookEnvironment["HOOKAOT_RUN_DIR"];
        var holding = world.Host.Run($"flock {run}/lock sh -c 'echo $$ >{run}/pid; kill -STOP $$'");
        await watching.Until("the holder", () => Task.FromResult(File.Exists($"{run}/pid")));
        var pid = (await world.Host.Run($"until read -r p <{run}/pid; do :; done; echo $p")).Trim();

        await world.Host.Run("nft flush ruleset");
        var inode = (await world.Host.Run($"stat -c %i {run}/lock")).Trim();
        await watching.Until("the wait", async () =>
            (await File.ReadAllLinesAsync("/proc/locks")).Any(
                line => line.Contains("-> FLOCK", StringComparison.Ordinal)
                && line.Contains($":{inode} ", StringComparison.Ordinal)));
        await Assert.That(await world.OurRules()).IsEmpty();
        await world.Host.Run($"kill -CONT {pid}");
        await holding;

        await watching.HasRules(world, ours);
    }

    private static Socket Bound(string path)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(path));
        return socket;
    }

    private static async Task<string> Line(Socket daemon)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var buffer = new byte[8192];
        var length = await daemon.ReceiveAsync(buffer, patience.Token);
        return Encoding.UTF8.GetString(buffer, 0, length);
    }
}
