using System.Text.RegularExpressions;
using HookAot.Tests.Netns;

namespace HookAot.Tests.Docs;

/// <summary>src/doc/ansible.md: its playbooks are run by Ansible itself, twice.</summary>
[Category("Netns")]
public sealed partial class AnsibleTests
{
    private static async Task<string> Play(World world, string playbook)
    {
        var file = Path.Combine(world.Directory, "play.yaml");
        await File.WriteAllTextAsync(file, playbook);
        world.HookEnvironment["PATH"] = $"{world.Directory}/hooks:{Environment.GetEnvironmentVariable("PATH")}";
        // A loop's line tells of each round; the last line counts.
        world.HookEnvironment["ANSIBLE_NOCOLOR"] = "1";
        world.HookEnvironment["ANSIBLE_HOME"] = world.HookEnvironment["HOME"] = world.Directory;
        var ended = await Tool.Run(
            [.. world.Host.Enter, "ansible-playbook", "-i", "localhost,", "-c", "local", file],
            environment: world.HookEnvironment);
        await Assert.That(ended.ExitCode).IsEqualTo(0).Because(ended.Output + ended.Error);
        var counts = Counts().Match(ended.Output);
        return $"ok={counts.Groups[1].Value} changed={counts.Groups[2].Value}";
    }

    [Test]
    public async Task Its_playbooks_change_something_once()
    {
        var text = await File.ReadAllTextAsync(Repository.File("src", "doc", "ansible.md"));
        var books = Books().Matches(text).Select(m => m.Groups[1].Value).ToList();
        await Assert.That(books.Count).IsEqualTo(2);

        await using var world = await World.Create("""
            { "machines": { "web": { "private_ip": "192.168.122.2", "port_map": [8000] } } }
            """);
        await world.Runs("web");
        await world.Event("web", "start");
        await Assert.That(await Play(world, books[0])).IsEqualTo("ok=3 changed=2");
        await Assert.That(await world.Client.Tcp(World.Public, 8080)).IsEqualTo("A:80 from 192.168.0.50");
        await Assert.That(await world.Done("list")).Contains("8443").And.DoesNotContain("8000");
        await Assert.That(await Play(world, books[0])).IsEqualTo("ok=3 changed=0");
        // A rule that another program has taken out is a change too.
        await world.Host.Run("iptables -t nat -F HOOKAOT-DNAT");
        await Assert.That(await Play(world, books[0])).IsEqualTo("ok=3 changed=1");

        await Assert.That(await Play(world, books[1])).IsEqualTo("ok=1 changed=1");
        await Assert.That(await world.Done("list")).DoesNotContain("9000");
    }

    [GeneratedRegex(@"^```yaml\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Books();

    [GeneratedRegex(@"ok=(\d+) +changed=(\d+)")]
    private static partial Regex Counts();
}
