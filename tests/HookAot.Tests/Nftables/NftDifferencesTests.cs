using System.Collections.Immutable;
using HookAot.Backends;
using HookAot.Model;
using HookAot.Rules;
using HookAot.Tests.Fuzz;

namespace HookAot.Tests.Nftables;

/// <summary>What is said about each thing of ours in nf_tables that is not as it should be.</summary>
public sealed class NftDifferencesTests
{
    private const string Table = "table ip hookaot";

    private static readonly WantedRules Wanted = NftStories.Wanted("one forward");

    private static readonly InstalledNft Good = InstalledRules.Of(Wanted, ipv4: true);

    private static readonly InstalledNft IPv6 = InstalledRules.Of(Wanted, ipv4: false);

    private static readonly Translation Forward = Wanted.Translated.Translations.Single();

    [Test]
    public async Task Nothing_differs_where_all_is_in_place()
    {
        await Says(Good, []);
        var contents = new NftListing(Good, IPv6).Contents;
        await Assert.That(contents).Contains("ip jump 0");
        await Assert.That(contents.Count(line => line.StartsWith("ip libvirt ", StringComparison.Ordinal)))
            .IsEqualTo(Good.LibvirtAccept!.Rules.Length);
        await Assert.That(contents.Any(line => line.StartsWith("ip tcp_ports ", StringComparison.Ordinal))).IsTrue();
        await Assert.That(contents.Any(line => line.StartsWith("ip postrouting ", StringComparison.Ordinal))).IsTrue();
        await Assert.That(new NftListing(Good, IPv6).ForwardDropsByDefault).IsFalse();
    }

    [Test]
    public async Task A_translation_that_is_missing_is_described_once()
    {
        var missing = $"missing: {Forward.Describe()} ({Table})";
        await Says(With("tcp_ports"), [missing]);
        var difference = Differences(With("tcp_ports"), Wanted).Single();
        await Assert.That((difference.Guest, difference.Translation)).IsEqualTo(("web", Forward));
        await Says(Good with { HasOwn = false, OwnSets = [], OwnChains = [] }, [$"{Table} is missing", missing]);
    }

    [Test]
    public async Task An_element_that_should_not_be_there_is_named()
    {
        var other = new InstalledNftElement(new NftElement("C0000201", "C0000201", "", ""), null);
        await Says(With("not_any", other), [$"should not be there: 192.0.2.1 (map not_any, {Table})"]);
        var strange = new InstalledNftElement(new NftElement("01", "01", "", ""), null);
        await Says(With("not_any", strange), [$"should not be there: 01-01 (map not_any, {Table})"]);
        var foreign = new InstalledNftSet("mine", [strange]);
        await Says(Good with { OwnSets = Good.OwnSets.Add(foreign) },
            [$"should not be there: 01-01 (map mine, {Table})"]);
    }

    [Test]
    public async Task An_element_of_a_set_that_is_missing_stops_what_needs_it()
    {
        await Says(With("tcp_hairpin"), [$"missing: 192.168.122.0/24 . 192.168.122.2 . 80 (set tcp_hairpin, {Table})"]);
        var difference = Differences(With("tcp_hairpin"), Wanted).Single();
        await Assert.That(difference.Guest).IsEqualTo("web");
        await Assert.That(difference.Stops(Forward)).IsTrue();
        var other = new PortRange(81, 81);
        await Assert.That(difference.Stops(Forward with { TargetPorts = other })).IsFalse();
    }

