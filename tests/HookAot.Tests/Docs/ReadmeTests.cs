using System.Text;
using HookAot.Config;
using HookAot.Tests.Netns;

namespace HookAot.Tests.Docs;

/// <summary>README.md: its commands are run, its config is valid, its table has every key.</summary>
[Category("Netns")]
public sealed class ReadmeTests
{
    private static readonly Chapter Readme = new("README.md");

    // They are tests themselves. The latter need a machine of their own, or minutes: they are run before a release.
    private static readonly string[] RunByHand =
    [
        "scripts/test.sh", "scripts/test-libvirt.sh", "scripts/bench.sh", "scripts/fuzz.sh", "scripts/mutate.sh",
        "scripts/coverage.sh", "scripts/verify-reproducible.sh",
    ];

    /// <summary>A world in which hookctrl is on PATH, and the guest "web" runs.</summary>
    internal static async Task<World> Running(string config)
    {
        var world = await World.Create(config);
        world.HookEnvironment["PATH"] = $"{world.Directory}/hooks:{Environment.GetEnvironmentVariable("PATH")}";
        world.HookEnvironment["EDITOR"] = "true"; // one that nobody has to leave
        await File.WriteAllTextAsync(Path.Combine(world.Directory, "hooks.json"), """
            {
                "imported": {
                    "private_ip": "192.168.122.7",
                    "public_ip": "192.168.0.166",
                    "port_map": { "tcp": [[7000, 70]] }
                }
            }
            """);
        await world.Runs("web");
        await world.Event("web", "start");
        return world;
    }

    [Test]
    public async Task Every_command_for_a_host_works_in_its_order()
    {
        await using var world = await Running("{}");
        using var watcher = world.AsIfWatched();
        await Assert.That(await Readme.Run(world)).IsGreaterThan(15);
        await Assert.That(await world.Client.Tcp(World.Public, 8080)).IsEqualTo("A:80 from 192.168.0.50");

        var list = await world.Done("list");
        await Assert.That(list).Contains("5000-5010").And.DoesNotContain(" 143");
    }

    [Test]
    public async Task What_installs_is_run_in_the_roots_of_a_release()
    {
        var story = await File.ReadAllTextAsync(Repository.File("tests", "release", "readme.sh"));
        foreach (var file in new[] { "README.md", "installing.md" })
        {
            var chapter = file == "README.md" ? Readme : new Chapter("src", "doc", file);
            var blocks = chapter.Blocks("sh").ToList();
            for (var i = 0; i < blocks.Count; i++)
            {
                var lines = Chapter.Lines([blocks[i]]).ToList();
                if (lines[0].StartsWith('#') || lines.All(Chapter.IsForHost) || IsOfRepository(lines[0])) continue;

                await Assert.That(story).Contains($"run {file} {i + 1}\n").Because(blocks[i]);
            }
        }
    }

    [Test]
    public async Task What_it_tells_to_run_in_the_repository_is_run_by_a_test()
    {
        var container = await File.ReadAllTextAsync(Repository.File("Dockerfile.build"));
        var tests = await File.ReadAllTextAsync(Repository.File("scripts", "test.sh"));
        var releaseTests = await File.ReadAllTextAsync(Repository.File("scripts", "test-release.sh"));
        var commands = Readme.Commands().Where(IsOfRepository).Select(line => line.Split('#')[0].Trim()).ToList();
        await Assert.That(commands[0]).IsEqualTo("scripts/test.sh");
        foreach (var command in commands)
        {
            var executable = File.GetUnixFileMode(Repository.File(command)) & UnixFileMode.UserExecute;
            await Assert.That(executable).IsNotEqualTo(UnixFileMode.None);
            if (RunByHand.Contains(command)) continue;

            var runner = command is "scripts/release.sh" ? container : tests + releaseTests;
            await Assert.That(runner).Contains(command);
        }
    }

    [Test]
    public async Task Its_config_is_valid()
    {
        var read = ConfigReader.Read(Encoding.UTF8.GetBytes(Readme.Blocks("json").Single()), Readme.Name);
        await Assert.That(read.Diagnostics).IsEmpty();
        await Assert.That(read.Config!.Machines.Single().Forwards.Length).IsEqualTo(3);
    }

    [Test]
    public async Task Its_table_has_every_key()
    {
        string[] elsewhere = ["$schema", "machines", "public", "vm"];
        string[] keys = [.. ConfigReader.GlobalKeys, .. ConfigReader.MachineKeys, .. ConfigReader.ForwardKeys];
        foreach (var key in keys.Except(elsewhere)) await Assert.That(Readme.Text).Contains($"| `{key}` |");
    }

    private static bool IsOfRepository(string line) => line.StartsWith("scripts/", StringComparison.Ordinal);
}
