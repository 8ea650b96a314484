using System.Buffers.Binary;
using System.Text;
using HookAot.Backends;

namespace HookAot.Tests.Fuzz;

/// <summary>Messages as the kernel sends them (linux/netfilter/nf_tables.h), for the rules of the sample.</summary>
internal static class NetlinkSeeds
{
    private const int NewTable = 0xa00, NewChain = 0xa03, NewRule = 0xa06, NewSet = 0xa09, NewElement = 0xa0c;
    private const int NewGeneration = 0xa0f, NewFlow = 0x100;

    /// <summary>A datagram of each kind.</summary>
    public static IEnumerable<byte[]> All()
    {
        yield return Message(NewTable, [2, 0, 0, 0, .. Text(1, "hookaot"), .. Attribute(4, new byte[8])]);
        yield return Message(NewChain,
            [2, 0, 0, 0, .. Text(1, "hookaot"), .. Text(3, "c"), .. Attribute(4, Text(1, "x")), .. Number(5, 0)]);
        byte[] verdict = [.. Attribute(1, [0, 0, 0, 1]), .. Text(2, "hookaot")];
        var jump = Attribute(1, [.. Text(1, "immediate"), .. Attribute(2, Attribute(2, Attribute(2, verdict)))]);
        yield return Message(NewRule,
            [2, 0, 0, 0, .. Text(1, "hookaot"), .. Text(2, "c"), .. Attribute(3, new byte[8]), .. Attribute(4, jump),
                .. Attribute(7, Comment("web"))]);
        yield return Message(NewSet, [2, 0, 0, 0, .. Text(1, "hookaot"), .. Text(2, "m")]);
        yield return Message(NewGeneration, [0, 0, 0, 0, .. Number(1, 7), .. Number(2, 99), .. Text(3, "nft")]);
        yield return Message(NewFlow, [2, 0, 0, 0, .. Attribute(1, Tuple()), .. Attribute(2, Tuple())]);
        yield return Tuple();
        yield return Message(2, BitConverter.GetBytes(-2));
        yield return [.. Message(0xa08, [2, 0, 0, 0, .. Text(1, "hookaot")]), .. Message(3, [])];
        foreach (var elements in Elements()) yield return Message(NewElement, elements[2..]);
    }

    /// <summary>The elements of each set of the sample, behind the family and the set's number.</summary>
    public static IEnumerable<byte[]> Elements()
    {
        foreach (var ipv4 in (bool[])[true, false])
        {
            var own = NftTables.Own(ScriptTarget.Sample.OfFamily(ipv4).Translated, ipv4);
            foreach (var set in own.Sets)
            {
                var index = NftMap.All.TakeWhile(m => m.Name != set.Name).Count();
                var list = set.Elements.Take(3).SelectMany(e => Attribute(1, Element(e))).ToArray();
                yield return
                    [(byte)(ipv4 ? 0 : 1), (byte)index, 2, 0, 0, 0, .. Text(1, "hookaot"), .. Attribute(3, list)];
            }
        }
    }

    /// <summary>A set's message with an element that has counted so much.</summary>
    public static byte[] Counted(ulong packets)
    {
        var element = new NftElement("0050", "0050", "", "web");
        return [2, 0, 0, 0, .. Attribute(3, Attribute(1, Element(element, packets)))];
    }

    private static byte[] Element(NftElement element, ulong packets = 5)
    {
        var count = new byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(count, packets);
        byte[] counters = [.. Attribute(1, count), .. Attribute(2, count)];
        byte[] counter = [.. Text(1, "counter"), .. Attribute(2, counters)];
        byte[] data = element.Data.Length == 0 ? [] : Attribute(2, Attribute(1, Convert.FromHexString(element.Data)));
        return
        [
            .. Attribute(1, Attribute(1, Convert.FromHexString(element.Key))),
            .. data,
            .. Attribute(6, Comment(element.Comment)),
            .. Attribute(7, counter),
            .. Attribute(10, Attribute(1, Convert.FromHexString(element.KeyEnd))),
        ];
    }

    private static byte[] Tuple() =>
    [
        .. Attribute(1, [.. Attribute(1, [192, 168, 0, 50]), .. Attribute(2, [192, 168, 0, 166])]),
        .. Attribute(2, [.. Attribute(1, [17]), .. Attribute(2, [0, 9]), .. Attribute(3, [0, 53])]),
    ];

    private static byte[] Comment(string text) => [0, (byte)(text.Length + 1), .. Encoding.ASCII.GetBytes(text), 0];

    private static byte[] Text(int type, string text) => Attribute(type, [.. Encoding.ASCII.GetBytes(text), 0]);

    private static byte[] Number(int type, int number)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, number);
        return Attribute(type, bytes);
    }

    private static byte[] Attribute(int type, byte[] payload)
    {
        var attribute = new byte[(4 + payload.Length + 3) & ~3];
        BinaryPrimitives.WriteUInt16LittleEndian(attribute, (ushort)(4 + payload.Length));
        BinaryPrimitives.WriteUInt16LittleEndian(attribute.AsSpan(2), (ushort)type);
        payload.CopyTo(attribute, 4);
        return attribute;
    }

    private static byte[] Message(int type, byte[] payload)
    {
        var message = new byte[(16 + payload.Length + 3) & ~3];
        BinaryPrimitives.WriteInt32LittleEndian(message, 16 + payload.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(message.AsSpan(4), (ushort)type);
        payload.CopyTo(message, 16);
        return message;
    }
}
