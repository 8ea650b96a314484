namespace HookAot.Host;

/// <summary>
/// The variant of iptables that is not ours: the legacy one where ours writes nf_tables, and the other way round
/// (iptables-nft(8)). Each has rules that the other one does not see, and the kernel asks both.
/// </summary>
/// <param name="Tool">Its path, such as /usr/sbin/iptables-legacy.</param>
/// <param name="HasLibvirts">Whether libvirt's rules are in it.</param>
/// <param name="HasOurs">
/// Whether rules of ours are in it, such as from before the host was switched to another one.
/// </param>
internal sealed record OtherIptables(string Tool, bool HasLibvirts, bool HasOurs)
{
    /// <summary>Looks into it; null if there is none, or nothing can be in it.</summary>
    /// <param name="paths">Where ours is.</param>
    /// <param name="ipv4">Whether iptables is meant; else ip6tables.</param>
    public static OtherIptables? Read(HostPaths paths, bool ipv4 = true)
    {
        if ((ipv4 ? paths.Iptables : paths.Ip6tables) is not { } ours) return null;
        var oursIsLegacy = !Listed(ours, "--version").Contains("nf_tables", StringComparison.Ordinal);
        // Looked at before the legacy tool is run, which would load the kernel's modules for its tables.
        if (!oursIsLegacy && !IptablesForward.IsLegacyInUse(ipv4)) return null;

        var variant = (ipv4 ? "iptables" : "ip6tables") + (oursIsLegacy ? "-nft" : "-legacy");
        if (Beside(ours, variant) is not { } tool) return null;
        var rules = Listed(tool);
        return new(tool, HasLibvirtsChain(rules), rules.Contains("\n:HOOKAOT-", StringComparison.Ordinal));
    }

    /// <summary>Whether libvirt's rules are in an iptables.</summary>
    public static bool HasLibvirtsRules(string tool) => HasLibvirtsChain(Listed(tool));

    private static bool HasLibvirtsChain(string rules) => rules.Contains("\n:LIBVIRT_FWI ", StringComparison.Ordinal);

    private static string? Beside(string ours, string variant)
    {
        var beside = Path.Combine(Path.GetDirectoryName(ours) ?? "/", variant);
        return File.Exists(beside + "-save") ? beside : HostPaths.Find(variant);
    }

    private static string Listed(string tool, params string[] arguments)
    {
        const int MaxOutput = 256 * 1024 * 1024;
        const int Patience = 30_000;
        var listed = Child.Run(tool + "-save", arguments, "", lockFd: -1, Deadline.In(Patience), MaxOutput);
        return listed.Succeeded ? listed.Output : "";
    }
}
