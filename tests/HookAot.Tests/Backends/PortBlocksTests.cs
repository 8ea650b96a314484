using System.Collections.Immutable;
using System.Net;
using CsCheck;
using HookAot.Backends;
using HookAot.Model;
using HookAot.Rules;

namespace HookAot.Tests.Backends;

/// <summary>Many forwards in blocks find the same forward as one after the other.</summary>
public sealed class PortBlocksTests
{
    private static readonly IPAddress Guest = IPAddress.Parse("192.168.122.2");
    private static readonly IPAddress[] Publics = [IPAddress.Parse("192.0.2.1"), IPAddress.Parse("192.0.2.2")];

    private static readonly Gen<Translation> AnyForward =
        from isTcp in Gen.Bool
        from first in Gen.Int[1, 65000]
        from count in Gen.OneOf(Gen.Const(1), Gen.Const(1), Gen.Const(1), Gen.Int[1, 500])
        from address in Gen.Int[0, 2]
        from hasSource in Gen.Bool
        select Forward(
            address == 2 ? null : Publics[address],
            isTcp ? Protocol.Tcp : Protocol.Udp,
            first,
            Math.Min(first + count - 1, ushort.MaxValue),
            hasSource ? IPNetwork.Parse("10.0.0.0/8") : null);

    [Test]
    public void What_is_tried_for_a_packet_is_the_same_in_the_same_order()
    {
        Gen.Select(AnyForward.Array[PortBlocks.Few + 1, 600], Gen.Int[1, 65535].Array[100]).Sample((many, ports) =>
        {
            ImmutableArray<Translation> all = [.. many];
            var blocks = PortBlocks.Of(Rulesets(all));
            foreach (var port in ports.Concat(all.Select(t => (int)t.PublicPorts.First)))
            {
                foreach (var protocol in (Protocol[])[Protocol.Tcp, Protocol.Udp])
                {
                    foreach (var parent in (string[])[IptablesLayout.Dnat, IptablesLayout.Local])
                    {
                        var wanted = all.Where(t => IptablesRules.ChainFor(t) == parent && Takes(t, protocol, port));
                        var found = Tried(blocks, parent, protocol, port).Where(t => Takes(t, protocol, port));
                        if (!wanted.SequenceEqual(found)) return false;
                    }
                }
            }

            return blocks.Where(b => !b.IsBranch).Sum(b => b.Translations.Length) == all.Length;
        }, iter: 60, threads: 1);
    }

    [Test]
    public async Task Few_forwards_are_in_no_block()
    {
        await Assert.That(PortBlocks.Of(Rulesets(Consecutive(PortBlocks.Few)))).IsEmpty();
        await Assert.That(PortBlocks.Of(Rulesets(Consecutive(PortBlocks.Few + 1)))).IsNotEmpty();
    }

    [Test]
    [Arguments(300, 10)]
    [Arguments(1000, 32)]
    [Arguments(10000, 32)]
    public async Task Of_ports_in_a_row_the_blocks_are_of_one_size(int forwards, int blocksWanted)
    {
        var blocks = PortBlocks.Of(Rulesets(Consecutive(forwards)));
        var sizes = blocks.Where(b => !b.IsBranch).Select(b => b.Translations.Length).ToList();
        await Assert.That(sizes.Count).IsEqualTo(blocksWanted);
        await Assert.That(sizes.Max()).IsLessThanOrEqualTo(2 * ((forwards / blocksWanted) + 1));
    }

    [Test]
    public async Task A_forward_more_rarely_moves_the_others()
    {
        var all = Consecutive(1000);
        var before = Ranges(all);
        var moved = 0;
        for (var port = 2_001; port < 2_401; port += 2)
        {
            if (!Ranges([.. all, Forward(null, Protocol.Tcp, port, port)]).SequenceEqual(before)) moved++;
        }

        await Assert.That(moved).IsLessThan(5); // of 200
    }

    /// <summary>The forwards that a packet meets, in their order.</summary>
    private static IEnumerable<Translation> Tried(
        ImmutableArray<PortBlock> blocks, string chain, Protocol protocol, int port)
    {
        var ways = blocks.Where(b => b.Parent == chain && b.Protocol == protocol && Covers(b.Ports, port));
        return ways.SelectMany(b => b.IsBranch ? Tried(blocks, b.Chain, protocol, port) : b.Translations);
    }

    private static List<PortRange> Ranges(ImmutableArray<Translation> translations) =>
        [.. PortBlocks.Of(Rulesets(translations)).Select(b => b.Ports)];

    private static bool Takes(Translation translation, Protocol protocol, int port) =>
        translation.Protocol == protocol && Covers(translation.PublicPorts, port);

    private static bool Covers(PortRange range, int port) => range.First <= port && port <= range.Last;

    private static ImmutableArray<Translation> Consecutive(int count) =>
        [.. Enumerable.Range(0, count).Select(i => Forward(null, Protocol.Tcp, 2_000 + (2 * i), 2_000 + (2 * i)))];

    private static Translation Forward(
        IPAddress? address, Protocol protocol, int first, int last, IPNetwork? source = null)
    {
        var ports = new PortRange((ushort)first, (ushort)last);
        return new("web", address, protocol, ports, source, Guest, ports);
    }

    private static Ruleset Rulesets(ImmutableArray<Translation> translations) =>
        Ruleset.Empty with { Translations = translations };
}
