using System.Diagnostics;
using static HookAot.Tests.Netns.World;

namespace HookAot.Tests.Netns;

/// <summary>
/// hookctrl with another config than the one that the hook uses: it does not replace the host's rules.
/// </summary>
[Category("Netns")]
public sealed class OtherConfigTests
{
    private static async Task<(World World, string Other)> WithAnother()
    {
        var world = await World.Create(OneForward);
        var other = Path.Combine(world.Directory, "other.json");
        await File.WriteAllTextAsync(other, "{}");
        await world.Quietly("a", "start");
        return (world, other);
    }

    [Test]
    public async Task Apply_refuses_it_and_takes_it_with_force()
    {
        var (world, other) = await WithAnother();
        await using var _ = world;
        var before = await world.OurRules();
        await Assert.That(await world.Refused($"--config {other} apply"))
            .Contains($"the hook uses {world.Config}, not {other}").And.Contains("--force");
        await Assert.That(await world.OurRules()).IsEqualTo(before);
        await Assert.That(await world.Done($"--config {other} apply --force")).Contains("- a: ");
        await Assert.That(await world.OurRules()).IsNotEqualTo(before);
    }

    [Test]
    public async Task A_shell_with_another_environment_is_refused_as_well()
    {
        var (world, other) = await WithAnother();
        await using var _ = world;
        var before = await world.OurRules();
        var hooks = world.Config;
        world.HookEnvironment["CONFIG_FILENAME"] = other;
        await Assert.That(await world.Refused("apply")).Contains($"the hook uses {hooks}, not {other}");
        await Assert.That(await world.OurRules()).IsEqualTo(before);
        // Naming the hook's own file is what helps.
        await Assert.That(await world.Done($"apply --config {hooks}")).IsEqualTo("nothing to change\n");
        // What takes everything out reads no config.
        await Assert.That(await world.Done("apply --stop-all")).Contains("- a: ");
    }

    [Test]
    public async Task An_edit_is_saved_and_not_applied()
    {
        var (world, other) = await WithAnother();
        await using var _ = world;
        var before = await world.OurRules();
        var ended = await world.Call("--config", other, "machine", "add", "a", "--private-ip", AddressA);
        await Assert.That(ended.ExitCode).IsEqualTo(0).Because(ended.Error);
        await Assert.That(ended.Error).Contains($"saved, and not applied: the hook uses {world.Config}, not {other}");
        await Assert.That(await File.ReadAllTextAsync(other)).Contains(AddressA);
        await Assert.That(await world.OurRules()).IsEqualTo(before);
        // What is only looked at is looked at.
        var plan = await world.Call("--config", other, "plan");
        await Assert.That(plan.ExitCode).IsEqualTo(0).Because(plan.Error);
        await Assert.That(plan.Error).Contains($"warning: the hook uses {world.Config}, not {other}");
    }

    [Test]
    public async Task The_same_file_by_another_name_is_the_same()
    {
        var (world, _) = await WithAnother();
        await using var __ = world;
        var link = Path.Combine(world.Directory, "link.json");
        var directory = Path.Combine(world.Directory, "hooks2");
        File.CreateSymbolicLink(link, world.Config);
        System.IO.Directory.CreateSymbolicLink(directory, Path.Combine(world.Directory, "hooks"));
        string[] names = [link, $"{directory}/config.json", $"{world.Directory}/hooks/../hooks//config.json"];
        foreach (var name in names)
        {
            var said = await world.Done($"apply --config {name}");
            await Assert.That(said).IsEqualTo("nothing to change\n").Because(name);
        }
    }

    [Test]
    public async Task Where_nothing_is_known_of_the_hook_only_a_named_file_is_compared()
    {
        await using var world = await World.Create(OneForward);
        await world.Runs("a");
        var other = Path.Combine(world.Directory, "other.json");
        await File.WriteAllTextAsync(other, "{}");
        await Assert.That(await world.Refused($"apply --config {other}")).Contains("--force");
        await Assert.That(await world.Done("apply")).Contains("+ a: ");
    }

    [Test]
    public async Task Before_the_first_event_libvirts_own_environment_counts()
    {
        await using var world = await World.Create(OneForward);
        await world.Runs("a");
        // The daemon is known by its name.
        var program = Path.Combine(world.Directory, "libvirtd");
        await Tool.Succeed(["cp", "/usr/bin/sleep", program]);
        var start = new ProcessStartInfo(program, "600") { Environment = { ["CONFIG_FILENAME"] = world.Config } };
        using var daemon = Process.Start(start)!;
        await File.WriteAllTextAsync(Path.Combine(world.Directory, "libvirtd.pid"), $"{daemon.Id}");
        try
        {
            var other = Path.Combine(world.Directory, "other.json");
            await File.WriteAllTextAsync(other, "{}");
            await Assert.That(await world.Done("apply")).Contains("+ a: ");
            var config = world.Config;
            world.HookEnvironment["CONFIG_FILENAME"] = other;
            await Assert.That(await world.Refused("apply")).Contains($"the hook uses {config}, not {other}");
        }
        finally
        {
            daemon.Kill();
        }
    }
}
