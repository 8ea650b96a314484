using HookAot.Tests.Netns;
using static HookAot.Tests.Netns.World;

namespace HookAot.Tests.Watch;

/// <summary>A forward with --for ends by itself.</summary>
[Category("Netns")]
public sealed class EndingForwardTests
{
    [Test]
    public async Task The_watcher_takes_it_out_when_its_time_has_come()
    {
        await using var world = await WatchedFilesTests.Started();
        await using var watching = await Watching.Start(world);
        var added = await world.Call("port", "add", "a", "8080:80", "--for", "3s");
        await Assert.That(added.ExitCode).IsEqualTo(0).Because(added.Error);
        await Assert.That(added.Error).DoesNotContain("no watcher");
        await Assert.That(added.Output).Contains("in force now, until ");

        await watching.Says("a: the time of a forward has ended; 1 forward taken out");
        await Assert.That(await world.Client.Tcp(Public, 8080)).IsEqualTo("ConnectionRefused");
        await Assert.That(await world.Client.Tcp(Public, 2222)).IsEqualTo("A:22 from 192.168.0.50");
        await Assert.That(await world.Done("list")).Contains("8080").And.Contains("ended");

        // The next of them is waited for as well, and a watcher that comes later knows of it.
        await world.Done("port add a 8080:80 --for 3s");
        await watching.Kill();
        await using var later = await Watching.Start(world);
        await later.Says("a: the time of a forward has ended; 1 forward taken out");
    }

    [Test]
    public async Task The_hook_leaves_out_what_has_ended_and_where_nobody_watches_that_is_said()
    {
        await using var world = await WatchedFilesTests.Started();
        var added = await world.Call("port", "add", "a", "8080:80", "--for", "2h");
        await Assert.That(added.Error)
            .Contains("warning: no watcher runs: once its time has ended").And.Contains("do: systemctl");
        await Assert.That(await world.Client.Tcp(Public, 8080)).IsEqualTo("A:80 from 192.168.0.50");

        var config = await File.ReadAllTextAsync(world.Config);
        var at = config.IndexOf("\"until\": \"", StringComparison.Ordinal) + "\"until\": \"".Length;
        await world.Configure(config[..at] + "2020" + config[(at + 4)..]);
        await world.Event("a", "reconnect");
        await Assert.That(await world.Client.Tcp(Public, 8080)).IsEqualTo("ConnectionRefused");
        await Assert.That(await world.Client.Tcp(Public, 2222)).IsEqualTo("A:22 from 192.168.0.50");
    }

    [Test]
    [Arguments("0s")]
    [Arguments("2")]
    [Arguments("2w")]
    [Arguments("-1h")]
    [Arguments("99999999999999d")]
    [Arguments("")]
    public async Task Another_time_is_refused(string time)
    {
        await using var world = await World.Create();
        var ended = await world.Call("port", "add", "a", "8080:80", "--for", time);
        await Assert.That(ended.ExitCode).IsEqualTo(2);
        await Assert.That(ended.Error).Contains($"--for: found '{time}'; expected a time such as 30s, 15m, 2h or 3d");
    }
}
