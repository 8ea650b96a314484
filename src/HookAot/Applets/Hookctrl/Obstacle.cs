using HookAot.Host;

namespace HookAot.Applets.Hookctrl;

/// <summary>Something that keeps forwards from being in force, and what to do about it.</summary>
/// <param name="Message">What was found.</param>
/// <param name="Cure">Commands, or what else helps.</param>
internal sealed record Obstacle(string Message, string Cure)
{
    /// <summary>The cure of everything that is only a matter of our own rules.</summary>
    public const string Apply = "hookctrl apply";

    /// <summary>What it means that no watcher runs.</summary>
    public const string Unwatched =
        "a first lease, an edited config, and rules that another program takes out wait for the next event";

    /// <summary>How to have a watcher.</summary>
    public const string WatchCure = "systemctl enable --now hookaot, or 'hookctrl watch' under another supervisor";

    /// <summary>"message; do: cure"; without the cure where that is to apply.</summary>
    public override string ToString() => Cure == Apply ? Message : $"{Message}; do: {Cure}";

    /// <summary>No watcher runs although systemd should start it; null if one does, or none is meant to.</summary>
    public static Obstacle? Watcher(HostPaths paths, bool watched) =>
        watched || !Path.Exists(Path.Combine(paths.Units, "multi-user.target.wants", "hookaot.service"))
            ? null
            : new(
                $"hookaot.service is enabled, and hookctrl watch does not run: {Unwatched}",
                "systemctl restart hookaot; 'journalctl -u hookaot' says why it ended");

    /// <summary>The kernel forwards nothing; null if it does.</summary>
    public static Obstacle? Forwarding() => HostSettings.Forwards
        ? null
        : new("net.ipv4.ip_forward is 0: the kernel forwards nothing", "sysctl -w net.ipv4.ip_forward=1");

    /// <summary>The kernel forwards no IPv6; null if it does.</summary>
    public static Obstacle? ForwardingIPv6() => HostSettings.ForwardsIPv6
        ? null
        : new(
            "net.ipv6.conf.all.forwarding is 0: the kernel forwards no IPv6",
            "sysctl -w net.ipv6.conf.all.forwarding=1; " +
            "an interface whose own address comes from a router's advertisements needs accept_ra=2 first");

    /// <summary>libvirt has no hook of ours to call for a driver; null if it has.</summary>
    public static Obstacle? Hook(HostPaths paths, string driver)
    {
        if (InstalledHook.Problem(paths, driver) is not { } problem) return null;
        return new($"the hook is not installed: {problem.Found}", $"{problem.Cure}; then hookctrl apply");
    }

    /// <summary>libvirt's rules are in another iptables than ours; null if they are not.</summary>
    public static Obstacle? LibvirtsIptables(HostPaths paths) => OtherFirewalls.LibvirtsIptables(paths) is { } other
        ? new(
            $"libvirt's rules are in {other}, ours in {paths.Iptables}: what is rejected there is not accepted here",
            $"update-alternatives --set iptables {other}, restart libvirtd, and hookctrl apply")
        : null;

    /// <summary>Rules of ours that another iptables has kept; null if there are none.</summary>
    public static Obstacle? LeftBehind(HostPaths paths) => OtherFirewalls.OursElsewhere(paths) is { } other
        ? new($"rules of ours are in {other} as well, from before iptables was switched, and forward on", Apply)
        : null;
}
