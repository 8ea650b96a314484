using static HookAot.Tests.Netns.World;

namespace HookAot.Tests.Netns;

/// <summary>config.json is the old one or the new one, whatever happens while the published hookctrl writes it.</summary>
[Category("Netns")]
public sealed class ConfigWriteTests
{
    private static Task<Ended> Run(World world, string script) => Tool.Run([.. world.Host.Enter, "unshare", "-m", "sh", "-uc", script, world.Directory], environment: world.HookEnvironment);

    [Test]
    public async Task A_full_disk_leaves_the_old_file()
    {
        await using var world = await World.Create(OneForward);
        // The file takes more than half of its disk.
        var ended = await Run(world, """
            mkdir "$0/disk"; mount -t tmpfs -o size=64k tmpfs "$0/disk"
            { cat "$0/hooks/config.json"; head -c 40000 /dev/zero | tr '\0' ' '; } > "$0/disk/config.json"; cp "$0/disk/config.json" "$0/before"
            "$0/hooks/hookctrl" port add a 8080:80 --config "$0/disk/config.json"; code=$?
            cmp "$0/before" "$0/disk/config.json" && ls "$0/disk"; exit "$code"
            """);
        await Assert.That((ended.ExitCode, ended.Output)).IsEqualTo((1, "config.json\n")).Because(ended.Error);
        await Assert.That(ended.Error).Contains("No space left on device");
    }

    [Test]
    public async Task A_read_only_directory_is_said()
    {
        await using var world = await World.Create(OneForward);
        var ended = await Run(world, """mount --bind "$0/hooks" "$0/hooks"; mount -o remount,bind,ro "$0/hooks"; "$0/hooks/hookctrl" port add a 8080:80 """);
        await Assert.That(ended.ExitCode).IsEqualTo(1);
        await Assert.That(ended.Error).Contains("Read-only file system");
        await Assert.That(await File.ReadAllTextAsync(world.Config)).IsEqualTo(OneForward);
    }

    [Test]
    public async Task Killed_at_any_step_it_leaves_the_old_file_or_the_new_one()
    {
        await using var world = await World.Create(OneForward);
        string[] add = ["port", "add", "a", "8080:80", "--no-apply"];
        await Assert.That((await world.Call(add)).ExitCode).IsEqualTo(0);
        var after = await File.ReadAllTextAsync(world.Config);

        var seen = new HashSet<string>();
        foreach (var step in (string[])["openat", "flock", "fchmod", "fchown", "pwrite64", "fsync", "rename", "unlink"])
        {
            var killed = true;
            for (var nth = 1; killed; nth++)
            {
                await world.Configure(OneForward);
                var ended = await Tool.Run(
                    [.. world.Host.Enter, "strace", "-f", "-qq", "-o", "/dev/null", "-e", $"inject={step}:signal=SIGKILL:when={nth}", Path.Combine(world.Directory, "hooks", "hookctrl"), .. add],
                    environment: world.HookEnvironment);
                killed = ended.ExitCode != 0;
                var content = await File.ReadAllTextAsync(world.Config);
                await Assert.That(content == OneForward || content == after).IsTrue().Because($"{step} {nth}: {content}");
                if (killed) seen.Add($"{step} {content == after}");
            }
        }

        // Killed before the rename, and after it.
        await Assert.That(seen).Contains("pwrite64 False").And.Contains("fsync False").And.Contains("fsync True").And.Contains("rename False");
        // What a killed one leaves behind is no obstacle.
        await world.Configure(OneForward);
        await Assert.That((await world.Call(add)).ExitCode).IsEqualTo(0);
        await Assert.That(await File.ReadAllTextAsync(world.Config)).IsEqualTo(after);
    }
}
