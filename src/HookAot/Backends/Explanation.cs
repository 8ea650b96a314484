using System.Collections.Immutable;
using HookAot.Rules;

namespace HookAot.Backends;

/// <summary>What the rules of a ruleset do, a sentence each, in the order in which a packet meets them.</summary>
internal static class Explanation
{
    private const string Answers = "Answers of the guest pass, in connections that were translated.";
    private const string Established = "What belongs to a connection that is established already passes to the guest.";
    private const string NewConnections = "New connections that were translated pass to the guest's port.";

    private const string Hairpin =
        "Who is in the guest's own network would be answered past this host: such a connection gets the host's " +
        "address, so that the answer comes back through here.";

    private const string Left = "These addresses are libvirt's own, where dnsmasq answers the guests: left alone.";

    private const string LinkLocal = "Link-local addresses are the neighbours': left alone.";

    private const string Asked =
        "What is for an address of this host is looked up in our chain: what comes from outside and from guests at " +
        "prerouting, what this host opens at output.";

    private const string Guard =
        "Guests must not reach what listens on 127.0.0.1, which route_localnet would let them (CVE-2020-8558).";

    private const string Source = "What the guest opens itself leaves with the public address.";

    private const string KeepsAddress = "Within its own network, and to groups, the guest keeps its own address.";

    private const string WholeNetwork =
        "The network stands in the config's \"networks\": every forwarded connection to it passes.";

    private const string Block =
        "This host has many forwards: those of these ports are looked up in a chain of their own.";

    /// <summary>What iptables or ip6tables does.</summary>
    /// <param name="wanted">What is explained.</param>
    /// <param name="whole">All that is in force, of the same family.</param>
    /// <param name="ipv4">Which family.</param>
    public static IEnumerable<ExplainedRule> Iptables(WantedRules wanted, WantedRules whole, bool ipv4)
    {
        var blocks = PortBlocks.Of(whole.Translated)
            .Select(b => b with { Translations = [.. b.Translations.Where(wanted.Translated.Translations.Contains)] })
            .Where(b => !b.Translations.IsEmpty);
        var parts = IptablesLayout.Parts(ipv4).Where(part => part.IsFor(wanted));
        var rules = new IptablesRules(wanted, ipv4) { Blocks = [.. blocks] };
        var tool = ipv4 ? "iptables" : "ip6tables";
        foreach (var line in parts.SelectMany(p => rules.Of(p)))
        {
            var rule = line.Text[$"-A {line.Subject} ".Length..];
            var (sentence, step) = OfIptables(line, rule);
            yield return new($"{tool} -t {line.Table}, chain {line.Subject}", rule, sentence, step);
        }
    }

    private static (string Sentence, PacketStep Step) OfIptables(ScriptLine line, string rule)
    {
        var returns = rule.EndsWith("-j RETURN", StringComparison.Ordinal);
        return line.Subject switch
        {
            IptablesLayout.Guard => (Guard, PacketStep.Guarded),
            _ when line.Translation is { } translation => (Of(translation), PacketStep.Translated),
            _ when LeadsToBlock(rule) => (Block, PacketStep.Translated),
            _ when Has(rule, "fe80::") => (LinkLocal, PacketStep.Translated),
            IptablesLayout.Dnat => (Asked, PacketStep.Translated),
            IptablesLayout.Local => (Left, PacketStep.Translated),
            IptablesLayout.Snat => (Hairpin, PacketStep.Masqueraded),
            IptablesLayout.Source => (returns ? KeepsAddress : Source, PacketStep.Masqueraded),
            IptablesLayout.Ranges => (WholeNetwork, PacketStep.Accepted),
            _ => (OfAccept(rule), PacketStep.Accepted),
        };
    }

    /// <summary>What nft does in our own table and in libvirt's.</summary>
    /// <param name="wanted">Of one family.</param>
    /// <param name="ipv4">Which.</param>
    /// <param name="hasLibvirt">Whether libvirt has a table of its own, which rejects else.</param>
    public static IEnumerable<ExplainedRule> Nft(WantedRules wanted, bool ipv4, bool hasLibvirt)
    {
        var family = NftLayout.Family(ipv4);
        var own = NftTables.Own(wanted.Translated, ipv4);
        foreach (var chain in own.Chains)
        {
            foreach (var rule in chain.Rules)
            {
                var (sentence, step) = OfNft(chain.Name, rule);
                yield return new($"nft {family} {NftLayout.OwnTable}, chain {chain.Name}", rule, sentence, step);
            }
        }

        foreach (var translation in wanted.Translated.Translations)
        {
            foreach (var (map, element) in NftTables.ElementsOf(translation))
            {
                var place = $"nft {family} {NftLayout.OwnTable}, map {map.Name}";
                var text = $"{element.KeyText} : {element.DataText}";
                yield return new(place, text, Of(translation), PacketStep.Translated);
            }
        }

        if (!hasLibvirt) yield break;
        foreach (var accept in NftTables.Accepts(wanted.Accepted, ipv4))
        {
            var rule = accept.Text;
            var place = $"nft {family} {NftLayout.LibvirtTable}, chain {NftLayout.LibvirtAccept}";
            yield return new(place, rule, Has(rule, "ct ") ? OfAccept(rule) : WholeNetwork, PacketStep.Accepted);
        }
    }

    private static (string Sentence, PacketStep Step) OfNft(string chain, string rule) => chain switch
    {
        "guard" => (Guard, PacketStep.Guarded),
        "postrouting" => (Has(rule, "snat to") ? Source : Hairpin, PacketStep.Masqueraded),
        "prerouting" or "output" => (Asked, PacketStep.Translated),
        _ when Has(rule, "fe80::") => (LinkLocal, PacketStep.Translated),
        _ when Has(rule, NftLayout.NotAny) => (Left, PacketStep.Translated),
        _ => ("Its address and port are looked up in the map, which says the guest's.", PacketStep.Translated),
    };

    private static bool LeadsToBlock(string rule) =>
        Has(rule, " -j HOOKAOT-PORTS-") || Has(rule, " -j HOOKAOT-BRANCH-");

    private static string OfAccept(string rule) =>
        Has(rule, "REPLY") || Has(rule, "direction reply") ? Answers
        : Has(rule, "ESTABLISHED") || Has(rule, "established") ? Established
        : NewConnections;

    private static string Of(Translation t)
    {
        var address = t.Public?.InBrackets() ?? "any address of this host";
        var who = t.Source is { } source ? $"A connection from {source}" : "A connection";
        return $"{who} to {address}, port {t.PublicPorts}, goes on to {t.Target.InBrackets()}, port {t.TargetPorts}.";
    }

    private static bool Has(string rule, string words) => rule.Contains(words, StringComparison.Ordinal);
}
