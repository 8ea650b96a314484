using static HookAot.Tests.Netns.World;

namespace HookAot.Tests.Netns;

/// <summary>Every wait of the hook ends, since libvirt waits for the hook without a limit.</summary>
[Category("Netns")]
public sealed class LimitTests
{
    [Test]
    public async Task A_standard_input_that_never_ends_costs_only_the_interfaces()
    {
        await using var world = await World.Create();
        var hook = Path.Combine(world.Directory, "hooks", "qemu");
        var ended = await Tool.Run(
            [.. world.Host.Enter, "sh", "-c", $"mkfifo {world.Directory}/in; sleep 100 > {world.Directory}/in & " +
                $"{hook} a start begin - < {world.Directory}/in; code=$?; kill $!; exit $code"],
            environment: world.HookEnvironment);

        await Assert.That(ended.ExitCode).IsEqualTo(0);
        await Assert.That(ended.Error).Contains("standard input does not end");
        await Assert.That(await world.Client.Tcp(Public, 2222)).IsEqualTo("A:22 from 192.168.0.50");
    }

    [Test]
    public async Task A_lock_that_is_never_let_go_leaves_the_event_and_names_its_holder()
    {
        await using var world = await World.Create();
        await world.Quietly("a", "start");
        await world.Quietly("a", "stopped");
        var run = world.HookEnvironment["HOOKAOT_RUN_DIR"];
        var hook = Path.Combine(world.Directory, "hooks", "qemu");
        var ended = await Tool.Run(
            [.. world.Host.Enter, "flock", "-n", "-o", $"{run}/lock", hook, "a", "start", "begin", "-"],
            Domain("a"),
            world.HookEnvironment);

        await Assert.That(ended.ExitCode).IsEqualTo(0);
        await Assert.That(ended.Error).Contains($"{run}/lock is held by flock (pid ");
        await Assert.That(Directory.GetFiles(Path.Combine(run, "events"))).Count().IsEqualTo(1);

        await world.Quietly("a", "reconnect");
        await Assert.That(await world.Client.Tcp(Public, 2222)).IsEqualTo("A:22 from 192.168.0.50");
    }

    [Test]
    public async Task A_tool_that_hangs_is_ended()
    {
        await using var world = await World.Create();
        await world.FakeTool("exec sleep 1000");

        await Assert.That(await world.Event("a", "start")).Contains("did not end within 15 s, and was killed");

        world.HookEnvironment["IPTABLES_BINARY"] = world.RealTool;
        await world.Quietly("a", "reconnect");
        await Assert.That(await world.Client.Tcp(Public, 2222)).IsEqualTo("A:22 from 192.168.0.50");
    }

    [Test]
    [Arguments("a start", 0)]
    [Arguments("a start begin", 0)]
    [Arguments("a reconnect begin - more", 0)]
    [Arguments("a started begin - more and more", 0)]
    [Arguments("a", 2)]
    [Arguments("", 2)]
    public async Task Only_too_few_arguments_are_a_wrong_call(string arguments, int code)
    {
        await using var world = await World.Create();
        var hook = Path.Combine(world.Directory, "hooks", "qemu");
        var words = arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries);

        var ended = await Tool.Run([.. world.Host.Enter, hook, .. words], Domain("a"), world.HookEnvironment);

        await Assert.That(ended.ExitCode).IsEqualTo(code);
        await Assert.That(ended.Output).IsEmpty();
    }

    [Test]
    public async Task Strict_refuses_a_guest_that_waited_for_the_converge_which_left_it_out()
    {
        await using var world = await World.Create($$"""
            {
                "strict": true,
                "public_ip": "{{Public}}",
                "machines": {
                    "a": { "private_ip": "{{AddressA}}", "port_map": [[2222, 22]] },
                    "bad": { "private_ip": "192.168.122.66", "port_map": [[6666, 66]] }
                }
            }
            """);
        await world.FakeTool($$"""
            script=$(cat)
            line=$(printf '%s\n' "$script" | grep -n -m 1 -e '-A HOOKAOT-DNAT .*192.168.122.66' | cut -d : -f 1)
            [ -z "$line" ] || { echo "line $line failed" >&2; exit 1; }
            printf '%s\n' "$script" | {{world.RealTool}}-restore "$@"
            """);
        var run = world.HookEnvironment["HOOKAOT_RUN_DIR"];
        var (go, held) = (Path.Combine(world.Directory, "go"), Path.Combine(world.Directory, "held"));
        await Tool.Succeed(["mkfifo", go, held]);
        await Tool.Succeed(["mkdir", "-p", "-m", "700", run]);

        // Both have left their events before either gets the lock, so that one of them includes both.
        var holder = Tool.Succeed(["flock", $"{run}/lock", "sh", "-c", $"echo > {held}; read -r x < {go}"]);
        await Tool.Succeed(["sh", "-c", $"read -r x < {held}"]);
        var first = world.Hook("qemu", "a", "start");
        await Events(run, 1);
        var second = world.Hook("qemu", "bad", "start");
        await Events(run, 2);
        await Tool.Succeed(["sh", "-c", $"echo > {go}"]);
        await holder;

        await Assert.That((await first).ExitCode).IsEqualTo(0);
        await Assert.That((await second).ExitCode).IsEqualTo(1);
        await Assert.That(await world.Client.Tcp(Public, 2222)).IsEqualTo("A:22 from 192.168.0.50");
    }

    private static async Task Events(string run, int count)
    {
        var events = Path.Combine(run, "events");
        while (!Directory.Exists(events) || Directory.GetFiles(events).Count(IsWhole) < count) await Task.Yield();
    }

    private static bool IsWhole(string file) => !file.EndsWith(".tmp", StringComparison.Ordinal);
}
