using HookAot.Backends;

namespace HookAot.Host;

/// <summary>What other hooks have left in libvirt's own tables of nftables.</summary>
internal static class LibvirtLeftovers
{
    /// <summary>Reads both tables; nothing where they, or nft, are not there.</summary>
    public static IEnumerable<LibvirtLeftover> Read()
    {
        foreach (var family in OtherFirewalls.BaseChains().Where(c => c.IsLibvirts).Select(c => c.Family).Distinct())
        {
            var listing = OtherFirewalls.ListTable(family, NftLayout.LibvirtTable);
            foreach (var leftover in LibvirtTable.Leftovers(family, listing)) yield return leftover;
        }
    }
}
