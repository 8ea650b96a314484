using HookAot.Backends;
using HookAot.Rules;

namespace HookAot.Host;

/// <summary>firewalld, where it runs with nftables: what it does to what others translate.</summary>
internal static class Firewalld
{
    private const string Chain = "inet " + FirewalldListing.Table + " filter_";

    /// <summary>Whether it drops every packet, after "firewall-cmd --panic-on".</summary>
    public static bool Panics(IReadOnlyList<NftChain> chains) =>
        chains.Any(chain => chain.Table == FirewalldListing.PanicTable);

    /// <summary>
    /// Whether it lets through of what others translate only the ports that it forwards itself: asked of the kernel,
    /// since a changed configuration counts from the next reload on.
    /// </summary>
    public static bool IsStrict(IReadOnlyList<NftChain> chains) =>
        chains.Any(chain => chain.Table == FirewalldListing.Table)
        && FirewalldListing.IsStrict(OtherFirewalls.List(Chain + "FORWARD"));

    /// <summary>Those whose ports a strict one rejects.</summary>
    /// <param name="translations">What is to get through.</param>
    /// <param name="fromHost">Whether what the host itself opens is meant; else what it forwards.</param>
    public static IReadOnlyList<Translation> Refused(IEnumerable<Translation> translations, bool fromHost)
    {
        var listing = OtherFirewalls.List(Chain + (fromHost ? "OUTPUT_dnat" : "FORWARD_dnat"));
        return [.. translations.Where(t => !FirewalldListing.Accepts(listing, t.PublicPorts))];
    }
}
