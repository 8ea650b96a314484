using System.Net;
using HookAot.Host;
using HookAot.Model;
using HookAot.Rules;

namespace HookAot.Tests.Host;

/// <summary>What a converge adds and removes is the difference of two sets, wherever in the list it is.</summary>
public sealed class ForwardsInForceTests
{
    private static readonly ConvergeCause Cause = new("web", "start");

    private static Translation Forward(int number) => new(
        $"guest{number % 3}",
        IPAddress.Parse("192.168.0.166"),
        Protocol.Tcp,
        new((ushort)number, (ushort)number),
        null,
        IPAddress.Parse("192.168.122.2"),
        new((ushort)number, (ushort)number));

    private static Ruleset Of(IEnumerable<int> numbers) => Ruleset.Empty with
    {
        Translations = [.. numbers.Select(Forward)],
    };

    [Test]
    public async Task It_is_the_difference_of_the_sets()
    {
        using var files = new HostFiles();
        var dice = new Dice(1);
        int[] before = [];
        for (var round = 0; round < 300; round++)
        {
            int[] now = [.. Enumerable.Range(1, 12).Where(_ => dice.Next(3) > 0)];
            if (round % 7 == 0) Array.Reverse(now);
            var fields = ForwardsInForce.Replace(files.Paths, Of(now)).Fields(Cause);
            var read = LoggedChange.Parse(fields);
            var reason = $"{string.Join(' ', before)} to {string.Join(' ', now)}: {fields}";
            await Assert.That(read?.All("add") ?? []).IsEquivalentTo(Lines(now.Except(before))).Because(reason);
            await Assert.That(read?.All("del") ?? []).IsEquivalentTo(Lines(before.Except(now))).Because(reason);
            before = now;
        }
    }

    [Test]
    public async Task A_network_that_lets_everything_in_is_told()
    {
        using var files = new HostFiles();
        var open = Ruleset.Empty with { Networks = [new("default", IPNetwork.Parse("192.168.122.0/24"))] };
        var fields = ForwardsInForce.Replace(files.Paths, open).Fields(Cause);
        await Assert.That(fields).Contains("add=\"network default: every connection to 192.168.122.0/24\"");
    }

    [Test]
    public async Task A_file_that_is_lost_damaged_or_cannot_be_written_harms_nothing()
    {
        using var files = new HostFiles();
        ForwardsInForce.Replace(files.Paths, Of([1, 2]));
        File.Delete(files.Paths.Forwards);
        await Assert.That(Added(files, [1, 2])).IsEquivalentTo(Lines([1, 2]));

        await File.WriteAllBytesAsync(files.Paths.Forwards, [0xff, 0x00, 0x0a, 0x0a, 0x41]);
        await Assert.That(Added(files, [1])).IsEquivalentTo(Lines([1]));

        File.Delete(files.Paths.Forwards);
        Directory.CreateDirectory(files.Paths.Forwards);
        await Assert.That(Added(files, [1])).IsEquivalentTo(Lines([1]));
    }

    private static string[] Added(HostFiles files, params int[] now) =>
        LoggedChange.Parse(ForwardsInForce.Replace(files.Paths, Of(now)).Fields(Cause))!.All("add");

    private static string[] Lines(IEnumerable<int> numbers) => [.. numbers.Select(n => Forward(n).Describe())];
}
