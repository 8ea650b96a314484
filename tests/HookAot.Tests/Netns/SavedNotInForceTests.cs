using static HookAot.Tests.Netns.World;

namespace HookAot.Tests.Netns;

/// <summary>An edit that is written, and rules that cannot be put in place after it.</summary>
[Category("Netns")]
public sealed class SavedNotInForceTests
{
    [Test]
    public async Task A_saved_edit_whose_rules_are_refused_says_both()
    {
        await using var world = await World.Create(OneForward);
        await world.Runs("a");
        var tool = await world.Program("broken-restore", "#!/bin/sh\necho 'the moon is full' >&2; exit 3\n");
        await world.Program("broken-save", "#!/bin/sh\nexec iptables-save \"$@\"\n");
        world.HookEnvironment["IPTABLES_BINARY"] = tool[..^"-restore".Length];
        var said = await world.Refused("port add a 8080:80");
        await Assert.That(said).Contains("hookctrl: saved, but not in force: ").And.Contains("the moon is full");
        await Assert.That(said.Split("the rules are not in place").Length).IsEqualTo(2).Because(said);
        await Assert.That(await world.Done("list")).Contains(" 8080/tcp ");
        // What is in the file already is not saved again.
        await Assert.That(await world.Refused($"set public_ip {Public}"))
            .DoesNotContain("saved").And.Contains("the moon is full");
        await Assert.That(await world.Refused("apply")).DoesNotContain("saved").And.Contains("the moon is full");
    }

    [Test]
    public async Task A_saved_edit_of_an_ordinary_user_says_what_is_missing()
    {
        await using var world = await World.Create(OneForward);
        // The program may lie where an ordinary user cannot go.
        var program = Path.Combine(world.Directory, "hookctrl");
        await Tool.Succeed(["cp", Binary, program]);
        await Tool.Succeed(["chown", "-R", "65534", Path.Combine(world.Directory, "hooks")]);
        var ended = await Tool.Run(
            [.. world.Host.Enter, "setpriv", "--reuid=65534", "--clear-groups", program, "port", "add", "a", "8080:80"],
            environment: world.HookEnvironment);
        await Assert.That(ended.Error).IsEqualTo(
            "hookctrl: saved, but not in force: only root may change the rules: try again with sudo\n");
        await Assert.That(ended.ExitCode).IsEqualTo(1);
        await Assert.That(await world.Done("list")).Contains(" 8080/tcp ");
    }
}
