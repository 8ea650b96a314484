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
            var (config, guests) = sample;
            var read = ConfigReader.Read(Encoding.UTF8.GetBytes(config), "config.json");
            await Assert.That(read.Diagnostics).IsEmpty().Because(config);
            var names = Enumerable.Range(0, guests).Select(i => $"g{i}");
            var running = names.Select(name => new ObservedGuest("qemu", name, [], Evidence.Event));
            var ruleset = RulesetBuilder.Build(read.Config!, Rulesets.Host with { Guests = [.. running] }, []);

            var wanted = WantedRules.All(ruleset);
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

    private static Task<string> Restore(
        World world, string iptables, IEnumerable<ScriptLine> script, string option = "") =>
        world.Host.Run($"{iptables}-restore --noflush {option}", IptablesScript.Print(script));
}
