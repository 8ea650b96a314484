using System.Collections.Immutable;

namespace HookAot.Backends;

/// <summary>A rule that is in nf_tables.</summary>
/// <param name="Handle">The kernel's number of it, by which it is deleted.</param>
/// <param name="Target">The chain that it jumps or goes to, whatever it matches; null: none.</param>
/// <param name="Comment">Its comment; empty: none. Ours say what the rule's text was, see NftScript.</param>
internal sealed record InstalledNftRule(ulong Handle, string? Target, string Comment);

/// <summary>A set or map that is in nf_tables.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Elements">What is in it.</param>
internal sealed record InstalledNftSet(string Name, ImmutableArray<InstalledNftElement> Elements)
{
    /// <summary>The elements by what names them.</summary>
    public Dictionary<string, InstalledNftElement> ByIdentity => byIdentity ??= Elements.ToDictionary(
        e => e.Element.Identity, StringComparer.Ordinal);

    private Dictionary<string, InstalledNftElement>? byIdentity;
}

/// <summary>An element that is in nf_tables.</summary>
/// <param name="Element">It, without its text.</param>
/// <param name="Counters">What it matched; null: it does not count.</param>
internal sealed record InstalledNftElement(NftElement Element, Counters? Counters);

/// <summary>A chain that is in nf_tables.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Rules">Its rules; empty where they were not read.</param>
internal sealed record InstalledNftChain(string Name, ImmutableArray<InstalledNftRule> Rules);

/// <summary>What of one family is in nf_tables, as far as it concerns us.</summary>
/// <param name="HasOwn">Whether our own table is there.</param>
/// <param name="OwnSets">Its sets and maps.</param>
/// <param name="OwnChains">Its chains.</param>
/// <param name="LibvirtForward">
/// libvirt's chain at the forward hook; null: libvirt has no table, or its table has none.
/// </param>
/// <param name="LibvirtAccept">Our chain in libvirt's table; null: it is not there.</param>
internal sealed record InstalledNft(
    bool HasOwn,
    ImmutableArray<InstalledNftSet> OwnSets,
    ImmutableArray<InstalledNftChain> OwnChains,
    InstalledNftChain? LibvirtForward,
    InstalledNftChain? LibvirtAccept)
{
    /// <summary>
    /// Whether a rule of another program's, in another chain of libvirt's table, leads to ours: the kernel does not
    /// delete it then.
    /// </summary>
    public bool AcceptIsKept { get; init; }

    /// <summary>Nothing.</summary>
    public static InstalledNft Nothing { get; } = new(false, [], [], null, null);

    /// <summary>Whether anything of ours is there.</summary>
    public bool HasOurs => HasOwn || HasAccept;

    /// <summary>Whether something of ours is in libvirt's table; an empty chain that has to stay is nothing.</summary>
    public bool HasAccept =>
        Jumps.Any() || (LibvirtAccept is { } chain && !(AcceptIsKept && chain.Rules.IsEmpty));

    /// <summary>Our jumps in libvirt's chain.</summary>
    public IEnumerable<InstalledNftRule> Jumps =>
        (LibvirtForward?.Rules ?? []).Where(r => r.Target == NftLayout.LibvirtAccept);

    /// <summary>Whether libvirt's chain jumps to ours once, before everything else.</summary>
    public bool JumpIsAtHead =>
        LibvirtForward is { Rules: [{ Target: NftLayout.LibvirtAccept }, ..] } && Jumps.Count() == 1;
}