    [Test]
    [Arguments("prerouting", true)]
    [Arguments("forwards", true)]
    [Arguments("output", false)]
    [Arguments("postrouting", false)]
    public async Task A_chain_that_is_missing_or_changed_stops_who_comes_from_outside_where_it_is_on_their_way(
        string name, bool stops)
    {
        var others = Good.OwnChains.RemoveAll(c => c.Name == name);
        await Says(Good with { OwnChains = others }, [$"chain {name} is missing ({Table})"]);
        var changed = others.Add(new(name, [new InstalledNftRule(1, null, "other")]));
        const string Changed = "are not as they should be";
        await Says(Good with { OwnChains = changed }, [$"the rules of chain {name} {Changed} ({Table})"]);
        foreach (var chains in (ImmutableArray<InstalledNftChain>[])[others, changed])
        {
            var difference = Differences(Good with { OwnChains = chains }, Wanted).Single();
            await Assert.That(difference.Stops(Forward)).IsEqualTo(stops);
        }
    }

    [Test]
    public async Task A_chain_that_should_not_be_there_is_named() =>
        await Says(Good with { OwnChains = Good.OwnChains.Add(new("mine", [])) },
            [$"should not be there: chain mine ({Table})"]);

    [Test]
    public async Task What_is_no_longer_accepted_in_libvirts_table_is_said_for_each_guest()
    {
        const string Rejects = "libvirt uses nftables and rejects what comes from outside: our accept rules are " +
            "missing, or not as they should be (table ip libvirt_network)";
        await Says(Good with { LibvirtAccept = null }, [Rejects]);
        await Says(Good with { LibvirtAccept = Good.LibvirtAccept! with { Rules = [] } }, [Rejects]);
        await Says(Good with { LibvirtForward = new("forward", []) }, [Rejects]);
        await Says(Good with { LibvirtForward = null }, []);
        await Assert.That(Differences(Good with { LibvirtAccept = null }, Wanted).Single().Guest).IsEqualTo("web");

        var network = NftStories.Wanted("a network");
        var closed = InstalledRules.Of(network, ipv4: true) with { LibvirtAccept = null };
        await Assert.That(Differences(closed, network).Select(d => (d.Message, d.Guest)))
            .IsEquivalentTo([(Rejects, (string?)null)]);
    }

    [Test]
    public async Task A_jump_that_is_not_first_or_is_doubled_is_named()
    {
        var jump = Good.LibvirtForward!.Rules.Single();
        var other = new InstalledNftRule(9, "guest_input", "");
        string[] said = ["not once at the head of forward: jump hookaot (table ip libvirt_network)"];
        await Says(Good with { LibvirtForward = new("forward", [other, jump]) }, said);
        await Says(Good with { LibvirtForward = new("forward", [jump, jump]) }, said);
        await Says(Good with { LibvirtForward = new("forward", [jump, other]) }, []);
        var contents = new NftListing(Good with { LibvirtForward = new("forward", [other, jump]) }, IPv6).Contents;
        await Assert.That(contents).Contains("ip jump 1").And.DoesNotContain("ip jump 0");
    }

    [Test]
    public async Task What_nothing_needs_is_named()
    {
        var said = Differences(Good, WantedRules.Nothing).Select(d => d.Message);
        await Assert.That(said).IsEquivalentTo([
            "chain hookaot is there, although nothing needs it (table ip libvirt_network)",
            $"{Table} is there, although nothing needs it"]);
        await Assert.That(Differences(IPv6, WantedRules.Nothing)).IsEmpty();
    }

    private static InstalledNft With(string set, params ImmutableArray<InstalledNftElement> elements)
    {
        // Of not_any all that should be there stays.
        var old = Good.OwnSets.Single(s => s.Name == set);
        var now = set == NftLayout.NotAny ? old.Elements.AddRange(elements) : elements;
        return Good with { OwnSets = Good.OwnSets.Replace(old, new(set, now)) };
    }

    private static IEnumerable<Difference> Differences(InstalledNft ipv4, WantedRules wanted) =>
        new NftListing(ipv4, IPv6).DifferencesFrom(wanted);

    private static async Task Says(InstalledNft ipv4, IEnumerable<string> said) =>
        await Assert.That(Differences(ipv4, Wanted).Select(d => d.Message)).IsEquivalentTo(said);
}
