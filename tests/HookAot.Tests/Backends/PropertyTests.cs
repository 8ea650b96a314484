using System.Collections.Immutable;
using System.Net;
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
    public async Task Every_script_is_accepted_is_listed_as_written_twice_is_once_and_removing_gives_back_what_was_before(string iptables)
    {
        await using var world = await World.Create(iptables: iptables);
        var before = await world.Rules();
        await ConfigGen.Configs.SampleAsync(async sample =>
        {
            var (config, guests) = sample;
            var read = ConfigReader.Read(Encoding.UTF8.GetBytes(config), "config.json");
            await Assert.That(read.Diagnostics).IsEmpty().Because(config);
            var host = new ActiveHost(
                [.. Enumerable.Range(0, guests).Select(i => new RunningGuest($"g{i}", [], false))], ["default"],
                [new ConnectedRoute(IPNetwork.Parse("192.168.122.0/24"), "virbr0")]);
            var ruleset = RulesetBuilder.Build(read.Config!, host, []);

            await Restore(world, iptables, IptablesScript.Replace(ruleset, Plans(TableState.Absent)), "--test");
            await Restore(world, iptables, IptablesScript.Replace(ruleset, Plans(TableState.Absent)));
            var once = await world.Rules();
            var listing = IptablesListing.Parse(await world.Host.Run($"{iptables}-save -c"));
            if (!ruleset.IsEmpty) await Assert.That(listing.DifferencesFrom(ruleset)).IsEmpty().Because(config);
            await Restore(world, iptables, IptablesScript.Replace(ruleset, Plans(TableState.Present)));
            await Assert.That(await world.Rules()).IsEqualTo(once).Because(config);
            await Restore(world, iptables, IptablesScript.Remove(Plans(TableState.Present)));
            await Assert.That(await world.Rules()).IsEqualTo(before).Because(config);
        }, iter: 25, threads: 1);
    }

    private static IEnumerable<TablePlan> Plans(TableState state) =>
        IptablesScript.Tables.Select(t => new TablePlan(t, state, ImmutableDictionary<string, int>.Empty));

    private static Task<string> Restore(World world, string iptables, IEnumerable<ScriptLine> script, string option = "") =>
        world.Host.Run($"{iptables}-restore --noflush {option}", IptablesScript.Print(script));
}
