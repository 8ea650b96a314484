using System.Net.Sockets;
using static HookAot.Tests.Netns.World;

namespace HookAot.Tests.Netns;

/// <summary>What the hook meets as a process: its environment, its limits, and what its tool leaves behind.</summary>
[Category("Netns")]
public sealed class ProcessTests
{
    private const string BridgeSetting = "/proc/sys/net/bridge/bridge-nf-call-iptables";

    [Test]
    public async Task What_the_tool_leaves_in_the_background_holds_up_neither_this_event_nor_the_next()
    {
        await using var world = await World.Create();
        var tool = world.HookEnvironment["IPTABLES_BINARY"];
        await world.Program("wrapped", "#!/bin/sh\nexit 1\n");
        // It keeps stdout, stderr and the lock open.
        var wrapped = await world.Program("wrapped-restore", $"""
            #!/bin/sh
            {tool}-restore "$@" || exit
            sleep 300 &
            echo $! > {world.Directory}/background

            """);
        world.HookEnvironment["IPTABLES_BINARY"] = wrapped[..^"-restore".Length];

        await world.Quietly("a", "start");
        await Assert.That(await world.Client.Tcp(Public, 2222)).IsEqualTo("A:22 from 192.168.0.50");
        world.HookEnvironment["IPTABLES_BINARY"] = tool;
        await world.Quietly("a", "stopped");

        // Both were done while it ran.
        await world.Host.Run($"kill $(cat {world.Directory}/background)");
    }

    [Test]
    [Arguments("/usr/bin:/bin")]
    [Arguments("relative::/nonexistent")]
    [Arguments("")]
    public async Task The_usual_directories_are_searched_for_iptables_after_PATH(string path)
    {
        await using var world = await World.Create();
        world.HookEnvironment["IPTABLES_BINARY"] = "";

        var binary = Path.Combine(world.Directory, "hooks", "qemu");
        var ended = await Tool.Run(
            [.. world.Host.Enter, "env", $"PATH={path}", binary, "a", "start", "begin", "-"],
            Domain("a"),
            world.HookEnvironment);

        await Assert.That(ended.Error).StartsWith("libvirt-hook-qemu: a start: 1 forward for 1 active guest [");
        await Assert.That(await world.Client.Tcp(Public, 2222)).IsEqualTo("A:22 from 192.168.0.50");
    }

    [Test]
    public async Task A_parent_that_ignores_its_children_does_not_turn_failure_into_success()
    {
        await using var world = await World.Create();
        var wrapped = await world.Program("wrapped-restore", "#!/bin/sh\nexit 1\n");
        world.HookEnvironment["IPTABLES_BINARY"] = wrapped[..^"-restore".Length];

        var ended = await world.Hook("qemu", "a", "start", null, "bash", "-c", "trap '' CHLD; exec \"$@\"", "bash");

        await Assert.That(ended.ExitCode).IsEqualTo(0);
        await Assert.That(ended.Error).Contains("failed with exit code 1");
    }

    [Test]
    public async Task A_limit_on_the_size_of_files_is_an_error_and_not_the_end()
    {
        await using var world = await World.Create();

        var limited = await world.Hook("qemu", "a", "start", null, "prlimit", "--fsize=0");

        await Assert.That(limited.ExitCode).IsEqualTo(0);
        await Assert.That(limited.Error).Contains("File too large");
        await world.Event("a", "start");
        await Assert.That(await world.Client.Tcp(Public, 2222)).IsEqualTo("A:22 from 192.168.0.50");
    }

    [Test]
    public async Task A_lock_that_any_user_takes_on_a_setting_of_the_kernel_does_not_matter()
    {
        await using var world = await World.Create();
        await Tool.Succeed(["sh", "-c", $"[ -e {BridgeSetting} ] || modprobe br_netfilter"]);
        await world.Host.Run($"echo 1 > {BridgeSetting}");

        var ended = await world.Hook("qemu", "a", "start", null, "flock", "--exclusive", BridgeSetting);

        await Assert.That(ended.ExitCode).IsEqualTo(0);
        await Assert.That(await world.Host.Run("cat /sys/class/net/vnet0/brport/hairpin_mode")).IsEqualTo("1\n");
        await Assert.That(await world.A.Tcp(Public, 2222)).IsEqualTo($"A:22 from {Gateway}");
    }

    [Test]
    public async Task A_lock_that_any_user_takes_on_the_hairpin_setting_does_not_matter()
    {
        await using var world = await World.Create();
        await Tool.Succeed(["sh", "-c", $"[ -e {BridgeSetting} ] || modprobe br_netfilter"]);
        await world.Host.Run($"echo 1 > {BridgeSetting}");

        const string Setting = "/sys/class/net/vnet0/brport/hairpin_mode";
        var ended = await world.Hook("qemu", "a", "start", null, "flock", "--exclusive", Setting);

        await Assert.That(ended.Error).StartsWith("libvirt-hook-qemu: a start: 1 forward for 1 active guest [");
        await Assert.That(await world.Host.Run($"cat {Setting}")).IsEqualTo("1\n");
    }

    [Test]
    public async Task A_log_that_takes_nothing_more_holds_nothing_up()
    {
        await using var world = await World.Create();
        using var full = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        var address = new UnixDomainSocketEndPoint(world.HookEnvironment["HOOKAOT_LOG_SOCKET"]);
        full.Bind(address);
        using var others = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        others.Blocking = false;
        await others.ConnectAsync(address);
        await Assert.That(() =>
        {
            while (true) others.Send("full"u8);
        }).Throws<SocketException>();

        // What the log does not take is on stderr.
        await world.Quietly("a", "start");
        await Assert.That(await world.Client.Tcp(Public, 2222)).IsEqualTo("A:22 from 192.168.0.50");
    }
}
