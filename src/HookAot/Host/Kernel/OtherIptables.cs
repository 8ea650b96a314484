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
    // The legacy tables that are in use in this network namespace (net/netfilter/x_tables.c). Looked at before the
    // legacy tool is run, which would load the kernel's modules for them.
    private const string LegacyTables = "/proc/net/ip_tables_names";

    /// <summary>Looks into it; null if there is none, or nothing can be in it.</summary>
    public static OtherIptables? Read(HostPaths paths)
    {
        if (paths.Iptables is not { } ours) return null;
        var oursIsLegacy = !Listed(ours, "--version").Contains("nf_tables", StringComparison.Ordinal);
        if (!oursIsLegacy && !IsLegacyInUse()) return null;

        if (Beside(ours, oursIsLegacy ? "iptables-nft" : "iptables-legacy") is not { } tool) return null;
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

    private static bool IsLegacyInUse()
    {
        try
        {
            return File.ReadAllText(LegacyTables).Length > 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static string Listed(string tool, params string[] arguments)
    {
        const int MaxOutput = 256 * 1024 * 1024;
        const int Patience = 30_000;
        var listed = Child.Run(tool + "-save", arguments, "", lockFd: -1, Deadline.In(Patience), MaxOutput);
        return listed.Succeeded ? listed.Output : "";
    }
}
