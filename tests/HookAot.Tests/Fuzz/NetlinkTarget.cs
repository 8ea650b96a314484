using System.Collections.Immutable;
using System.Net;
using HookAot.Backends;
using HookAot.Host;
using HookAot.Rules;
using static HookAot.Tests.Fuzz.BrokenPromiseException;

namespace HookAot.Tests.Fuzz;

/// <summary>The kernel's answers and messages: those about nf_tables, about flows, and about links.</summary>
internal static class NetlinkTarget
{
    private static readonly Lazy<(RuleEvents Rules, NetworkEvents Network)> Sources =
        new(() => (new RuleEvents(), new NetworkEvents()));

    private static readonly FlowMatch Match = new(
        [
            new(null, 1, ushort.MaxValue, null, "192.168.122.2 1-65535"),
            new("2001:db8::166", 53, 53, "2001:db8::/32", "fd00:122::2 53"),
        ],
        [IPAddress.Parse("192.168.0.166")]);

    private static readonly string[] OtherSets = ["not_any", "tcp_hairpin", "udp_hairpin", "mine"];

    private static readonly ImmutableArray<string> Sets = [.. NftMap.All.Select(m => m.Name), .. OtherSets];

    /// <summary>A datagram, and each of its messages as whatever it might be.</summary>
    public static void Run(byte[] datagram)
    {
        Payload(datagram);
        _ = Netlink.Read(datagram, Payload);
        var changes = new Changes();
        Sources.Value.Rules.Messages(datagram, changes);
        Sources.Value.Network.Messages(datagram, changes);
        foreach (var commit in changes.Commits)
            Unless(commit.Name.Length <= datagram.Length, "a name is no longer than what has it", commit.Name);
    }

    /// <summary>
    /// One of our sets with elements that any program may have put there. What differs is said, and what mends it is a
    /// script that nft takes.
    /// </summary>
    public static void Installed(byte[] input)
    {
        if (input.Length < 2) return;
        var ipv4 = input[0] % 2 == 0;
        var name = Sets[input[1] % Sets.Length];
        var elements = new List<NfElement>();
        NfMessage.Elements(input.AsSpan(2), elements);
        var set = new InstalledNftSet(name, [.. elements.Select(Element).DistinctBy(e => e.Element.Identity)]);

        var wanted = ScriptTarget.Sample;
        var (own, other) = (InstalledRules.Of(wanted, ipv4), InstalledRules.Of(wanted, !ipv4));
        own = own with { OwnSets = [.. own.OwnSets.Where(s => s.Name != name), set] };
        var listing = ipv4 ? new NftListing(own, other) : new NftListing(other, own);
        _ = listing.Contents;
        foreach (var translation in listing.Translations) _ = translation.Describe();
        _ = listing.DifferencesFrom(wanted).Count();
        foreach (var anew in (ReadOnlySpan<bool>)[false, true])
        {
            foreach (var goal in (ReadOnlySpan<WantedRules>)[wanted, WantedRules.Nothing])
            {
                var script = NftScript.For(goal, listing.Of(isIPv4: true), listing.Of(isIPv4: false), true, anew);
                _ = NftGrammar.Check(script);
            }
        }
    }

    private static void Payload(ReadOnlySpan<byte> message)
    {
        _ = NfMessage.Table(message);
        _ = NfMessage.Chain(message, "hookaot");
        _ = NfMessage.Chain(message, "");
        _ = NfMessage.Rule(message, "hookaot");
        _ = NfMessage.Rule(message, "");
        _ = NfMessage.Set(message, "hookaot");
        _ = NfMessage.Generation(message);
        _ = NfMessage.Committer(message);
        NfMessage.Elements(message, new List<NfElement>());
        _ = Match.Target(message);
        _ = FlowMatch.Source(message);
        for (var type = 0; type < 4; type++)
        {
            var part = Netlink.Attribute(message, type);
            var whole = Netlink.WholeAttribute(message, type);
            Unless(part.Length <= whole.Length, "an attribute is no longer than with its header");
        }
    }

    // As NftReader has it.
    private static InstalledNftElement Element(NfElement element)
    {
        var read = new NftElement(
            Convert.ToHexString(element.Key.AsSpan()),
            Convert.ToHexString(element.KeyEnd.AsSpan()),
            Convert.ToHexString(element.Data.AsSpan()),
            element.Comment ?? "");
        return new(read, element.Packets is { } packets ? new Counters(packets, element.Bytes) : null);
    }
}
