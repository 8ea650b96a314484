using System.Text;
using HookAot.Backends;
using HookAot.Tests.Docs;
using HookAot.Tests.Nftables;

namespace HookAot.Tests.Backends;

/// <summary>What 'hookctrl explain' says about each rule, as it was accepted: explanation.txt.</summary>
public sealed class ExplanationTests
{
    private static readonly string[] Stories =
        ["both families", "any address", "sources", "localhost", "source addresses", "a network and a guest"];

    [Test]
    public async Task Every_rule_is_explained_as_it_was_accepted()
    {
        var text = new StringBuilder();
        foreach (var story in Stories)
        {
            foreach (var ipv4 in (bool[])[true, false])
            {
                var wanted = NftStories.Wanted(story).OfFamily(ipv4);
                text.Append($"== {story}, {(ipv4 ? "IPv4" : "IPv6")}\n");
                foreach (var rule in Explanation.Iptables(wanted, wanted, ipv4)) Append(text, rule);
                foreach (var rule in Explanation.Nft(wanted, ipv4, hasLibvirt: true)) Append(text, rule);
            }
        }

        var file = Repository.File("tests", "HookAot.Tests", "Backends", "explanation.txt");
        await Accepted.Is(file, text.ToString(), nameof(ExplanationTests));
    }

    [Test]
    public async Task Without_libvirts_table_nothing_is_said_about_it()
    {
        var rules = Explanation.Nft(NftStories.Wanted("one forward").OfFamily(ipv4: true), true, hasLibvirt: false);
        await Assert.That(rules.Any(r => r.Place.Contains("libvirt", StringComparison.Ordinal))).IsFalse();
        await Assert.That(rules).IsNotEmpty();
    }

    private static void Append(StringBuilder text, ExplainedRule rule) =>
        text.Append($"{rule.Step} {rule.Place}: {rule.Rule}\n    {rule.Sentence}\n");
}
