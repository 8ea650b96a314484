using System.Text;
using HookAot.Backends;
using HookAot.Config;
using HookAot.Model;
using HookAot.Rules;
using static HookAot.Tests.Fuzz.BrokenPromiseException;

namespace HookAot.Tests.Fuzz;

/// <summary>What iptables-save and nft print, and what is typed.</summary>
internal static class ListingTargets
{
    private const string Services = "ssh 22/tcp secure # shell\ndomain 53/tcp\ndomain 53/udp\nhttp 80/tcp www";

    /// <summary>The output of iptables-save, whatever others have put into it.</summary>
    public static void IptablesSave(byte[] output)
    {
        var text = Encoding.UTF8.GetString(output);
        foreach (var ipv4 in (ReadOnlySpan<bool>)[true, false])
        {
            var listing = IptablesListing.Parse(text, ipv4);
            _ = listing.Contents;
            foreach (var translation in listing.Translations) _ = translation.Describe();
            foreach (var wanted in (ReadOnlySpan<WantedRules>)[WantedRules.Nothing, ScriptTarget.Sample])
            {
                var own = wanted.OfFamily(ipv4);
                _ = listing.DifferencesFrom(own).Count();
                var script = new IptablesAssumptions(own, listing.Plans(own), ipv4).Script;
                var carried = listing.CarriedInto(script);
                IptablesGrammar.Check(IptablesScript.Print(carried), ipv4);
                Unless(carried.Length == script.Length, "carrying counters adds no line");
                foreach (var translation in own.Translated.Translations)
                {
                    var counters = listing.CountersOf(translation);
                    Unless(counters is not { Packets: < 0 }, "a counter is not negative");
                }
            }

            foreach (var part in IptablesLayout.Parts(ipv4))
                foreach (var chain in part.Chains) _ = listing.ForeignReferences(part, chain).Count();
        }
    }

    /// <summary>What nft prints of chains and tables.</summary>
    public static void NftList(byte[] output)
    {
        var text = Encoding.UTF8.GetString(output);
        foreach (var chain in NftChain.Parse(text))
        {
            _ = chain.Stops(text);
            _ = chain.IsIptables | chain.IsLibvirts | chain.Sees(ipv4: true);
        }

        foreach (var leftover in LibvirtTable.Leftovers("ip", text)) _ = leftover.Message;
        _ = FirewalldListing.IsStrict(text);
        _ = FirewalldListing.Accepts(text, new PortRange(80, 80));
        foreach (var line in text.Split('\n'))
        {
            var rule = NftRuleText.WithoutCounter(line);
            Unless(NftRuleText.WithoutCounter(rule).Length <= rule.Length, "a rule without its counter is no longer");
        }
    }

    /// <summary>Ports, as they are typed.</summary>
    public static void Ports(byte[] typed)
    {
        var text = Encoding.UTF8.GetString(typed);
        if (PortNotation.Parse(text, out var notation) is null)
        {
            var spelled = $"{notation}";
            Unless(PortNotation.Parse(spelled, out var again) is null, "a notation reads back", spelled);
            Unless(again!.Public == notation!.Public, "its ports read back", spelled);
            Unless((again.Guest ?? again.Public) == (notation.Guest ?? notation.Public), "the guest's too", spelled);
            Unless(again.Protocols.SequenceEqual(notation.Protocols), "its protocols read back", spelled);
        }

        var forwards = new List<TypedPort>();
        var words = new PortWords(() => new ServiceNames(Services), "/etc/services");
        if (words.Read(text, forwards) is { } mistake)
        {
            Unless(Printable.Escape(mistake) == mistake, "a mistake is printable", mistake);
            return;
        }

        foreach (var forward in forwards)
        {
            var spelled = $"{forward}";
            var again = new List<TypedPort>();
            Unless(words.Read(spelled, again) is null && again.Count == 1, "a forward reads back", spelled);
            Unless($"{again[0]}" == spelled, "a forward is spelled as it was", spelled);
        }
    }

    /// <summary>Names of services, as /etc/services has them.</summary>
    public static void ServicesFile(byte[] file)
    {
        var names = new ServiceNames(Encoding.UTF8.GetString(file));
        foreach (var name in names.Names.Take(20)) _ = names.Port(name, out _);
        var forwards = new List<TypedPort>();
        var first = names.Names.FirstOrDefault() ?? "ssh";
        _ = new PortWords(() => names, "/etc/services").Read(first, forwards);
    }
}
