using System.Collections.Immutable;
using HookAot.Backends;

namespace HookAot.Tests.Fuzz;

/// <summary>What nf_tables has once the rules for something are in place.</summary>
internal static class InstalledRules
{
    /// <summary>Of one family, with libvirt's table beside it.</summary>
    public static InstalledNft Of(WantedRules both, bool ipv4)
    {
        var wanted = both.OfFamily(ipv4);
        var own = NftTables.Own(wanted.Translated, ipv4);
        var handle = 1UL;
        var isAccepting = !wanted.Accepted.Guests.IsEmpty || !wanted.Accepted.Networks.IsEmpty;
        InstalledNftRule jump = new(handle++, NftLayout.LibvirtAccept, "");
        return new(
            !own.IsEmpty,
            [.. own.Sets.Select(Set)],
            [.. own.Chains.Select(c => new InstalledNftChain(c.Name, Rules(c.Rules)))],
            new(NftLayout.LibvirtForward, isAccepting ? [jump] : []),
            isAccepting ? new(NftLayout.LibvirtAccept, Rules(Accepts())) : null);

        ImmutableArray<string> Accepts() =>
            [.. NftTables.Accepts(wanted.Accepted, ipv4).Select(rule => rule.Text)];


        ImmutableArray<InstalledNftRule> Rules(ImmutableArray<string> rules) =>
            [.. rules.Select(rule => new InstalledNftRule(handle++, null, NftScript.Hash(rule)))];
    }

    private static InstalledNftSet Set(NftSet set)
    {
        var counters = set.Counts ? new Counters(3, 180) : (Counters?)null;
        // The kernel has bytes and a comment, and no words.
        var elements = set.Elements
            .Select(e => new NftElement(e.Key, e.KeyEnd, e.Data, e.Comment))
            .DistinctBy(e => e.Identity);
        return new(set.Name, [.. elements.Select(e => new InstalledNftElement(e, counters))]);
    }
}
