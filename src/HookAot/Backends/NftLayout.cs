using System.Collections.Immutable;
using HookAot.Model;

namespace HookAot.Backends;

/// <summary>
/// The names of ours in nf_tables. They never change once released. None of them is a keyword of nft, and none comes
/// from a config: nft takes few names that a guest may have.
/// </summary>
internal static class NftLayout
{
    /// <summary>Our own table, of the families ip and ip6.</summary>
    public const string OwnTable = "hookaot";

    /// <summary>The table of libvirt's nftables backend, of the families ip and ip6.</summary>
    public const string LibvirtTable = "libvirt_network";

    /// <summary>libvirt's chain at the forward hook (libvirt's src/network/network_nftables.c).</summary>
    public const string LibvirtForward = "forward";

    /// <summary>Our chain in libvirt's table.</summary>
    public const string LibvirtAccept = "hookaot";

    /// <summary>Translates what was sent to the host.</summary>
    public const string Forwards = "forwards";

    /// <summary>Our chain at the prerouting hook.</summary>
    public const string Prerouting = "prerouting";

    /// <summary>Translates what the host sends to 127.0.0.1.</summary>
    public const string Localhost = "localhost";

    /// <summary>Addresses that a forward to any address leaves alone.</summary>
    public const string NotAny = "not_any";

    /// <summary>"ip" or "ip6".</summary>
    public static string Family(bool ipv4) => ipv4 ? "ip" : "ip6";

    /// <summary>The set of a protocol's connections that get the host's address.</summary>
    public static string Hairpin(Protocol protocol) => $"{protocol.Name()}_hairpin";
}

/// <summary>To which of the host's addresses a map's forwards are.</summary>
internal enum NftScope
{
    /// <summary>Each to one of its own.</summary>
    One,

    /// <summary>To any, but loopback and those of libvirt's bridges.</summary>
    Any,

    /// <summary>To 127.0.0.1.</summary>
    Localhost,
}

/// <summary>What a map looks up.</summary>
internal enum NftKind
{
    /// <summary>A port, without regard to the source: a hash, so that ten thousand cost what one costs.</summary>
    Ports,

    /// <summary>A range that keeps its ports.</summary>
    Ranges,

    /// <summary>A port, for some sources only: the guest's address.</summary>
    Sources,

    /// <summary>
    /// The guest's port for the same keys. nft before 1.0 takes no value of two fields for a key of three.
    /// </summary>
    SourcePorts,
}

/// <summary>A map of forwards.</summary>
/// <param name="Scope">To which addresses.</param>
/// <param name="Protocol">The transport protocol.</param>
/// <param name="Kind">What it looks up.</param>
internal readonly record struct NftMap(NftScope Scope, Protocol Protocol, NftKind Kind)
{
    private static readonly ImmutableArray<NftScope> Scopes = [NftScope.One, NftScope.Any, NftScope.Localhost];

    private static readonly ImmutableArray<NftKind> Kinds =
        [NftKind.Ports, NftKind.Ranges, NftKind.Sources, NftKind.SourcePorts];

    /// <summary>Every map that there may be, in the order in which they are asked.</summary>
    public static IEnumerable<NftMap> All
    {
        get
        {
            foreach (var scope in Scopes)
            {
                foreach (var protocol in ProtocolNames.All)
                {
                    foreach (var kind in Kinds) yield return new(scope, protocol, kind);
                }
            }
        }
    }

    /// <summary>Such as tcp_ports, tcp_any_ports or tcp_localhost_ports.</summary>
    public string Name
    {
        get
        {
            var scope = Scope switch { NftScope.Any => "any_", NftScope.Localhost => "localhost_", _ => "" };
            var kind = Kind switch
            {
                NftKind.Ports => "ports",
                NftKind.Ranges => "ranges",
                NftKind.Sources => "sources",
                _ => "source_ports",
            };
            return $"{Protocol.Name()}_{scope}{kind}";
        }
    }

    /// <summary>Whether the key has an address of the host's; without one it is the port alone.</summary>
    public bool HasAddress => Kind != NftKind.Ports || Scope != NftScope.Any;
}
