using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text;

namespace HookAot.Host;

/// <summary>A table of nf_tables.</summary>
/// <param name="Family">ip, ip6, inet, ...</param>
/// <param name="Name">Its name.</param>
/// <param name="Handle">What names it to the kernel; another one when it was deleted and made again.</param>
internal sealed record NfTable(string Family, string Name, ulong Handle = 0);

/// <summary>A chain.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Drops">Whether it is at a hook and has the policy drop.</param>
/// <param name="HasHook">Whether packets come to it by themselves.</param>
internal sealed record NfChain(string Name, bool Drops, bool HasHook);

/// <summary>A rule.</summary>
/// <param name="Chain">The chain that it is in.</param>
/// <param name="Handle">What names it to the kernel.</param>
/// <param name="JumpsTo">The chain that it jumps or goes to; null if it does not.</param>
/// <param name="Comment">Its comment; null if it has none.</param>
internal sealed record NfRule(string Chain, ulong Handle, string? JumpsTo, string? Comment);

/// <summary>An element of a set or a map.</summary>
/// <param name="Key">The key; of an interval its beginning. Each field is padded to four bytes.</param>
/// <param name="KeyEnd">The interval's end, which belongs to it; the key itself where there is none.</param>
/// <param name="Data">What the map has for it; empty in a set.</param>
/// <param name="Comment">Its comment; null if it has none.</param>
/// <param name="Packets">What it has matched; null if it has no counter.</param>
/// <param name="Bytes">How many bytes those had.</param>
internal sealed record NfElement(
    ImmutableArray<byte> Key,
    ImmutableArray<byte> KeyEnd,
    ImmutableArray<byte> Data,
    string? Comment,
    long? Packets,
    long Bytes);

/// <summary>The kernel's answers about nf_tables, read (linux/netfilter/nf_tables.h).</summary>
internal static class NfMessage
{
    /// <summary>struct nfgenmsg: family, version, resource; before the attributes of every message.</summary>
    public const int HeaderSize = 4;

    private const int ListElement = 1; // NFTA_LIST_ELEM
    private const int ExpressionName = 1, ExpressionData = 2; // NFTA_EXPR_*

    private static readonly (byte Number, string Name)[] Families =
        [(1, "inet"), (2, "ip"), (3, "arp"), (5, "netdev"), (7, "bridge"), (10, "ip6")]; // NFPROTO_*

    /// <summary>The number of a family; 0 if it is not known.</summary>
    public static byte FamilyNumber(string name)
    {
        foreach (var family in Families)
            if (family.Name == name) return family.Number;
        return 0;
    }

    /// <summary>Reads NFT_MSG_NEWTABLE; null if it is none.</summary>
    public static NfTable? Table(ReadOnlySpan<byte> message)
    {
        const int Name = 1, Handle = 4; // NFTA_TABLE_*
        if (message.Length < HeaderSize) return null;
        var attributes = message[HeaderSize..];
        foreach (var family in Families)
        {
            if (family.Number != message[0]) continue;
            return new(family.Name, Text(attributes, Name), Number64(attributes, Handle));
        }

        return null;
    }

    /// <summary>Reads NFT_MSG_NEWCHAIN; null if it is none of that table's.</summary>
    public static NfChain? Chain(ReadOnlySpan<byte> message, string table)
    {
        const int Table = 1, Name = 3, Hook = 4, Policy = 5; // NFTA_CHAIN_*
        const uint Drop = 0; // NF_DROP
        if (message.Length < HeaderSize) return null;
        var attributes = message[HeaderSize..];
        if (Text(attributes, Table) != table) return null;
        var policy = Netlink.Attribute(attributes, Policy);
        var drops = policy.Length >= 4 && BinaryPrimitives.ReadUInt32BigEndian(policy) == Drop;
        return new(Text(attributes, Name), drops, !Netlink.Attribute(attributes, Hook).IsEmpty);
    }

    /// <summary>Reads NFT_MSG_NEWRULE; null if it is none of that table's.</summary>
    public static NfRule? Rule(ReadOnlySpan<byte> message, string table)
    {
        const int Table = 1, Chain = 2, Handle = 3, Expressions = 4, UserData = 7; // NFTA_RULE_*
        if (message.Length < HeaderSize) return null;
        var attributes = message[HeaderSize..];
        if (Text(attributes, Table) != table) return null;
        return new(
            Text(attributes, Chain),
            Number64(attributes, Handle),
            Target(Netlink.Attribute(attributes, Expressions)),
            Comment(Netlink.Attribute(attributes, UserData)));
    }

    /// <summary>Reads the name in NFT_MSG_NEWSET; null if it is none of that table's.</summary>
    public static string? Set(ReadOnlySpan<byte> message, string table)
    {
        const int Table = 1, Name = 2; // NFTA_SET_*
        if (message.Length < HeaderSize) return null;
        var attributes = message[HeaderSize..];
        return Text(attributes, Table) == table ? Text(attributes, Name) : null;
    }

    /// <summary>Reads NFT_MSG_NEWSETELEM, which has some of a set's elements.</summary>
    public static void Elements(ReadOnlySpan<byte> message, ICollection<NfElement> elements)
    {
        const int Elements = 3; // NFTA_SET_ELEM_LIST_ELEMENTS
        if (message.Length < HeaderSize) return;
        var list = Netlink.Attribute(message[HeaderSize..], Elements);
        while (Netlink.Next(ref list, out var type, out var element))
            if (type == ListElement) elements.Add(Element(element));
    }

