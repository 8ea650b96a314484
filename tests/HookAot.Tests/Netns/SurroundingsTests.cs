using System.Text.Json;
using static HookAot.Tests.Netns.World;

namespace HookAot.Tests.Netns;

/// <summary>What the caller, the file system or a name can do to a hook.</summary>
[Category("Netns")]
public sealed class SurroundingsTests
{
    private static readonly string[] AfterTheStart = ["started", "reconnect", "stopped", "release"];

    private static readonly string[] Life = ["prepare", "start", .. AfterTheStart];

    [Test]
    [Arguments("exec \"$0\" \"$@\" <&-")]
    [Arguments("exec \"$0\" \"$@\" >&-")]
    [Arguments("exec \"$0\" \"$@\" 2>&-")]
    [Arguments("exec \"$0\" \"$@\" <&- >&- 2>&-")]
    [Arguments("exec \"$0\" \"$@\" >/dev/full 2>/dev/full")]
    [Arguments("exec \"$0\" \"$@\" 2> >(:)")]
    [Arguments("exec \"$0\" \"$@\" </dev/zero")]
    [Arguments("exec \"$0\" \"$@\" </")]
    [Arguments("cd /; exec env -i $(env | grep -e ^HOOKAOT -e ^CONFIG) \"$0\" \"$@\"")]
    [Arguments("umask 0777; exec \"$0\" \"$@\"")]
    [Arguments("ulimit -n 12; exec \"$0\" \"$@\"")]
    [Arguments("mkdir \"$HOOKAOT_RUN_DIR.x\" && cd \"$HOOKAOT_RUN_DIR.x\" && rmdir \"$PWD\" && exec \"$0\" \"$@\"")]
    public async Task The_guest_is_served_whatever_the_hook_inherits(string call)
    {
        await using var world = await World.Create();

        var ended = await world.Hook("qemu", "a", "start", null, "bash", "-c", call);

        await Assert.That(ended.ExitCode).IsEqualTo(0).Because(ended.Error);
        await Assert.That(ended.Output).IsEmpty();
        await Assert.That(await world.Client.Tcp(Public, 2222)).IsEqualTo("A:22 from 192.168.0.50");
    }

    [Test]
    public async Task An_ordinary_user_gets_silence_and_no_rules()
    {
        await using var world = await World.Create();
        var before = await world.Rules();
        // A copy, where that user may go: the binary itself may lie in some user's home.
        const string Copy = """
            cd "$0"
            mkdir copy
            cp hooks/hookaot copy/qemu
            chmod 755 . copy copy/qemu
            """;
        await Tool.Succeed(["sh", "-euc", Copy, world.Directory]);
        string[] ordinaryUser = ["setpriv", "--reuid", "65534", "--clear-groups"];
        foreach (var operation in Life)
        {
            var ended = await world.Hook("../copy/qemu", "a", operation, null, ordinaryUser);
            await Assert.That(ended).IsEqualTo(new Ended(0, "", ""));
        }

        await Assert.That(Directory.Exists(world.HookEnvironment["HOOKAOT_RUN_DIR"])).IsFalse();
        await Assert.That(await world.Rules()).IsEqualTo(before);
    }

    [Test]
    [Arguments("mkdir \"$D\"; touch \"$D/events\"")]
    [Arguments("touch \"$D\"")]
    [Arguments("mkdir -p \"$D/state.json/x\"")]
    [Arguments("mkdir -p \"$D/lock\"")]
    [Arguments("mkdir -p \"$D/config.json/x\"")]
    [Arguments("ln -s /nonexistent/run \"$D\"")]
    [Arguments("ln -s /proc/1 \"$D\"")]
    public async Task A_run_directory_that_cannot_be_used_kills_no_guest(string damage)
    {
        await using var world = await World.Create();
        await Tool.Succeed(["sh", "-euc", $"D={world.HookEnvironment["HOOKAOT_RUN_DIR"]}; {damage}"]);

        foreach (var operation in Life)
        {
            var log = await world.Event("a", operation);
            await Assert.That(log).DoesNotContain("   at ").Because(operation);
            if (operation == "start") await Assert.That(log).Contains("libvirt-hook-qemu: ");
        }
    }

