using static HookAot.Tests.Netns.World;

namespace HookAot.Tests.Netns;

/// <summary>
/// config.json is the old one or the new one, whatever happens while the published hookctrl writes it.
/// </summary>
[Category("Netns")]
public sealed class ConfigWriteTests
{
    /// <summary>Runs a script on the world's host, with mounts of its own, "$0" being the world's directory.</summary>
    private static Task<Ended> Run(World world, string script) =>
        Tool.Run(
            [.. world.Host.Enter, "unshare", "-m", "sh", "-uc", script, world.Directory],
            environment: world.HookEnvironment);

    [Test]
    public async Task A_full_disk_leaves_the_old_file()
    {
        await using var world = await World.Create(OneForward);
        // The file takes more than half of its disk.
        var ended = await Run(world, """
            mkdir "$0/disk"; mount -t tmpfs -o size=64k tmpfs "$0/disk"
            { cat "$0/hooks/config.json"; head -c 40000 /dev/zero | tr '\0' ' '; } > "$0/disk/config.json"
            cp "$0/disk/config.json" "$0/before"
            "$0/hooks/hookctrl" port add a 8080:80 --config "$0/disk/config.json"; code=$?
            cmp "$0/before" "$0/disk/config.json" && ls -A "$0/disk"; exit "$code"
            """);
        await Assert.That((ended.ExitCode, ended.Output)).IsEqualTo((1, "config.json\n")).Because(ended.Error);
        await Assert.That(ended.Error).Contains("No space left on device");
    }

    [Test]
    public async Task A_read_only_directory_is_said()
    {
        await using var world = await World.Create(OneForward);
        var ended = await Run(world, """
            mount --bind "$0/hooks" "$0/hooks"; mount -o remount,bind,ro "$0/hooks"
            "$0/hooks/hookctrl" port add a 8080:80
            """);
        await Assert.That(ended.ExitCode).IsEqualTo(1);
        await Assert.That(ended.Error).Contains("Read-only file system");
        await Assert.That(await File.ReadAllTextAsync(world.Config)).IsEqualTo(OneForward);
    }

    /// <summary>Every call with which an edit touches something.</summary>
    private static readonly string[] Steps =
        ["openat", "flock", "fchmod", "fchown", "fsetxattr", "pwrite64", "fsync", "renameat", "unlinkat"];

    [Test]
    public async Task Killed_at_any_step_it_leaves_the_old_file_or_the_new_one()
    {
        await using var world = await World.Create(OneForward);
        string[] add = ["port", "add", "a", "8080:80", "--no-apply"];
        var hooks = Path.Combine(world.Directory, "hooks");
        await world.Host.Run($"setfattr -n user.note -v hello {world.Config}");
        await Assert.That((await world.Call(add)).ExitCode).IsEqualTo(0);
        var after = await File.ReadAllTextAsync(world.Config);

        var seen = new HashSet<string>();
        var leftovers = 0;
        foreach (var step in Steps)
        {
            var killed = true;
            for (var nth = 1; killed; nth++)
            {
                await world.Configure(OneForward);
                var inject = $"inject={step}:signal=SIGKILL:when={nth}";
                var ended = await Tool.Run(
                    [
                        .. world.Host.Enter, "strace", "-f", "-qq", "-o", "/dev/null", "-e", inject,
                        Path.Combine(hooks, "hookctrl"), .. add,
                    ],
                    environment: world.HookEnvironment);
                killed = ended.ExitCode != 0;
                var content = await File.ReadAllTextAsync(world.Config);
                await Assert.That(content == OneForward || content == after).IsTrue()
                    .Because($"{step} {nth}: {content}");
                if (killed) seen.Add($"{step} {content == after}");
                leftovers += Temporary(hooks).Length;
            }
        }

        // Killed before the rename, and after it.
        await Assert.That(seen).Contains("pwrite64 False").And.Contains("fsetxattr False").And.Contains("fsync False")
            .And.Contains("fsync True").And.Contains("renameat False");
        // What a killed one leaves behind is no obstacle, and does not stay.
        await Assert.That(leftovers).IsGreaterThan(0);
        await world.Configure(OneForward);
        await Assert.That((await world.Call(add)).ExitCode).IsEqualTo(0);
        await Assert.That(await File.ReadAllTextAsync(world.Config)).IsEqualTo(after);
        await Assert.That(Temporary(hooks)).IsEmpty();
    }

    /// <summary>Files beside the config that only an edit makes.</summary>
    private static string[] Temporary(string hooks) =>
        [.. Directory.GetFiles(hooks).Where(f => f.Contains(".config.json.", StringComparison.Ordinal))];
}
