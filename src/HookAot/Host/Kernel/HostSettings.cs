using HookAot.Model;

namespace HookAot.Host;

/// <summary>Settings of the kernel that forwards depend on.</summary>
internal static class HostSettings
{
    /// <summary>libvirt switches it on when a NAT network starts.</summary>
    public const string IpForward = "/proc/sys/net/ipv4/ip_forward";

    /// <summary>What is not as the active guests need it, a sentence each.</summary>
    public static IEnumerable<string> Drift(Wanted wanted)
    {
        if (wanted.Ruleset.IsEmpty) yield break;
        if (!Forwards)
            yield return "net.ipv4.ip_forward is 0, so the kernel forwards nothing: sysctl -w net.ipv4.ip_forward=1";
        foreach (var (guest, port) in Hairpin.Missing(wanted.Ruleset, wanted.State))
        {
            yield return $"{Printable.Escape(guest)}: hairpin mode of {port} is off, " +
                "so it does not reach itself by the public address while br_netfilter is on";
        }
    }

    /// <summary>Whether the kernel forwards IPv4 at all.</summary>
    public static bool Forwards => !KernelSetting.Is(IpForward, "0");
}
