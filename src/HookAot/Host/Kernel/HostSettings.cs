namespace HookAot.Host;

/// <summary>Settings of the kernel that forwards depend on.</summary>
internal static class HostSettings
{
    /// <summary>libvirt switches it on when a NAT network starts.</summary>
    public const string IpForward = "/proc/sys/net/ipv4/ip_forward";

    /// <summary>libvirt switches it on when a network with IPv6 starts.</summary>
    public const string IPv6Forwarding = "/proc/sys/net/ipv6/conf/all/forwarding";

    /// <summary>Whether the kernel forwards IPv4 at all.</summary>
    public static bool Forwards => !KernelSetting.Is(IpForward, "0");

    /// <summary>Whether the kernel forwards IPv6 at all.</summary>
    public static bool ForwardsIPv6 => !KernelSetting.Is(IPv6Forwarding, "0");
}
