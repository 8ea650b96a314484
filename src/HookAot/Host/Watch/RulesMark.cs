using HookAot.Backends;
using HookAot.Model;

namespace HookAot.Host;

/// <summary>
/// A number that stays the same while everything of nf_tables stays the same that our rules consist of or depend on:
/// our chains, the chains that lead to them, and our own tables. A rule is never changed in place, so its handle and
/// its table's stand for it. It costs no process, so that a look next to a busy program is cheap.
/// </summary>
internal static class RulesMark
{
    /// <summary>The number; null where the kernel does not tell everything.</summary>
    public static ulong? Read()
    {
        if (NfTables.Tables(out _) is not { } tables) return null;
        var mark = new Fnv();
        foreach (var table in tables)
        {
            if (table.Family is not ("ip" or "ip6")) continue;
            var isRead = table.Name switch
            {
                NftLayout.OwnTable => Whole(table, ref mark) && Elements(table, ref mark),
                NftLayout.LibvirtTable => Whole(table, ref mark),
                "raw" or "filter" or "nat" => OfIptables(table, ref mark),
                _ => true,
            };
            if (!isRead) return null;
        }

        return mark.Value;
    }

    private static bool Whole(NfTable table, ref Fnv mark)
    {
        Add(table, ref mark);
        if (NfTables.Chains(table.Family, table.Name, out _) is not { } chains) return false;
        foreach (var chain in chains) Add(chain, ref mark);
        return Rules(table, chain: null, ref mark);
    }

    private static bool OfIptables(NfTable table, ref Fnv mark)
    {
        if (NfTables.Chains(table.Family, table.Name, out _) is not { } chains) return false;
        Add(table, ref mark);
        foreach (var chain in chains)
        {
            if (!Concerns(table.Name, chain.Name)) continue;
            Add(chain, ref mark);
            if (!Rules(table, chain.Name, ref mark)) return false;
        }

        return true;
    }

    private static bool Concerns(string table, string chain)
    {
        foreach (var part in IptablesLayout.Parts(ipv4: true))
        {
            if (part.Table != table) continue;
            if (part.AllChains.Contains(chain)) return true;
            foreach (var jump in part.Jumps)
                if (IptablesLayout.ChainOf(jump) == chain) return true;
        }

        return false;
    }

    private static bool Rules(NfTable table, string? chain, ref Fnv mark)
    {
        if (NfTables.Rules(table.Family, table.Name, chain, out _) is not { } rules) return false;
        foreach (var rule in rules)
        {
            mark.Add(rule.Chain);
            mark.Add(rule.Handle);
        }

        return true;
    }

    // A set's elements have no handles, and come in no order.
    private static bool Elements(NfTable table, ref Fnv mark)
    {
        if (NfTables.Sets(table.Family, table.Name, out _) is not { } sets) return false;
        foreach (var set in sets)
        {
            mark.Add(set);
            if (NfTables.Elements(table.Family, table.Name, set, out _) is not { } elements) return false;
            var sum = 0UL;
            foreach (var element in elements)
            {
                var one = new Fnv();
                one.Add(element.Key.AsSpan());
                one.Add(element.KeyEnd.AsSpan());
                one.Add(element.Data.AsSpan());
                sum = unchecked(sum + one.Value);
            }

            mark.Add(sum);
        }

        return true;
    }

    private static void Add(NfTable table, ref Fnv mark)
    {
        mark.Add(table.Family);
        mark.Add(table.Name);
        mark.Add(table.Handle);
    }

    private static void Add(NfChain chain, ref Fnv mark)
    {
        mark.Add(chain.Name);
        mark.Add(chain.Drops ? 1UL : 0);
    }
}
