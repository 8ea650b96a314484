using System.Collections.Immutable;
using HookAot.Model;
using HookAot.Rules;

namespace HookAot.Backends;

/// <summary>Forwards whose ports lie next to each other, in a chain of iptables of their own or in several.</summary>
/// <param name="Chain">The chain.</param>
/// <param name="Parent">The chain that leads to it.</param>
/// <param name="Protocol">Of all of them.</param>
/// <param name="Ports">What is sent to these ports is looked up there; no other forward has one of them.</param>
/// <param name="Translations">The forwards, in the order in which they have to be tried.</param>
internal sealed record PortBlock(
    string Chain, string Parent, Protocol Protocol, PortRange Ports, ImmutableArray<Translation> Translations)
{
    /// <summary>Whether the chain leads to smaller blocks, in which the forwards are.</summary>
    public bool IsBranch { get; init; }
}

/// <summary>
/// Many forwards in blocks by port: iptables tries rule after rule, so that without them the last of 1,000 forwards
/// makes a new connection nearly twice as slow.
/// </summary>
/// <remarks>
/// Where the blocks begin depends on the forwards alone, and hardly changes when one is added: at the forwards of every
/// 64th port, or, where these are more than there are chains, at those of the roundest ports in binary. So a forward
/// that is added mostly is one more rule in one chain. Where a block has to begin elsewhere, everything is swapped in
/// anew. Blocks are reached by branches of a few, so that the last of 1,000 forwards is found after some 43 tries.
/// </remarks>
internal static class PortBlocks
{
    /// <summary>
    /// So many forwards are tried one after the other: a start beside them is more often just an addition.
    /// </summary>
    public const int Few = 256;

    private const int PortsOfABlock = 64;

    private const int OfABranch = 4;

    /// <summary>Whether there are so many.</summary>
    public static bool AreNeeded(Ruleset ruleset) => ruleset.Translations.Length > Few;

    /// <summary>The blocks of all translations of one family; none where there are few.</summary>
    public static ImmutableArray<PortBlock> Of(Ruleset ruleset)
    {
        if (!AreNeeded(ruleset)) return [];

        var places = ByPort(ruleset.Translations);
        var units = Units(ruleset.Translations, places);
        var starts = Starts(units);
        var blocks = new List<PortBlock>(starts.Count);
        for (var i = 0; i < starts.Count; i++)
        {
            var (first, end) = (starts[i], i + 1 < starts.Count ? starts[i + 1] : units.Count);
            var own = Translations(ruleset.Translations, places, units[first..end]);
            blocks.Add(Block(units, first, end, own, IptablesLayout.BlockChains[i]));
        }

        return WithBranches(blocks);
    }

    /// <summary>Puts a branch before every few blocks of a chain and protocol, where there are more.</summary>
    private static ImmutableArray<PortBlock> WithBranches(List<PortBlock> blocks)
    {
        var whole = ImmutableArray.CreateBuilder<PortBlock>();
        var (first, branches) = (0, 0);
        while (first < blocks.Count)
        {
            var end = first + 1;
            while (end < blocks.Count && IsBeside(blocks[first], blocks[end])) end++;
            var few = end - first <= OfABranch;
            for (; first < end; first += few ? 1 : OfABranch)
            {
                if (few) whole.Add(blocks[first]);
                else AddBranch(whole, blocks, first, Math.Min(first + OfABranch, end), branches++);
            }

            first = end;
        }

        return whole.ToImmutable();
    }

    private static bool IsBeside(PortBlock block, PortBlock other) =>
        block.Parent == other.Parent && block.Protocol == other.Protocol;

    private static void AddBranch(
        ImmutableArray<PortBlock>.Builder whole, List<PortBlock> blocks, int first, int end, int number)
    {
        var (one, last) = (blocks[first], blocks[end - 1]);
        var all = ImmutableArray.CreateBuilder<Translation>();
        for (var i = first; i < end; i++) all.AddRange(blocks[i].Translations);
        var chain = IptablesLayout.BranchChains[number];
        whole.Add(new(chain, one.Parent, one.Protocol, new(one.Ports.First, last.Ports.Last), all.ToImmutable())
        {
            IsBranch = true,
        });
        for (var i = first; i < end; i++) whole.Add(blocks[i] with { Parent = chain });
    }

    /// <summary>Forwards that have ports in common and so stay together, since the first that fits is taken.</summary>
    private sealed class Unit(string parent, Protocol protocol, ushort first, int begin)
    {
        /// <summary>Which chain they would be in without blocks.</summary>
        public string Parent => parent;

