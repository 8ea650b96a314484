using System.Text;
using CsCheck;
using HookAot.Backends;
using HookAot.Config;
using HookAot.Rules;
using HookAot.Tests.Backends;

namespace HookAot.Tests.Nftables;

/// <summary>What holds for every configuration, asked of three versions of nft.</summary>
[Category("Netns")]
public sealed class NftPropertyTests
{
    [Test]
    [Arguments("bullseye")]
    [Arguments("bookworm")]
    [Arguments("trixie")]
    public async Task One_config_after_another_by_difference_is_the_second_one_anew(string suite)
    {
        using var changed = await NftPlace.Create(suite);
        using var anew = await NftPlace.Create(suite);
        var before = await anew.List();
        await ConfigGen.Configs.SampleAsync(async sample =>
        {
            var (config, guests) = sample;
            var wanted = Wanted(config, guests);
            await changed.Apply(wanted); // after whatever the sample before has left
            await anew.Apply(wanted);
            await Assert.That(changed.Contents()).IsEqualTo(anew.Contents()).Because(config);
            await Assert.That(changed.Read().DifferencesFrom(wanted)).IsEmpty().Because(config);
            await Assert.That(changed.ScriptFor(wanted)).IsEmpty().Because(config);
            await anew.Apply(WantedRules.Nothing);
            await Assert.That(await anew.List()).IsEqualTo(before).Because(config);
        }, iter: 25, threads: 1);
    }

    private static WantedRules Wanted(string config, int guests)
    {
        var read = ConfigReader.Read(Encoding.UTF8.GetBytes(config), "config.json");
        var running = Enumerable.Range(0, guests).Select(i => new ObservedGuest("qemu", $"g{i}", [], Evidence.Event));
        var ruleset = RulesetBuilder.Build(read.Config!, NftStories.Host with { Guests = [.. running] }, []);
        return WantedRules.All(ruleset);
    }
}
