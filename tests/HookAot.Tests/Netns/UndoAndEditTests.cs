using System.Text.Json.Nodes;
using static HookAot.Tests.Netns.World;

namespace HookAot.Tests.Netns;

/// <summary>hookctrl undo, edit, export and import from standard input.</summary>
[Category("Netns")]
public sealed class UndoAndEditTests
{
    private static Task<Ended> Edit(World world, string editor, string arguments = "edit") => Tool.Run(
        [.. world.Host.Enter, world.HookctrlPath(), .. arguments.Split(' ')],
        environment: new Dictionary<string, string>(world.HookEnvironment) { ["EDITOR"] = editor, ["VISUAL"] = "" });

    [Test]
    public async Task Undo_takes_the_last_change_back_and_a_second_one_brings_it_again()
    {
        await using var world = await World.Create(OneForward);
        await world.Runs("a");
        await world.Done("apply");
        var before = await File.ReadAllTextAsync(world.Config);
        await world.Done("port add a 8080:80");
        var after = await File.ReadAllTextAsync(world.Config);

        var shown = await world.Done("undo --dry-run");
        await Assert.That(shown).Contains("-").And.Contains("8080");
        await Assert.That(await File.ReadAllTextAsync(world.Config)).IsEqualTo(after);

        await Assert.That(await world.Done("undo")).Contains(":8080/tcp -> ");
        await Assert.That(await File.ReadAllTextAsync(world.Config)).IsEqualTo(before);
        await Assert.That(await world.Client.Tcp(Public, 8080)).IsEqualTo("ConnectionRefused");
        await world.Done("undo");
        await Assert.That(await File.ReadAllTextAsync(world.Config)).IsEqualTo(after);
        await Assert.That(await world.Client.Tcp(Public, 8080)).IsEqualTo("A:80 from 192.168.0.50");
    }

    [Test]
    public async Task Without_a_change_there_is_nothing_to_undo()
    {
        await using var world = await World.Create(OneForward);
        await Assert.That(await world.Refused("undo")).Contains("no change of hookctrl's is kept");
    }

