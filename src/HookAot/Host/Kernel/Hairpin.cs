using HookAot.Model;
using HookAot.Rules;
using Microsoft.Extensions.Logging;

namespace HookAot.Host;

/// <summary>
/// Hairpin mode on the bridge ports of guests. Where the host passes bridged packets through iptables (br_netfilter,
/// which docker loads), a guest's packet to itself is translated while still in the bridge, which sends nothing back
/// out of the port it came from, unless that port is in hairpin mode. For the guest's port only, instead of switching
/// br_netfilter off for the whole host.
/// </summary>
internal static class Hairpin
{
    private const string HostWide = "/proc/sys/net/bridge/bridge-nf-call-", OfBridge = "brport/bridge/bridge/nf_call_";

    /// <summary>Switches it on for the ports of all guests in the ruleset, where it is needed.</summary>
    public static void Enable(Ruleset ruleset, Observation seen, ILogger log)
    {
        foreach (var (_, port) in Missing(ruleset, seen))
        {
            if (KernelSetting.Set($"{Directory(port)}/hairpin_mode", "1") is var error and not 0)
            {
                Log.Warned(log, $"hairpin mode of {port} cannot be switched on, " +
                    $"so its guest does not reach itself by the public address: {Libc.Words(error)}");
                continue;
            }

            Log.Hairpin(log, port);
        }
    }

    /// <summary>The ports of guests in the ruleset where it is needed and off.</summary>
    public static IEnumerable<(string Guest, string Port)> Missing(Ruleset ruleset, Observation seen)
    {
        if (ruleset.Guests.IsEmpty) yield break;
        var ipv4 = NamesIn(ruleset.OfFamily(ipv4: true));
        var ipv6 = NamesIn(ruleset.OfFamily(ipv4: false));
        foreach (var guest in seen.Guests)
        {
            foreach (var nic in guest.Interfaces)
            {
                if (nic.Target is not { } port || !IsOff(port)) continue;
                var isMissing = (ipv4.Contains(guest.Name) && IsFiltered(port, "iptables"))
                    || (ipv6.Contains(guest.Name) && IsFiltered(port, "ip6tables"));
                if (isMissing) yield return (guest.Name, port);
            }
        }
    }

    private static HashSet<string> NamesIn(Ruleset ruleset) =>
        ruleset.Guests.Select(g => g.Guest).ToHashSet(StringComparer.Ordinal);

    // The name is a single component of a path: InterfaceName was asked where it was read, and is again, since the
    // record is a file.
    private static bool IsOff(string port) =>
        InterfaceName.IsValid(port)
        && System.IO.Directory.Exists(Directory(port))
        && !KernelSetting.Is($"{Directory(port)}/hairpin_mode", "1");

    private static bool IsFiltered(string port, string by) =>
        KernelSetting.Is(HostWide + by, "1") || KernelSetting.Is($"/sys/class/net/{port}/{OfBridge}{by}", "1");

    private static string Directory(string port) => $"/sys/class/net/{port}/brport";
}
