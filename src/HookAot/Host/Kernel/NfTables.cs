using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text;

namespace HookAot.Host;

/// <summary>
/// Reads nf_tables, by netlink (linux/netfilter/nf_tables.h): no process, the same with every version of nft, and not
/// hurt by what another program's newer nft has left, on which an older nft dies. An answer grows with what it names,
/// not with the rules of others.
/// </summary>
internal static class NfTables
{
    private const int Subsystem = 10 << 8; // NFNL_SUBSYS_NFTABLES
    private const ushort GetTable = Subsystem | 1, GetChain = Subsystem | 4, GetRule = Subsystem | 7; // NFT_MSG_GET*
    private const ushort GetSet = Subsystem | 10, GetElement = Subsystem | 13, GetGeneration = Subsystem | 16;

    // A set of a million elements is read in about a second.
    private const int PatienceMilliseconds = 5_000;

    // How often is asked again where the tables are changed meanwhile.
    private const int MostTries = 10;

    /// <summary>All tables.</summary>
    /// <param name="error">The error's number; 0 if there is none.</param>
    /// <returns>The tables; null after an error.</returns>
    public static ImmutableArray<NfTable>? Tables(out int error)
    {
        var tables = Dump<NfTable>(GetTable, 0, [], (message, found) =>
        {
            if (NfMessage.Table(message) is { } table) found.Add(table);
        }, out error);
        return tables;
    }

    /// <summary>The chains of a table.</summary>
    /// <param name="family">Such as ip.</param>
    /// <param name="table">The table's name.</param>
    /// <param name="error">The error's number; 0 if there is none.</param>
    /// <returns>The chains, none where there is no such table; null after an error.</returns>
    public static ImmutableArray<NfChain>? Chains(string family, string table, out int error) =>
        Dump<NfChain>(GetChain, NfMessage.FamilyNumber(family), Attribute(1, table), (message, found) =>
        {
            if (NfMessage.Chain(message, table) is { } chain) found.Add(chain);
        }, out error);

    /// <summary>The rules of a table, or of one of its chains, in their order.</summary>
    /// <param name="family">Such as ip.</param>
    /// <param name="table">The table's name.</param>
    /// <param name="chain">The chain's name; null: all chains of the table.</param>
    /// <param name="error">The error's number; 0 if there is none.</param>
    /// <returns>The rules, none where there is no such table or chain; null after an error.</returns>
    public static ImmutableArray<NfRule>? Rules(string family, string table, string? chain, out int error)
    {
        byte[] names = [.. Attribute(1, table), .. chain is null ? [] : Attribute(2, chain)];
        return Dump<NfRule>(GetRule, NfMessage.FamilyNumber(family), names, (message, found) =>
        {
            // Kernels before 4.9 do not look at the names.
            var rule = NfMessage.Rule(message, table);
            if (rule is not null && (chain is null || rule.Chain == chain)) found.Add(rule);
        }, out error);
    }

    /// <summary>The names of a table's sets and maps.</summary>
    /// <param name="family">Such as ip.</param>
    /// <param name="table">The table's name.</param>
    /// <param name="error">The error's number; 0 if there is none.</param>
    /// <returns>The names, none where there is no such table; null after an error.</returns>
    public static ImmutableArray<string>? Sets(string family, string table, out int error) =>
        Dump<string>(GetSet, NfMessage.FamilyNumber(family), Attribute(1, table), (message, found) =>
        {
            if (NfMessage.Set(message, table) is { } set) found.Add(set);
        }, out error);

    /// <summary>The elements of a set or a map, in no order.</summary>
    /// <param name="family">Such as ip.</param>
    /// <param name="table">The table's name.</param>
    /// <param name="set">The name of the set or the map.</param>
    /// <param name="error">The error's number; 0 if there is none.</param>
    /// <returns>The elements, none where there is no such set; null after an error.</returns>
    public static ImmutableArray<NfElement>? Elements(string family, string table, string set, out int error) =>
        Dump<NfElement>(
            GetElement, NfMessage.FamilyNumber(family), [.. Attribute(1, table), .. Attribute(2, set)],
            NfMessage.Elements, out error);

    /// <summary>
    /// The number that every commit to nf_tables raises, whoever makes it; iptables-nft does too. Null if the kernel
    /// does not tell.
    /// </summary>
    public static uint? Generation()
    {
        using var netlink = Netlink.Open(Netlink.Netfilter);
        if (netlink is null) return null;

        uint? generation = null;
        var error = netlink.AskOne(GetGeneration, [0, 0, 0, 0], Deadline.In(PatienceMilliseconds), message =>
            generation = NfMessage.Generation(message));
        return error == 0 ? generation : null;
    }

    private delegate void Reader<T>(ReadOnlySpan<byte> message, List<T> found);

    /// <summary>
    /// Asks for all of something, with a socket of its own: what is left of an answer must not be taken for the next.
    /// </summary>
    private static ImmutableArray<T>? Dump<T>(
        ushort type, byte family, byte[] attributes, Reader<T> read, out int error)
        where T : class
    {
        var deadline = Deadline.In(PatienceMilliseconds);
        error = Libc.EINTR;
        for (var tries = 0; error == Libc.EINTR && tries < MostTries; tries++)
        {
            using var netlink = Netlink.Open(Netlink.Netfilter);
            var found = new List<T>();
            error = netlink is null
                ? Libc.LastErrorNumber
                : netlink.Ask(type, [family, 0, 0, 0, .. attributes], deadline, message => read(message, found));
            if (error == 0) return [.. found];
        }

        if (!MeansNothing(error)) return null;

        error = 0;
        return [];
    }

    /// <summary>
    /// Whether an error says that there is no such thing: not what was asked for, or no nf_tables at all, in a kernel
    /// (net/netfilter/nfnetlink.c) or an emulator that has none. iptables-legacy does without.
    /// </summary>
    internal static bool MeansNothing(int error) => error is Libc.ENOENT or Libc.EINVAL or Libc.EPROTONOSUPPORT;

    /// <summary>An attribute that has a text.</summary>
    private static byte[] Attribute(ushort type, string text)
    {
        const int HeaderSize = 4;
        var length = HeaderSize + Encoding.UTF8.GetByteCount(text) + 1;
        var attribute = new byte[(length + 3) & ~3];
        BinaryPrimitives.WriteUInt16LittleEndian(attribute, (ushort)length);
        BinaryPrimitives.WriteUInt16LittleEndian(attribute.AsSpan(2), type);
        Encoding.UTF8.GetBytes(text, attribute.AsSpan(HeaderSize));
        return attribute;
    }
}
