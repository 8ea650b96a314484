using HookAot.Backends;
using HookAot.Model;
using HookAot.Rules;

namespace HookAot.Host;

/// <summary>Which tool translates on this host, and who has to accept besides; decided anew at each converge.</summary>
/// <param name="Backend">iptables or nftables, never auto.</param>
/// <param name="Why">Why, as the end of a sentence.</param>
/// <param name="Problem">Why nothing can be written, and what to do; null if something can.</param>
/// <param name="LibvirtUsesNftables">
/// Whether libvirt has tables of its own, which reject what is accepted elsewhere.
/// </param>
/// <param name="IptablesStops">Whether iptables' FORWARD may stop what nftables translates, IPv4.</param>
/// <param name="Ip6tablesStops">The same of ip6tables, IPv6.</param>
internal sealed record BackendChoice(
    Backend Backend,
    string Why,
    string? Problem,
    bool LibvirtUsesNftables,
    bool IptablesStops,
    bool Ip6tablesStops)
{
    private const string NeitherTool =
        "neither iptables nor nft is installed, or not on PATH; nothing is forwarded. Install the package nftables, " +
        "or iptables";

    private const string NoNft =
        "nft is not installed, or not on PATH; nothing is forwarded. Install the package nftables, or set " +
        "\"backend\" to \"auto\"";

    /// <summary>Decides it, by what is on the host and what the config says.</summary>
    /// <param name="paths">Where things are.</param>
    /// <param name="config">The configuration; null: there is none.</param>
    public static BackendChoice Of(HostPaths paths, HookConfig? config)
    {
        paths = paths.WithTools();
        var tables = NfTables.Tables(out _) ?? [];
        var libvirtUsesNftables = tables.Any(t => t.Name == NftLayout.LibvirtTable && t.Family is "ip" or "ip6");
        var hasIptables = paths.Iptables is not null;
        var hasNft = HostPaths.Nft is not null;
        var configured = config?.Backend ?? Backend.Auto;
        var (backend, why) = (configured, libvirtUsesNftables, hasIptables, hasNft) switch
        {
            (Backend.Iptables, _, _, _) => (Backend.Iptables, "the config says so"),
            (Backend.Nftables, _, _, _) => (Backend.Nftables, "the config says so"),
            (_, true, _, true) => (Backend.Nftables, "libvirt uses nftables"),
            (_, true, true, _) => (Backend.Iptables, "libvirt uses nftables, but nft is not installed"),
            (_, _, false, true) => (Backend.Nftables, "there is no iptables"),
            _ => (Backend.Iptables, "libvirt does not use nftables"),
        };
        var beside = backend == Backend.Nftables && hasIptables;
        return new(
            backend,
            why,
            Missing(paths, backend),
            libvirtUsesNftables,
            IptablesStops: beside && IptablesForward.MayStop(ipv4: true),
            Ip6tablesStops: beside && IptablesForward.MayStop(ipv4: false));
    }

    /// <summary>Why a backend cannot write anything here, and what to do; null if it can.</summary>
    public static string? Missing(HostPaths paths, Backend backend) =>
        (backend, paths.Iptables is not null, HostPaths.Nft is not null) switch
        {
            (_, false, false) => NeitherTool,
            (Backend.Nftables, _, false) => NoNft,
            (Backend.Iptables, false, _) => IptablesRestore.Missing,
            _ => null,
        };

    /// <summary>What iptables or ip6tables has to do of a ruleset.</summary>
    public WantedRules ForIptables(Ruleset ruleset, bool ipv4)
    {
        var own = ruleset.OfFamily(ipv4);
        if (Backend == Backend.Iptables) return WantedRules.All(own);
        return new(Ruleset.Empty, (ipv4 ? IptablesStops : Ip6tablesStops) ? own : Ruleset.Empty);
    }

    /// <summary>What nft has to do of a ruleset: libvirt's tables are opened by it whoever translates.</summary>
    public WantedRules ForNft(Ruleset ruleset) => new(Backend == Backend.Nftables ? ruleset : Ruleset.Empty, ruleset);

    /// <summary>Whether iptables may stand in for an nft that dies: not where the config asks for nft.</summary>
    public static bool MayBeIptables(HookConfig? config, HostPaths paths) =>
        config?.Backend != Backend.Nftables && paths.Iptables is not null;

    /// <summary>The same with iptables in the place of an nft that cannot be run, or dies.</summary>
    public BackendChoice WithoutNft() => this with { Backend = Backend.Iptables, Why = "nft cannot be run" };
}