    /// <summary>Reads NFT_MSG_NEWGEN; null if it is none.</summary>
    public static uint? Generation(ReadOnlySpan<byte> message)
    {
        const int Id = 1; // NFTA_GEN_ID
        if (message.Length < HeaderSize) return null;
        var id = Netlink.Attribute(message[HeaderSize..], Id);
        return id.Length >= 4 ? BinaryPrimitives.ReadUInt32BigEndian(id) : null;
    }

    /// <summary>Who has made a commit, as NFT_MSG_NEWGEN tells; 0 and nothing from kernels before 4.12.</summary>
    public static (int Pid, string Name) Committer(ReadOnlySpan<byte> message)
    {
        const int Pid = 2, Name = 3; // NFTA_GEN_PROC_*
        if (message.Length < HeaderSize) return (0, "");
        var attributes = message[HeaderSize..];
        var pid = Netlink.Attribute(attributes, Pid);
        return (pid.Length >= 4 ? BinaryPrimitives.ReadInt32BigEndian(pid) : 0, Text(attributes, Name));
    }

    private static NfElement Element(ReadOnlySpan<byte> element)
    {
        const int Key = 1, Data = 2, UserData = 6, Expression = 7, KeyEnd = 10, Expressions = 11; // NFTA_SET_ELEM_*
        const int CounterBytes = 1, CounterPackets = 2; // NFTA_COUNTER_*
        var key = Value(Netlink.Attribute(element, Key));
        var keyEnd = Value(Netlink.Attribute(element, KeyEnd));
        // One expression stands by itself, several in a list.
        var counter = Payload(Netlink.Attribute(element, Expression), "counter");
        if (counter.IsEmpty) counter = InList(Netlink.Attribute(element, Expressions), "counter");
        return new(
            [.. key],
            [.. keyEnd.IsEmpty ? key : keyEnd],
            [.. Value(Netlink.Attribute(element, Data))],
            Comment(Netlink.Attribute(element, UserData)),
            counter.IsEmpty ? null : Count(counter, CounterPackets),
            counter.IsEmpty ? 0 : Count(counter, CounterBytes));
    }

    // What no counter reaches was put there by a program, and nft takes no negative number back.
    private static long Count(ReadOnlySpan<byte> counter, int type) =>
        Math.Max(0, Number(Netlink.Attribute(counter, type)));

    private static ulong Number64(ReadOnlySpan<byte> attributes, int type) =>
        (ulong)Number(Netlink.Attribute(attributes, type));

    private static ReadOnlySpan<byte> Value(ReadOnlySpan<byte> data) => Netlink.Attribute(data, 1); // NFTA_DATA_VALUE

    private static long Number(ReadOnlySpan<byte> value) =>
        value.Length >= 8 ? BinaryPrimitives.ReadInt64BigEndian(value) : 0;

    /// <summary>The chain of a verdict among a rule's expressions.</summary>
    private static string? Target(ReadOnlySpan<byte> expressions)
    {
        // NFTA_IMMEDIATE_DATA, NFTA_DATA_VERDICT, NFTA_VERDICT_CHAIN
        const int ImmediateData = 2, Verdict = 2, Chain = 2;
        while (Netlink.Next(ref expressions, out _, out var expression))
        {
            var immediate = Payload(expression, "immediate");
            var verdict = Netlink.Attribute(Netlink.Attribute(immediate, ImmediateData), Verdict);
            if (!Netlink.Attribute(verdict, Chain).IsEmpty) return Text(verdict, Chain);
        }

        return null;
    }

    private static ReadOnlySpan<byte> InList(ReadOnlySpan<byte> expressions, string name)
    {
        while (Netlink.Next(ref expressions, out _, out var expression))
        {
            var data = Payload(expression, name);
            if (!data.IsEmpty) return data;
        }

        return [];
    }

    /// <summary>What an expression of that name has; empty if it has another.</summary>
    private static ReadOnlySpan<byte> Payload(ReadOnlySpan<byte> expression, string name) =>
        Text(expression, ExpressionName) == name ? Netlink.Attribute(expression, ExpressionData) : [];

    /// <summary>nft keeps comments as a list of type, length and text, the text with a NUL at its end.</summary>
    private static string? Comment(ReadOnlySpan<byte> userData)
    {
        const byte CommentType = 0; // NFTNL_UDATA_RULE_COMMENT, NFTNL_UDATA_SET_ELEM_COMMENT
        while (userData.Length >= 2)
        {
            var length = userData[1];
            if (length > userData.Length - 2) return null;
            var value = userData.Slice(2, length);
            if (userData[0] == CommentType) return Encoding.UTF8.GetString(value.TrimEnd((byte)0));
            userData = userData[(2 + length)..];
        }

        return null;
    }

    /// <summary>An attribute that is a text; empty if it is not there.</summary>
    public static string Text(ReadOnlySpan<byte> attributes, int type) =>
        Encoding.UTF8.GetString(Netlink.Attribute(attributes, type).TrimEnd((byte)0));
}