    [Test]
    [Arguments("two words")]
    [Arguments("line\nbreak\r\n*nat\nCOMMIT")]
    [Arguments("\u001b]0;owned\a\u009b31m")]
    [Arguments("\u202egnp.exe\u2028\u2029\ufeff")]
    [Arguments("\" -j ACCEPT #")]
    [Arguments("\\\" -j ACCEPT \\")]
    [Arguments("{name} {0} %s %n")]
    [Arguments("😀\t客人")]
    [Arguments("..")]
    public async Task Whatever_the_name_each_event_is_one_printable_line(string name)
    {
        await using var world = await World.Create($$"""
            { "debug": false, "public_ip": "", "machines": {
                "{{JsonEncodedText.Encode(name)}}": { "private_ip": "{{AddressA}}", "port_map": [[2222, 22]] } } }
            """);
        var before = await world.Rules();

        await LogsOneLine(world, name, "start", "1 forward for 1 active guest");
        await Assert.That(await world.Client.Tcp(Public, 2222)).IsEqualTo("A:22 from 192.168.0.50");

        await LogsOneLine(world, name, "stopped", "nothing to forward, all rules are removed");
        await Assert.That(await world.Rules()).IsEqualTo(before);
    }

    [Test]
    [Arguments("{ ")]
    [Arguments("{ \"machines\": { \"a\": ")]
    [Arguments("[]")]
    [Arguments("{ \"machines\": [] }")]
    public async Task A_config_that_was_never_good_forwards_nothing_and_is_reported(string config)
    {
        await using var world = await World.Create(config);
        var before = await world.Rules();

        await Assert.That(await world.Event("a", "start")).Contains("no forward is set up until it can be used");
        await Assert.That(await world.Rules()).IsEqualTo(before);

        await world.Configure(OneForward);
        await world.Quietly("a", "reconnect");
        await Assert.That(await world.Client.Tcp(Public, 2222)).IsEqualTo("A:22 from 192.168.0.50");
    }

    [Test]
    [MethodDataSource(nameof(Broken))]
    public async Task A_guest_that_starts_while_the_config_is_broken_is_served_by_the_last_good_one(string? broken)
    {
        await using var world = await RunningWith(broken, strict: false);

        await Assert.That(await world.Event("mailbox", "start")).Contains("the last good configuration stays in force");
        await Assert.That(await world.Client.Tcp(Public, 2222)).IsEqualTo("A:22 from 192.168.0.50");
        await Assert.That(await world.Client.Tcp(Public, 8080)).IsEqualTo("B:80 from 192.168.0.50");
    }

    [Test]
    [MethodDataSource(nameof(Broken))]
    public async Task Strict_refuses_every_start_while_the_config_is_broken(string? broken)
    {
        await using var world = await RunningWith(broken, strict: true);

        await Assert.That((await world.Hook("qemu", "mailbox", "prepare")).ExitCode).IsEqualTo(1);
        await Assert.That((await world.Hook("qemu", "mailbox", "start")).ExitCode).IsEqualTo(1);
        foreach (var operation in AfterTheStart) await world.Event("a", operation);
    }

    /// <summary>Configurations that cannot be used; null: there is none.</summary>
    public static IEnumerable<string?> Broken() =>
        ["{ ", "{ \"machines\": { \"a\": ", "{ \"machines\": { \"a\": {}, \"mailbox\": ", "", null];

    // Guest "a" runs, and then the configuration of "a" and "mailbox" is broken.
    private static async Task<World> RunningWith(string? broken, bool strict)
    {
        // The name of one is not by chance a part of some other word in a file.
        var world = await World.Create($$"""
            {
                "strict": {{(strict ? "true" : "false")}},
                "public_ip": "{{Public}}",
                "machines": {
                    "a": { "private_ip": "{{AddressA}}", "port_map": [[2222, 22]] },
                    "mailbox": { "private_ip": "{{AddressB}}", "port_map": [[8080, 80]] }
                }
            }
            """);
        await world.Quietly("a", "start");
        if (broken is null) File.Delete(world.Config);
        else await world.Configure(broken);
        return world;
    }

    private static async Task LogsOneLine(World world, string name, string operation, string words)
    {
        // Not the name in the XML: it has no way to write a control character.
        var log = (await world.Hook("qemu", name, operation, Domain("guest"))).Error;
        await Assert.That(log).StartsWith("libvirt-hook-qemu: ").And.EndsWith("]\n");
        await Assert.That(log).Contains($" {operation}: {words} [");
        await Assert.That(log[..^1].Any(IsUnprintable)).IsFalse();
    }

    private static bool IsUnprintable(char c) =>
        char.IsControl(c) || c is '\u202e' or '\u2028' or '\u2029' or '\ufeff';
}