        /// <summary>Their protocol.</summary>
        public Protocol Protocol => protocol;

        /// <summary>Their lowest port.</summary>
        public ushort First { get; } = first;

        /// <summary>Their highest port.</summary>
        public ushort Last { get; set; } = first;

        /// <summary>Where they begin in the list of all forwards by chain, protocol and port.</summary>
        public int Begin { get; } = begin;

        /// <summary>Where they end there.</summary>
        public int End { get; set; } = begin;

        /// <summary>Whether it is the first of its chain and protocol.</summary>
        public bool IsFirst { get; init; }

        /// <summary>Whether a forward would be in the same chain, and has the same protocol.</summary>
        public bool IsLike(Translation translation) =>
            parent == IptablesRules.ChainFor(translation) && protocol == translation.Protocol;
    }

    /// <summary>The places of the forwards in their list, by chain, protocol and port.</summary>
    private static int[] ByPort(ImmutableArray<Translation> translations)
    {
        var places = new int[translations.Length];
        for (var i = 0; i < places.Length; i++) places[i] = i;
        places.AsSpan().Sort((a, b) =>
        {
            var (one, other) = (translations[a], translations[b]);
            var order = (one.Public is null).CompareTo(other.Public is null);
            if (order == 0) order = ((int)one.Protocol).CompareTo((int)other.Protocol);
            if (order == 0) order = one.PublicPorts.First.CompareTo(other.PublicPorts.First);
            return order == 0 ? a.CompareTo(b) : order;
        });
        return places;
    }

    private static List<Unit> Units(ImmutableArray<Translation> translations, int[] places)
    {
        var units = new List<Unit>();
        for (var i = 0; i < places.Length; i++)
        {
            var translation = translations[places[i]];
            var ports = translation.PublicPorts;
            var isFirst = units.Count == 0 || !units[^1].IsLike(translation);
            if (isFirst || ports.First > units[^1].Last)
            {
                units.Add(new(IptablesRules.ChainFor(translation), translation.Protocol, ports.First, begin: i)
                {
                    IsFirst = isFirst,
                });
            }

            units[^1].Last = Math.Max(units[^1].Last, ports.Last);
            units[^1].End = i + 1;
        }

        return units;
    }

    /// <summary>The units that begin a block, by their places; the first of each chain and protocol is one.</summary>
    private static List<int> Starts(List<Unit> units)
    {
        var starts = new List<int>();
        for (var i = 0; i < units.Count; i++)
            if (units[i].IsFirst || units[i].First % PortsOfABlock == 0) starts.Add(i);
        starts.Sort((a, b) =>
        {
            var order = units[b].IsFirst.CompareTo(units[a].IsFirst);
            if (order == 0) order = Reversed(units[a].First).CompareTo(Reversed(units[b].First));
            return order == 0 ? a.CompareTo(b) : order;
        });
        var most = IptablesLayout.BlockChains.Length;
        if (starts.Count > most) starts.RemoveRange(most, starts.Count - most);
        starts.Sort();
        return starts;
    }

    /// <summary>
    /// The port's bits from the last to the first, by which neighbouring ports are far apart: of a row of ports the
    /// lowest numbers are spread evenly (van der Corput, 1935).
    /// </summary>
    private static int Reversed(ushort port)
    {
        var reversed = 0;
        for (var bit = 0; bit < 16; bit++) reversed |= ((port >> bit) & 1) << (15 - bit);
        return reversed;
    }

    // From its first port up to the next block's, so that one more forward in between changes no jump.
    private static PortBlock Block(
        List<Unit> units, int first, int end, ImmutableArray<Translation> translations, string chain)
    {
        var unit = units[first];
        var isLast = end == units.Count || units[end].IsFirst;
        var ports = new PortRange(
            unit.IsFirst ? (ushort)1 : unit.First, isLast ? ushort.MaxValue : (ushort)(units[end].First - 1));
        return new(chain, unit.Parent, unit.Protocol, ports, translations);
    }

    /// <summary>The forwards of some units; those of one unit in the order in which they have to be tried.</summary>
    private static ImmutableArray<Translation> Translations(
        ImmutableArray<Translation> all, int[] places, List<Unit> units)
    {
        var some = ImmutableArray.CreateBuilder<Translation>(units[^1].End - units[0].Begin);
        foreach (var unit in units)
        {
            var own = places.AsSpan(unit.Begin..unit.End);
            own.Sort();
            foreach (var place in own) some.Add(all[place]);
        }

        return some.MoveToImmutable();
    }
}
