namespace HookAot.Tests.Netns;

/// <summary>The first minutes: a config that is not there yet, or has not a byte.</summary>
[Category("Netns")]
public sealed class EmptyConfigTests
{
    private const string Hint = "hookctrl: no forwards yet; hookctrl port add GUEST 8080:80\n";

    [Test]
    [Arguments("list")]
    [Arguments("show web")]
    [Arguments("check")]
    public async Task A_config_that_is_missing_or_empty_says_how_to_begin(string verb)
    {
        await using var world = await World.Create("{}");
        foreach (var make in (Action[])[() => File.Delete(world.Config), () => File.WriteAllText(world.Config, " \n")])
        {
            make();
            var ended = await world.Call(verb.Split(' '));
            await Assert.That((ended.ExitCode, ended.Output, ended.Error)).IsEqualTo((0, "", Hint));
        }
    }

    [Test]
    public async Task As_JSON_it_is_an_empty_list()
    {
        await using var world = await World.Create("{}");
        File.Delete(world.Config);
        await Assert.That(await world.Done("list --json")).IsEqualTo("[]\n");
        await Assert.That(await world.Done("check --json")).Contains("\"ok\": true");
    }

    [Test]
    public async Task Status_of_nothing_is_fine()
    {
        await using var world = await World.Create("{}");
        await File.WriteAllTextAsync(world.Config, "");
        await world.Done("status");
    }

    [Test]
    public async Task A_file_that_a_full_disk_has_emptied_ends_no_forward()
    {
        await using var world = await World.Create(World.OneForward);
        await world.Runs("a");
        await world.Done("apply");
        await File.WriteAllTextAsync(world.Config, "");
        var ended = await world.Call("apply");
        await Assert.That(ended.Error).Contains("config.json is empty; the last good configuration stays in force");
        await Assert.That(await world.Client.Tcp(World.Public, 2222)).IsEqualTo("A:22 from 192.168.0.50");
    }

    [Test]
    public async Task A_mistake_shows_its_line_and_its_place()
    {
        await using var world = await World.Create("{\n  \"debug\": true\n  \"machines\": {}\n}\n");
        var expected = $"{world.Config}:3:3: error: not valid JSON: '\"' is invalid after a value. " +
            "Expected either ',', '}', or ']'.; a comma missing?\n      \"machines\": {}\n      ^\n";
        await Assert.That(await world.Refused("check")).IsEqualTo(expected);
        await Assert.That(await world.Refused("list")).IsEqualTo(expected);
    }
}
