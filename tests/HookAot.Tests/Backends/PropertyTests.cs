using System.Text;
using CsCheck;
using HookAot.Backends;
using HookAot.Config;
using HookAot.Rules;
using HookAot.Tests.Netns;

namespace HookAot.Tests.Backends;

/// <summary>What holds for every configuration, asked of the real iptables.</summary>
[Category("Netns")]
public sealed class PropertyTests
{
    [Test]
    [Arguments("iptables")]
    [Arguments("iptables-legacy")]
    public async Task Every_script_is_accepted_twice_is_once_and_removing_gives_back_what_was_before(string iptables)
    {
        await using var world = await World.Create(iptables: iptables);
        var before = await world.Rules();
        await ConfigGen.Configs.SampleAsync(async sample =>
        {
            var wanted = await Wanted(sample);
            var config = sample.Config;
            await Restore(world, iptables, Rulesets.Lines(wanted, present: false), "--test");
            await Restore(world, iptables, Rulesets.Lines(wanted, present: false));
            var once = await world.Rules();
            var listing = IptablesListing.Parse(await world.Host.Run($"{iptables}-save -c"));
            await Assert.That(listing.DifferencesFrom(wanted)).IsEmpty().Because(config);
            await Restore(world, iptables, Rulesets.Lines(wanted, present: true));
            await Assert.That(await world.Rules()).IsEqualTo(once).Because(config);
            await Restore(world, iptables, Rulesets.Removal(wanted));
            await Assert.That(await world.Rules()).IsEqualTo(before).Because(config);
        }, iter: 25, threads: 1);
    }

    [Test]
    public async Task One_config_after_another_by_difference_is_the_second_one_anew()
    {
        await using var world = await World.Create();
        var (recorded, turn) = (ChainContents.Nothing, 0);
        await ConfigGen.Configs.SampleAsync(async sample =>
        {
            var wanted = await Wanted(sample);
            var listing = IptablesListing.Parse(await world.Host.Run("iptables-save -c"));
            // By turns from what was recorded and from what is seen: both have to come to the same.
            var (bySeen, byRecord) =
                (listing.DifferenceTo(wanted), IptablesDifference.From(recorded, wanted, ipv4: true));
            await Assert.That(bySeen is null).IsEqualTo(byRecord is null).Because(sample.Config);
            await Assert.That(IptablesScript.Print(bySeen ?? [])).IsEqualTo(IptablesScript.Print(byRecord ?? []));
            var script = turn++ % 2 == 0 ? byRecord : bySeen;
            await Restore(world, "iptables", script ?? Rulesets.Lines(wanted, present: false));
            recorded = ChainContents.Of(wanted, ipv4: true);

            var after = IptablesListing.Parse(await world.Host.Run("iptables-save -c"));
            await Assert.That(after.DifferencesFrom(wanted)).IsEmpty().Because(sample.Config);
            if (!wanted.IsEmpty) await Assert.That(after.DifferenceTo(wanted)!.Value).IsEmpty().Because(sample.Config);
        }, iter: 40, threads: 1);
    }

    private static async Task<WantedRules> Wanted((string Config, int Guests) sample)
    {
        var read = ConfigReader.Read(Encoding.UTF8.GetBytes(sample.Config), "config.json");
        await Assert.That(read.Diagnostics).IsEmpty().Because(sample.Config);
        var names = Enumerable.Range(0, sample.Guests).Select(i => $"g{i}");
        var running = names.Select(name => new ObservedGuest("qemu", name, [], Evidence.Event));
        return WantedRules.All(
            RulesetBuilder.Build(read.Config!, Rulesets.Host with { Guests = [.. running] }, []));
    }

    private static Task<string> Restore(
        World world, string iptables, IEnumerable<ScriptLine> script, string option = "") =>
        world.Host.Run($"{iptables}-restore --noflush {option}", IptablesScript.Print(script));
}
