using System.Collections.Immutable;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using HookAot.Config;
using HookAot.Tests.Backends;
using HookAot.Tests.Netns;

namespace HookAot.Tests.Docs;

/// <summary>README.md: its commands are run, its outputs and rules are real, its config is valid.</summary>
[Category("Netns")]
public sealed partial class ReadmeTests
{
    private static readonly string Text = File.ReadAllText(Repository.File("README.md"));

    // They are tests themselves. The latter need a machine of their own, or minutes: they are run before a release.
    private static readonly string[] RunByHand =
        ["scripts/test.sh", "scripts/test-libvirt.sh", "scripts/bench.sh", "scripts/verify-reproducible.sh"];

    private static IEnumerable<string> Blocks(string language) =>
        Fence().Matches(Text).Where(m => m.Groups[1].Value == language).Select(m => m.Groups[2].Value);

    private static async Task<World> Running(string config)
    {
        var world = await World.Create(config);
        world.HookEnvironment["PATH"] = $"{world.Directory}/hooks:{Environment.GetEnvironmentVariable("PATH")}";
        world.HookEnvironment["HOOKAOT_HOOKS_DIR"] = Path.Combine(world.Directory, "hooks");
        world.HookEnvironment["EDITOR"] = "true"; // one that nobody has to leave
        await world.Runs("web");
        await world.Event("web", "start");
        return world;
    }

    [Test]
    public async Task The_session_at_its_head_is_what_happens()
    {
        await using var world = await Running("{}");
        using var watcher = world.AsIfWatched();
        var session = Blocks("console").Single().Split("# ", StringSplitOptions.RemoveEmptyEntries);
        await Assert.That(session.Length).IsEqualTo(3);
        foreach (var step in session)
        {
            var lines = step.Split('\n', 2);
            var (command, output) = (lines[0], lines[1]);
            await Assert.That(await world.Done(command["hookctrl ".Length..])).IsEqualTo(output).Because(command);
        }

        await Assert.That(await world.Client.Tcp(World.Public, 8080)).IsEqualTo("A:80 from 192.168.0.50");
    }

    [Test]
    public async Task Every_command_of_hookctrl_works_in_its_order()
    {
        await using var world = await Running($$"""
            { "machines": { "web": { "private_ip": "{{World.AddressA}}", "port_map": [[8080, 80]] } } }
            """);
        await File.WriteAllTextAsync(Path.Combine(world.Directory, "hooks.json"), """
            {
                "imported": {
                    "private_ip": "192.168.122.7",
                    "public_ip": "192.168.0.166",
                    "port_map": { "tcp": [[7000, 70]] }
                }
            }
            """);
        var commands = Lines(Blocks("sh")).Where(IsHookctrl).ToList();
        await Assert.That(commands.Count).IsGreaterThan(15);
        foreach (var command in commands)
        {
            string[] shell = [.. world.Host.Enter, "sh", "-euc", $"cd {world.Directory}; {command}"];
            var ended = await Tool.Run(shell, environment: world.HookEnvironment);
            await Assert.That(ended.ExitCode).IsEqualTo(0).Because($"{command}: {ended.Output}{ended.Error}");
        }

        var list = await world.Done("list");
        await Assert.That(list).Contains("imported").And.Contains("5000-5010");
        await Assert.That(list).DoesNotContain(" 143 ").And.DoesNotContain("old");
    }

    [Test]
    public async Task What_else_it_tells_to_run_is_run_by_a_test()
    {
        // It takes the blocks from README by their number: all of those that are for a host.
        const int OnHosts = 3;
        var story = await File.ReadAllTextAsync(Repository.File("tests", "release", "readme.sh"));
        for (var block = 1; block <= OnHosts; block++) await Assert.That(story).Contains($"eval \"$(block {block})\"");

        var container = await File.ReadAllTextAsync(Repository.File("Dockerfile.build"));
        var tests = await File.ReadAllTextAsync(Repository.File("scripts", "test.sh"));
        var releaseTests = await File.ReadAllTextAsync(Repository.File("scripts", "test-release.sh"));
        foreach (var line in Lines(Blocks("sh").Skip(OnHosts)).Where(line => !IsHookctrl(line)))
        {
            var command = line.Split('#')[0].Trim();
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
        var read = ConfigReader.Read(Encoding.UTF8.GetBytes(Blocks("json").Single()), "README.md");
        await Assert.That(read.Diagnostics).IsEmpty();
        await Assert.That(read.Config!.Machines.Single().Forwards.Length).IsEqualTo(3);
    }

    [Test]
    public async Task Its_table_has_every_key()
    {
        string[] elsewhere = ["$schema", "machines", "public", "vm"];
        string[] keys = [.. ConfigReader.GlobalKeys, .. ConfigReader.MachineKeys, .. ConfigReader.ForwardKeys];
        foreach (var key in keys.Except(elsewhere)) await Assert.That(Text).Contains($"| `{key}` |");
    }

    [Test]
    public async Task Its_rules_are_the_ones_that_are_written()
    {
        var ruleset = Rulesets.Of("""
            {
                "public_ip": "192.168.0.166",
                "machines": { "web": { "private_ip": "192.168.122.2", "port_map": [["8080", "80"]] } }
            }
            """);
        var script = Rulesets.Script(ruleset);
        await Assert.That(Blocks("iptables").Single()).IsEqualTo(script);
    }

    [Test]
    public async Task Its_drawing_is_the_one_above_the_rules()
    {
        var source = await File.ReadAllTextAsync(Repository.File("src", "HookAot", "Rules", "RulesetBuilder.cs"));
        var drawing = Blank().Replace(source, "");
        foreach (var line in Lines(Blocks("text"))) await Assert.That(drawing).Contains(Blank().Replace(line, ""));
    }

    private static IEnumerable<string> Lines(IEnumerable<string> blocks) =>
        blocks.SelectMany(block => block.Split('\n', StringSplitOptions.RemoveEmptyEntries));

    private static bool IsHookctrl(string line) => line.StartsWith("hookctrl ", StringComparison.Ordinal);

    [GeneratedRegex(@"^```(\w+)\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();

    [GeneratedRegex(@"[\s─]")]
    private static partial Regex Blank();
}
