using HookAot.Backends;

namespace HookAot.Tests.Nftables;

/// <summary>What others do to our rules is seen, and the next converge mends it.</summary>
[Category("Netns")]
public sealed class NftTamperTests
{
    private static readonly string[] Seen =
    [
        "insert rule ip libvirt_network forward jump hookaot",
        "add rule ip libvirt_network forward jump hookaot",
        "insert rule ip libvirt_network forward counter",
        "flush chain ip libvirt_network forward",
        "flush chain ip libvirt_network hookaot",
        $"delete table ip libvirt_network\ndelete table ip6 libvirt_network\n{NftPlace.Libvirt}",
        $"flush ruleset\n{NftPlace.Libvirt}",
        "delete table ip hookaot",
        "delete table ip hookaot\nadd table ip hookaot",
        "flush chain ip hookaot forwards",
        "add rule ip hookaot forwards counter",
        "add rule ip hookaot postrouting ip daddr { 192.0.2.1, 192.0.2.2 } accept",
        "flush set ip hookaot tcp_hairpin",
        "flush map ip hookaot tcp_sources",
        "add element ip hookaot not_any { 192.0.2.1 }",
        "add element ip hookaot tcp_hairpin { 192.0.2.1-192.0.2.9 . 192.0.2.1 . 80 }",
        "add chain ip hookaot mine",
        "add set ip hookaot mine { type mark; elements = { 1 }; }",
    ];

    [Test]
    [Arguments("bullseye")]
    [Arguments("bookworm")]
    [Arguments("trixie")]
    public async Task Whatever_is_changed_in_our_rules_is_seen_and_mended(string suite)
    {
        using var place = await NftPlace.Create(suite);
        var wanted = NftStories.Wanted("sources");
        foreach (var change in Seen)
        {
            await place.Apply(wanted);
            var good = place.Contents();
            await Assert.That(place.Read().DifferencesFrom(wanted)).IsEmpty();
            await place.Run($"{change}\n");
            await Assert.That(place.Read().DifferencesFrom(wanted)).IsNotEmpty().Because(change);
            await place.Apply(wanted);
            await Assert.That(place.Read().DifferencesFrom(wanted)).IsEmpty().Because(change);
            await Assert.That(place.Contents()).IsEqualTo(good).Because(change);
        }
    }

    [Test]
    public async Task Rules_of_others_in_libvirts_table_stay_where_they_are()
    {
        using var place = await NftPlace.Create("bookworm");
        await place.Run("""
            insert rule ip libvirt_network forward ip saddr 192.0.2.1 drop comment "mine"
            add rule ip libvirt_network guest_input ip saddr 192.0.2.2 accept comment "mine too"

            """);
        var before = await place.List();
        await place.Apply(NftStories.Wanted("sources"));
        var forward = await place.List("chain ip libvirt_network forward");
        var rules = forward.Split('\n', StringSplitOptions.TrimEntries).SkipWhile(line => line != "jump hookaot");
        await Assert.That(rules.Skip(1).First()).IsEqualTo("ip saddr 192.0.2.1 drop comment \"mine\"");
        await place.Apply(WantedRules.Nothing);
        await Assert.That(await place.List()).IsEqualTo(before);
    }

    [Test]
    public async Task A_chain_that_a_rule_of_anothers_leads_to_is_emptied()
    {
        using var place = await NftPlace.Create("bookworm");
        await place.Apply(NftStories.Wanted("one forward"));
        await place.Run("add rule ip libvirt_network guest_input jump hookaot\n");
        await place.Apply(WantedRules.Nothing);
        await Assert.That(place.Read().DifferencesFrom(WantedRules.Nothing)).IsEmpty();
        await Assert.That(place.ScriptFor(WantedRules.Nothing)).IsEmpty();
        await Assert.That(await place.List("chain ip libvirt_network hookaot")).DoesNotContain("accept");
    }

    [Test]
    [Arguments("bookworm")]
    [Arguments("trixie")]
    public async Task Counters_of_what_stays_survive_additions_and_a_table_made_anew(string suite)
    {
        using var place = await NftPlace.Create(suite);
        await place.Apply(NftStories.Wanted("one forward"));
        await place.Run("""
            delete element ip hookaot tcp_ports { 192.168.0.166 . 8080 }
            add element ip hookaot tcp_ports {
            192.168.0.166 . 8080 counter packets 7 bytes 420 comment "web" : 192.168.122.2 . 80
            }

            """);
        var web = NftStories.Wanted("one forward").Translated.Translations[0];
        foreach (var story in (string[])["both families", "source addresses", "a guest more", "one forward"])
        {
            await place.Apply(NftStories.Wanted(story));
            await Assert.That(place.Read().CountersOf(web)).IsEqualTo(new Counters(7, 420)).Because(story);
        }
    }
}