    [Test]
    public async Task The_file_before_keeps_its_mode_and_a_planted_link_in_its_place_is_not_followed()
    {
        await using var world = await World.Create(OneForward);
        File.SetUnixFileMode(world.Config, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var victim = Path.Combine(world.Directory, "victim");
        await File.WriteAllTextAsync(victim, "mine");
        File.CreateSymbolicLink(world.Config + ".before", victim);
        await world.Done("port add a 8080:80 --no-apply");
        await Assert.That(await File.ReadAllTextAsync(victim)).IsEqualTo("mine");
        var mode = File.GetUnixFileMode(world.Config + ".before");
        await Assert.That(mode).IsEqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    [Test]
    public async Task Edit_saves_and_applies_what_an_editor_made()
    {
        await using var world = await World.Create(OneForward);
        await world.Runs("a");
        await world.Done("apply");
        var ended = await Edit(world, "sed -i s/2222/2223/");
        await Assert.That(ended.ExitCode).IsEqualTo(0).Because(ended.Error);
        await Assert.That(await world.Client.Tcp(Public, 2223)).IsEqualTo("A:22 from 192.168.0.50");
        await world.Done("undo");
        await Assert.That(await world.Client.Tcp(Public, 2222)).IsEqualTo("A:22 from 192.168.0.50");
    }

    [Test]
    public async Task At_a_terminal_a_usual_editor_is_taken_where_none_is_named()
    {
        await using var world = await World.Create(OneForward);
        var tools = Path.Combine(world.Directory, "tools");
        string[] edit = ["env", "-u", "EDITOR", "-u", "VISUAL", $"PATH={tools}", world.HookctrlPath(), "edit"];
        Directory.CreateDirectory(tools);

        var without = await Tool.Run([.. world.Host.Enter, .. edit], environment: world.HookEnvironment);
        await Assert.That(without.ExitCode).IsEqualTo(1);
        await Assert.That(without.Error).IsEqualTo(
            "hookctrl: no editor was found, or no terminal for one; name one: EDITOR=/usr/bin/nano hookctrl edit\n");

        await world.Program("tools/nano", "#!/bin/sh\nexec /bin/sed -i s/2222/2223/ \"$1\"\n");
        // In a script it would wait for ever.
        var inScript = await Tool.Run([.. world.Host.Enter, .. edit], environment: world.HookEnvironment);
        await Assert.That(inScript.Error).IsEqualTo(without.Error);

        string[] terminal = ["script", "-qec", string.Join(' ', edit), "/dev/null"];
        var ended = await Tool.Run([.. world.Host.Enter, .. terminal], environment: world.HookEnvironment);
        await Assert.That(ended.ExitCode).IsEqualTo(0).Because(ended.Output + ended.Error);
        await Assert.That(await File.ReadAllTextAsync(world.Config)).Contains("2223");
    }

    [Test]
    [Arguments("sed -i s/2222/x/", "found \"x\"", "nothing was saved; what you wrote is in ")]
    [Arguments("sed -i s/{/[/", "not valid JSON", "nothing was saved; what you wrote is in ")]
    [Arguments("true", "nothing was changed", "")]
    [Arguments("false", "false failed; nothing was saved", "")]
    [Arguments("", "no editor was found, or no terminal for one", "")]
    [Arguments("/no/such/editor", "could not be started: No such file or directory; nothing was saved", "")]
    public async Task What_is_not_right_is_not_saved(string editor, string told, string draft)
    {
        await using var world = await World.Create(OneForward);
        var before = await File.ReadAllTextAsync(world.Config);
        var ended = await Edit(world, editor);
        await Assert.That(ended.ExitCode).IsEqualTo(editor == "true" ? 0 : 1);
        await Assert.That(ended.Error).Contains(told).And.Contains(draft);
        await Assert.That(await File.ReadAllTextAsync(world.Config)).IsEqualTo(before);
        if (draft.Length == 0) return;

        var kept = ended.Error[(ended.Error.IndexOf(draft, StringComparison.Ordinal) + draft.Length)..].Trim();
        await Assert.That(await File.ReadAllTextAsync(kept)).IsNotEqualTo(before);
        Directory.Delete(Path.GetDirectoryName(kept)!, recursive: true);
    }

    [Test]
    [Arguments("sed -i s/2222/2223/", true, true, "")]
    [Arguments("true", false, true, "")]
    [Arguments("sed -i s/2222/x/", false, false, "nothing was saved; what you wrote is in ")]
    [Arguments("false", false, false, "false failed; nothing was saved")]
    public async Task Edit_tells_a_program_what_came_of_it(string editor, bool changed, bool done, string error)
    {
        await using var world = await World.Create(OneForward);
        await world.Runs("a");
        await world.Done("apply");

        var ended = await Edit(world, editor, "edit --json");

        var report = JsonNode.Parse(ended.Output)!;
        await Assert.That(ended.ExitCode).IsEqualTo(done ? 0 : 1);
        await Assert.That((bool)report["changed"]!).IsEqualTo(changed);
        await Assert.That((bool)report["saved"]!).IsEqualTo(changed);
        await Assert.That((bool)report["done"]!).IsEqualTo(done);
        await Assert.That(report["added"]!.AsArray()).Count().IsEqualTo(changed ? 1 : 0);
        var errors = report["errors"]!.AsArray().Select(e => (string)e!).ToList();
        if (done) await Assert.That(errors).IsEmpty();
        else await Assert.That(errors[^1]).Contains(error);
    }

    [Test]
    public async Task What_another_program_changed_meanwhile_is_not_lost()
    {
        await using var world = await World.Create(OneForward);
        var editor = Path.Combine(world.Directory, "editor");
        var script = $"#!/bin/sh\nsed -i s/2222/3333/ {world.Config}\nsed -i s/2222/4444/ \"$1\"\n";
        await File.WriteAllTextAsync(editor, script);
        File.SetUnixFileMode(editor, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        var ended = await Edit(world, editor);
        await Assert.That(ended.ExitCode).IsEqualTo(1);
        await Assert.That(ended.Error).Contains("was changed meanwhile by another program");
        await Assert.That(await File.ReadAllTextAsync(world.Config)).Contains("3333");
    }

    [Test]
    public async Task What_export_prints_makes_the_same_config()
    {
        await using var world = await World.Create($$"""
            {
                "public_ip": "{{Public}}",
                "debug": true,
                "backend": "iptables",
                "strict": true,
                "machines": {
                    "a": { "private_ip": "{{AddressA}}", "port_map": [[2222, 22], 80, "5000-5010"] },
                    "mail": { "private_ip": "{{AddressB}}", "port_map": [{ "public": 25, "snat": true }] },
                    "it's b": {
                        "source": "10.0.0.0/8",
                        "port_map": [{ "public": 53, "protocol": "tcp+udp", "public_ip": "", "localhost": true }]
                    },
                    "c": { "interface": "virbr0" }
                },
                "networks": { "default": "192.168.122.0/24" }
            }
            """);
        string[] shown = [await world.Done("list --json"), await world.Done("machine list --json")];
        var commands = await world.Done("export");
        File.Delete(world.Config);
        var script = $"set -e; hookctrl() {{ {world.HookctrlPath()} --no-apply \"$@\"; }}\n{commands}";
        var ended = await Tool.Run(
            [.. world.Host.Enter, "bash", "-c", script], environment: world.HookEnvironment);
        await Assert.That(ended.ExitCode).IsEqualTo(0).Because(ended.Error);
        await Assert.That(await world.Done("list --json")).IsEqualTo(shown[0]);
        await Assert.That(await world.Done("machine list --json")).IsEqualTo(shown[1]);
        await Assert.That(await File.ReadAllTextAsync(world.Config))
            .Contains("\"debug\": true").And.Contains("\"backend\": \"iptables\"").And.Contains("\"strict\": true");
        var lines = JsonNode.Parse(await world.Done("export --json"))!["commands"]!.AsArray().Select(c => (string)c!);
        await Assert.That(string.Concat(lines.Select(line => $"{line}\n"))).IsEqualTo(commands);
    }

    [Test]
    public async Task Import_reads_standard_input()
    {
        await using var world = await World.Create("{}");
        const string hooks = """{ "a": { "private_ip": "192.168.122.2", "port_map": { "tcp": [[2222, 22]] } } }""";
        var script = $"echo '{hooks}' | {world.HookctrlPath()} --no-apply import -";
        var ended = await Tool.Run([.. world.Host.Enter, "bash", "-c", script], environment: world.HookEnvironment);
        await Assert.That(ended.ExitCode).IsEqualTo(0).Because(ended.Error);
        await Assert.That(await world.Done("list")).Contains("2222");
    }
}
