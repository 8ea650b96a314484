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
        await Tool.Succeed(["sh", "-euc", """mkdir -p "$0/qemu/networks"; chmod 700 "$0/qemu" """, etc]);

        string[] nobody = [.. world.Host.Enter, "setpriv", "--reuid=65534", "--clear-groups"];
        var hookctrl = Path.Combine(world.Directory, "hooks", "hookctrl");
        var ended = await Tool.Run([.. nobody, hookctrl, "check"], environment: world.HookEnvironment);
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
        string[] nobody = [.. world.Host.Enter, "setpriv", "--reuid=65534", "--clear-groups"];
        string[] command = [.. nobody, world.HookctrlPath(), "port", "add", "a", "8080:80"];
        var ended = await Tool.Run(command, environment: world.HookEnvironment);
        await Assert.That(ended.ExitCode).IsEqualTo(1);
        await Assert.That(ended.Error)
            .IsEqualTo($"hookctrl: {world.Config} cannot be written: Permission denied; try again with sudo\n");
    }
}
