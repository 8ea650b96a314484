namespace HookAot.Tests.Netns;

/// <summary>hookctrl as a user who may not look into libvirt's directories.</summary>
public sealed class OrdinaryUserTests
{
    [Test]
    public async Task Check_says_nothing_about_guests_and_networks_that_it_cannot_see()
    {
        await using var world = await World.Create();
        var etc = Path.Combine(world.Directory, "etc");
        world.HookEnvironment["HOOKAOT_LIBVIRT_ETC"] = etc;
        // What is visible is another guest and another network: what is hidden may be the configured ones.
        await world.Runs("other");
        await File.WriteAllTextAsync(
            Path.Combine(world.Directory, "libvirt", "network", "other.xml"),
            "<network><name>other</name><ip address='10.0.0.1' prefix='24'/></network>");
        await Tool.Succeed(["sh", "-euc", """
            mkdir -p "$0/qemu/networks"; chmod 700 "$0/qemu"
            echo '<network' >"$0/qemu/networks/broken.xml"
            """, etc]);

        var ended = await AsNobody(world, "check");
        await Assert.That(ended.ExitCode).IsEqualTo(0).Because(ended.Error);
        await Assert.That(ended.Error + ended.Output).DoesNotContain("does not know a guest")
            .And.DoesNotContain("is in none of");

        // Root sees everything, and so knows that they are not there.
        var doubts = await world.Call("check");
        await Assert.That(doubts.Error + doubts.Output).Contains("does not know a guest")
            .And.Contains("is in none of");
    }

    [Test]
    public async Task An_edit_of_roots_file_says_how_it_would_work()
    {
        await using var world = await World.Create();
        var ended = await AsNobody(world, "port add a 8080:80");
        await Assert.That(ended.ExitCode).IsEqualTo(1);
        await Assert.That(ended.Error)
            .IsEqualTo($"hookctrl: {world.Config} cannot be written: Permission denied; try again with sudo\n");
    }

    [Test]
    [Arguments("apply", "change the rules")]
    [Arguments("doctor a", "see everything that may stop a forward")]
    [Arguments("explain a", "see the rules")]
    [Arguments("plan", "see the rules")]
    [Arguments("status", "see the rules")]
    [Arguments("watch", "watch the rules")]
    public async Task What_is_for_root_says_so(string arguments, string purpose)
    {
        await using var world = await World.Create();
        var ended = await AsNobody(world, arguments);
        await Assert.That((ended.ExitCode, ended.Output, ended.Error))
            .IsEqualTo((1, "", $"hookctrl: only root may {purpose}: try again with sudo\n"));
    }

    [Test]
    public async Task A_journal_that_is_not_for_all_is_no_empty_one()
    {
        await using var world = await World.Create();
        await world.Program("journalctl", "#!/bin/sh\n");
        world.HookEnvironment["PATH"] = $"{world.Directory}:{Environment.GetEnvironmentVariable("PATH")}";
        var journal = Path.Combine(world.HookEnvironment["HOOKAOT_LOG_DIR"], "journal");
        await Tool.Succeed(["sh", "-euc", """mkdir -p "$0/machine"; : >"$0/machine/system.journal" """, journal]);

        // Of the file, and of the directory.
        foreach (var closed in (string[])["machine/system.journal", "machine"])
        {
            await Tool.Succeed(["chmod", "700", Path.Combine(journal, closed)]);
            var ended = await AsNobody(world, "log");
            await Assert.That((ended.ExitCode, ended.Error)).IsEqualTo(
                (1, "hookctrl: only root, or a group that may, reads the log: try again with sudo\n"));
        }
    }

    private static Task<Ended> AsNobody(World world, string arguments)
    {
        string[] nobody = [.. world.Host.Enter, "setpriv", "--reuid=65534", "--clear-groups"];
        return Tool.Run(
            [.. nobody, world.HookctrlPath(), .. arguments.Split(' ')], environment: world.HookEnvironment);
    }
}
