using System.Buffers.Binary;
using System.Collections.Immutable;
using HookAot.Backends;

namespace HookAot.Host;

/// <summary>
/// Every commit to nf_tables, with what was taken out by it, and at its end who made it (NFT_MSG_NEWGEN;
/// net/netfilter/nf_tables_api.c, nf_tables_commit).
/// </summary>
internal sealed class RuleEvents() : NetlinkSource(Netlink.Netfilter, Group)
{
    private const int Group = 7;            // NFNLGRP_NFTABLES
    private const int Subsystem = 10;       // NFNL_SUBSYS_NFTABLES
    private const int NewRule = 6, NewElement = 12;                        // NFT_MSG_NEW*
    private const int DeletedTable = 2, DeletedChain = 5, DeletedRule = 8; // NFT_MSG_DEL*
    private const int DeletedSet = 11, DeletedElement = 14, NewGeneration = 15;

    private readonly HashSet<string> hit = new(StringComparer.Ordinal);
    private bool isOurs;

    /// <inheritdoc/>
    protected override void Read(ushort type, ReadOnlySpan<byte> payload, Changes changes)
    {
        if (type >> 8 != Subsystem || payload.Length < NfMessage.HeaderSize) return;
        var kind = type & 0xff;
        if (kind == NewGeneration)
        {
            var (pid, name) = NfMessage.Committer(payload);
            changes.Add(new Commit(pid, name, isOurs ? [] : [.. hit]));
            Forget();
            return;
        }

        // Who takes rules of ours out and puts others in is a tool of our hook's.
        if (kind is NewRule or NewElement) isOurs |= IsPutIn(payload);

        if (Place(kind, payload) is { } place) hit.Add(place);
    }

    /// <inheritdoc/>
    protected override void Lost(Changes changes)
    {
        Forget();
        changes.Add(Change.Rules);
    }

    private void Forget()
    {
        hit.Clear();
        isOurs = false;
    }

    private static bool IsPutIn(ReadOnlySpan<byte> payload)
    {
        const int Table = 1, NameOfChain = 2; // NFTA_RULE_*, NFTA_SET_ELEM_LIST_*
        var attributes = payload[NfMessage.HeaderSize..];
        return IsOurs(NfMessage.Text(attributes, Table), NfMessage.Text(attributes, NameOfChain));
    }

    /// <summary>From where something of ours was taken; null: it was not ours.</summary>
    private static string? Place(int kind, ReadOnlySpan<byte> payload)
    {
        const int Table = 1, NameOfSet = 2, NameOfChain = 3; // NFTA_*
        var attributes = payload[NfMessage.HeaderSize..];
        var table = NfMessage.Text(attributes, Table);
        var isOwn = table == NftLayout.OwnTable;
        switch (kind)
        {
            case DeletedTable:
                return isOwn ? table : null;
            case DeletedChain:
                return Named(table, NfMessage.Text(attributes, NameOfChain));
            case DeletedRule:
                if (NfMessage.Rule(payload, table) is not { } rule) return null;
                return Named(table, rule.Chain) ?? (IsOurs(table, rule.JumpsTo) ? rule.Chain : null);
            case DeletedSet or DeletedElement:
                return isOwn ? NfMessage.Text(attributes, NameOfSet) : null;
            default:
                return null;
        }
    }

    private static string? Named(string table, string chain) => IsOurs(table, chain) ? chain : null;

    private static bool IsOurs(string table, string? chain) => chain is not null
        && (table == NftLayout.OwnTable
            || (table == NftLayout.LibvirtTable && chain == NftLayout.LibvirtAccept)
            || IptablesLayout.IsOurs(chain));
}
