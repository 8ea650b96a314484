using System.Buffers.Binary;
using System.Text;
using HookAot.Backends;

namespace HookAot.Host;

/// <summary>
/// What the last converge left in the tables of iptables, a file in /run/hookaot. It is true as long as nf_tables have
/// the generation that is in it; a file that is lost or old costs a swap of everything, and nothing else.
/// </summary>
/// <param name="Generation">The generation of nf_tables, see <see cref="NfGeneration"/>.</param>
/// <param name="Ipv4">What is in our chains of iptables.</param>
/// <param name="Ipv6">What is in our chains of ip6tables.</param>
internal sealed record RulesLeft(uint Generation, ChainContents Ipv4, ChainContents Ipv6)
{
    private const int MaxBytes = 16 * 1024 * 1024;

    // "HAR1": another layout gets another number.
    private const uint Magic = 0x48415231;

    /// <summary>What is there of one family.</summary>
    public ChainContents Of(bool ipv4) => ipv4 ? Ipv4 : Ipv6;

    /// <summary>What was left; null if nobody knows.</summary>
    public static RulesLeft? Read(HostPaths paths) =>
        SmallFile.TryRead(paths.Rules, MaxBytes) is { } content ? Parse(content) : null;

    /// <summary>Writes it down. Where it cannot be written, the old one has another generation.</summary>
    public void Write(HostPaths paths) => _ = SmallFile.TryReplace(paths.Rules, Bytes());

    /// <summary>The file: big-endian, a length before each list.</summary>
    internal byte[] Bytes()
    {
        var file = new MemoryStream();
        Add(file, Magic);
        Add(file, Generation);
        foreach (var family in new[] { Ipv4, Ipv6 })
        {
            Add(file, (uint)family.Chains.Count);
            foreach (var (chain, rules) in family.Chains)
            {
                Add(file, (uint)chain.Length);
                file.Write(Encoding.ASCII.GetBytes(chain));
                Add(file, (uint)rules.Length);
                foreach (var rule in rules) Add(file, rule);
            }
        }

        return file.ToArray();
    }

    /// <summary>Reads the file; null if it is not one of ours.</summary>
    internal static RulesLeft? Parse(ReadOnlySpan<byte> file)
    {
        if (Number(ref file) != Magic || Number(ref file) is not { } generation) return null;
        if (Contents(ref file) is not { } ipv4 || Contents(ref file) is not { } ipv6) return null;
        return file.IsEmpty ? new(generation, ipv4, ipv6) : null;
    }

    private static ChainContents? Contents(ref ReadOnlySpan<byte> file)
    {
        var chains = new Dictionary<string, ulong[]>(StringComparer.Ordinal);
        if (Number(ref file) is not { } count) return null;
        for (var i = 0; i < count; i++)
        {
            if (Number(ref file) is not { } length || length > file.Length) return null;
            var name = Encoding.ASCII.GetString(file[..(int)length]);
            file = file[(int)length..];
            if (Number(ref file) is not { } rules || rules > file.Length / sizeof(ulong)) return null;

            var numbers = new ulong[rules];
            for (var rule = 0; rule < rules; rule++)
                numbers[rule] = BinaryPrimitives.ReadUInt64BigEndian(file[(rule * sizeof(ulong))..]);
            file = file[(numbers.Length * sizeof(ulong))..];
            if (!chains.TryAdd(name, numbers)) return null;
        }

        return new(chains);
    }

    private static uint? Number(ref ReadOnlySpan<byte> file)
    {
        if (!BinaryPrimitives.TryReadUInt32BigEndian(file, out var number)) return null;
        file = file[sizeof(uint)..];
        return number;
    }

    private static void Add(MemoryStream file, ulong number)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, number);
        file.Write(bytes);
    }

    private static void Add(MemoryStream file, uint number)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, number);
        file.Write(bytes);
    }
}
