using System.Collections.Immutable;
using HookAot.Backends;

namespace HookAot.Host;

/// <summary>
/// What of ours is in nf_tables, asked of the kernel: it takes as long as our own tables are large, whatever others
/// have there.
/// </summary>
internal static class NftReader
{
    /// <summary>Reads both families.</summary>
    /// <param name="problem">Why nothing can be said; null if something can.</param>
    public static NftListing? Read(out string? problem)
    {
        problem = null;
        var tables = NfTables.Tables(out var error);
        var ipv4 = tables is null ? null : Family("ip", tables.Value, ref error);
        var ipv6 = ipv4 is null ? null : Family("ip6", tables!.Value, ref error);
        if (ipv4 is not null && ipv6 is not null) return new(ipv4, ipv6);

        problem = $"nf_tables cannot be read: {Libc.Words(error)}";
        return null;
    }

    private static InstalledNft? Family(string family, ImmutableArray<NfTable> tables, ref int error)
    {
        var installed = InstalledNft.Nothing;
        if (Has(tables, family, NftLayout.OwnTable))
        {
            if (Chains(family, NftLayout.OwnTable, ref error) is not { } chains) return null;
            if (Sets(family, ref error) is not { } sets) return null;
            installed = installed with { HasOwn = true, OwnChains = chains, OwnSets = sets };
        }

        if (!Has(tables, family, NftLayout.LibvirtTable)) return installed;
        if (Chains(family, NftLayout.LibvirtTable, ref error) is not { } libvirts) return null;
        return installed with
        {
            LibvirtForward = libvirts.FirstOrDefault(c => c.Name == NftLayout.LibvirtForward),
            LibvirtAccept = libvirts.FirstOrDefault(c => c.Name == NftLayout.LibvirtAccept),
            AcceptIsKept = libvirts.Any(c => c.Name != NftLayout.LibvirtForward && LeadsToOurs(c)),
        };
    }

    private static bool LeadsToOurs(InstalledNftChain chain)
    {
        foreach (var rule in chain.Rules)
            if (rule.Target == NftLayout.LibvirtAccept) return true;
        return false;
    }

    private static bool Has(ImmutableArray<NfTable> tables, string family, string name)
    {
        foreach (var table in tables)
            if (table.Family == family && table.Name == name) return true;
        return false;
    }

    private static ImmutableArray<InstalledNftChain>? Chains(string family, string table, ref int error)
    {
        if (NfTables.Chains(family, table, out error) is not { } chains) return null;
        if (NfTables.Rules(family, table, chain: null, out error) is not { } rules) return null;

        var installed = ImmutableArray.CreateBuilder<InstalledNftChain>(chains.Length);
        foreach (var chain in chains)
        {
            var own = ImmutableArray.CreateBuilder<InstalledNftRule>();
            foreach (var rule in rules)
            {
                if (rule.Chain == chain.Name) own.Add(new(rule.Handle, rule.JumpsTo, rule.Comment ?? ""));
            }

            installed.Add(new(chain.Name, own.ToImmutable()));
        }

        return installed.ToImmutable();
    }

    private static ImmutableArray<InstalledNftSet>? Sets(string family, ref int error)
    {
        if (NfTables.Sets(family, NftLayout.OwnTable, out error) is not { } names) return null;

        var sets = ImmutableArray.CreateBuilder<InstalledNftSet>(names.Length);
        foreach (var name in names)
        {
            // What stands in a rule itself, "{ a, b }", is a set too, named by the kernel: __set0.
            if (name.StartsWith("__", StringComparison.Ordinal)) continue;
            if (NfTables.Elements(family, NftLayout.OwnTable, name, out error) is not { } elements) return null;
            var installed = ImmutableArray.CreateBuilder<InstalledNftElement>(elements.Length);
            // While the kernel enlarges a hash, its walk begins anew and may tell an element twice (lib/rhashtable.c,
            // rhashtable_walk_next).
            var seen = new HashSet<string>(StringComparer.Ordinal);
            foreach (var element in elements)
            {
                var read = Element(element);
                if (seen.Add(read.Element.Identity)) installed.Add(read);
            }

            sets.Add(new(name, installed.ToImmutable()));
        }

        return sets.ToImmutable();
    }

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
