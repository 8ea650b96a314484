using System.Collections.Immutable;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using HookAot.Backends;
using HookAot.Config;
using HookAot.Rules;
using HookAot.Tests.Netns;

namespace HookAot.Tests.Docs;

/// <summary>README.md: its commands are run, its outputs and rules are real, its config is valid.</summary>
[Category("Netns")]
public sealed partial class ReadmeTests
{
    private static readonly string Text = File.ReadAllText(Repository.File("README.md"));

    private static IEnumerable<string> Blocks(string language) =>
        Fence().Matches(Text).Where(m => m.Groups[1].Value == language).Select(m => m.Groups[2].Value);

    private static async Task<World> Running(string config)
    {
        var world = await World.Create(config);
        world.HookEnvironment["PATH"] = $"{world.Directory}/hooks:{Environment.GetEnvironmentVariable("PATH")}";
        world.HookEnvironment["HOOKAOT_HOOKS_DIR"] = Path.Combine(world.Directory, "hooks");
        await File.WriteAllTextAsync(Path.Combine(world.Directory, "libvirt", "qemu", "web.xml"), $"<domstatus>{World.Domain("web")}</domstatus>");
        await world.Event("web", "start");
        return world;
    }

    [Test]
    public async Task The_session_at_its_head_is_what_happens()
    {
        await using var world = await Running("{}");
        var session = Blocks("console").Single().Split("# ", StringSplitOptions.RemoveEmptyEntries);
        await Assert.That(session.Length).IsEqualTo(3);
        foreach (var step in session)
        {
            var (command, output) = (step[..step.IndexOf('\n', StringComparison.Ordinal)], step[(step.IndexOf('\n', StringComparison.Ordinal) + 1)..]);
            await Assert.That(await world.Done(command["hookctrl ".Length..])).IsEqualTo(output).Because(command);
        }

        await Assert.That(await world.Client.Tcp(World.Public, 8080)).IsEqualTo("A:80 from 192.168.0.50");
    }

    [Test]
    public async Task Every_command_of_hookctrl_works_in_its_order()
    {
        await using var world = await Running($$"""{ "machines": { "web": { "private_ip": "{{World.AddressA}}", "port_map": [[8080, 80]] } } }""");
        await File.WriteAllTextAsync(Path.Combine(world.Directory, "hooks.json"), """{ "imported": { "private_ip": "192.168.122.7", "public_ip": "192.168.0.166", "port_map": { "tcp": [[7000, 70]] } } }""");
        var commands = Blocks("sh").SelectMany(b => b.Split('\n')).Where(l => l.StartsWith("hookctrl ", StringComparison.Ordinal)).ToList();
        await Assert.That(commands.Count).IsGreaterThan(15);
        foreach (var command in commands)
        {
            var ended = await Tool.Run([.. world.Host.Enter, "sh", "-euc", $"cd {world.Directory}; {command}"], environment: world.HookEnvironment);
            await Assert.That(ended.ExitCode).IsEqualTo(0).Because($"{command}: {ended.Output}{ended.Error}");
        }

        await Assert.That(await world.Done("list")).Contains("imported").And.Contains("5000-5010").And.DoesNotContain(" 143 ").And.DoesNotContain("old");
    }

    [Test]
    public async Task What_else_it_tells_to_run_is_run_by_a_test()
    {
        // It takes the blocks from README by their number: all of those that are for a host.
        var onHosts = Blocks("sh").Take(3).ToList();
        await Assert.That(await File.ReadAllTextAsync(Repository.File("tests", "release", "readme.sh"))).Contains("eval \"$(block 1)\"").And.Contains("eval \"$(block 2)\"").And.Contains("eval \"$(block 3)\"");
        var suites = await File.ReadAllTextAsync(Repository.File("scripts", "test.sh")) + await File.ReadAllTextAsync(Repository.File("scripts", "test-release.sh"));
        // They need a machine of their own, or minutes: they are tests themselves, run by hand before a release.
        string[] byHand = ["scripts/test-libvirt.sh", "scripts/bench.sh", "scripts/verify-reproducible.sh"];
        foreach (var line in Blocks("sh").Except(onHosts).SelectMany(b => b.Split('\n')).Where(l => l.Length > 0 && !l.StartsWith("hookctrl ", StringComparison.Ordinal)))
        {
            var command = line.Split('#')[0].Trim();
            await Assert.That(File.GetUnixFileMode(Repository.File(command)) & UnixFileMode.UserExecute).IsNotEqualTo(UnixFileMode.None);
            if (byHand.Contains(command) || command is "scripts/test.sh") continue;
            var runner = command is "scripts/release.sh" ? await File.ReadAllTextAsync(Repository.File("Dockerfile.build")) : suites;
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
    public async Task Its_table_has_every_key_but_localhost_and_backend()
    {
        foreach (var key in ConfigReader.GlobalKeys.Concat(ConfigReader.MachineKeys).Concat(ConfigReader.ForwardKeys).Except(["$schema", "machines", "localhost", "backend", "public", "vm"]))
            await Assert.That(Text).Contains($"| `{key}` |");
    }

    [Test]
    public async Task Its_rules_are_the_ones_that_are_written()
    {
        var config = ConfigReader.Read(Encoding.UTF8.GetBytes("""{ "public_ip": "192.168.0.166", "machines": { "web": { "private_ip": "192.168.122.2", "port_map": [["8080", "80"]] } } }"""), "c").Config!;
        var host = new ActiveHost([new RunningGuest("web", [], false)], [], [new ConnectedRoute(IPNetwork.Parse("192.168.122.0/24"), "virbr0")]);
        var plans = IptablesScript.Tables.Select(t => new TablePlan(t, TableState.Absent, ImmutableDictionary<string, int>.Empty));
        await Assert.That(Blocks("iptables").Single()).IsEqualTo(IptablesScript.Print(IptablesScript.Replace(RulesetBuilder.Build(config, host, []), plans)));
    }

    [Test]
    public async Task Its_drawing_is_the_one_above_the_rules()
    {
        var source = await File.ReadAllTextAsync(Repository.File("src", "HookAot", "Rules", "RulesetBuilder.cs"));
        var drawing = Blank().Replace(source, "");
        foreach (var line in Blocks("text").Single().Split('\n', StringSplitOptions.RemoveEmptyEntries)) await Assert.That(drawing).Contains(Blank().Replace(line, ""));
    }

    [GeneratedRegex(@"^```(\w+)\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();

    [GeneratedRegex(@"[\s─]")]
    private static partial Regex Blank();
}
