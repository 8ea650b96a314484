using HookAot.Model;
using HookAot.Rules;
using Microsoft.Extensions.Logging;

namespace HookAot.Host;

/// <summary>
/// Hairpin mode on the bridge ports of guests. Where the host passes bridged packets through iptables (br_netfilter, which docker
/// loads), a guest's packet to itself is translated while still in the bridge, which sends nothing back out of the port it came from,
/// unless that port is in hairpin mode. For the guest's port only, instead of switching br_netfilter off for the whole host.
/// </summary>
internal static class Hairpin
{
    private const string HostWide = "/proc/sys/net/bridge/bridge-nf-call-iptables";

    /// <summary>Switches it on for the ports of all guests in the ruleset, where it is needed.</summary>
    public static void Enable(Ruleset ruleset, HostState state, ILogger log)
    {
        foreach (var (_, port) in Missing(ruleset, state))
        {
            try
            {
                File.WriteAllText($"{Directory(port)}/hairpin_mode", "1");
                Log.Hairpin(log, port);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                Log.Warned(log, $"hairpin mode of {port} cannot be switched on, so its guest does not reach itself by the public address: {e.Message}");
            }
        }
    }

    /// <summary>The ports of guests in the ruleset where it is needed and off.</summary>
    public static IEnumerable<(string Guest, string Port)> Missing(Ruleset ruleset, HostState state)
    {
        if (ruleset.IsEmpty) return [];
        var forwarded = ruleset.GuestNames.ToHashSet(StringComparer.Ordinal);
        var hostWide = SmallFile.Says(HostWide, "1");
        return from guest in state.Guests
               where forwarded.Contains(guest.Name)
               from nic in guest.Interfaces
                   // The name is a single component of a path: InterfaceName was asked where it was read, and is again, since the record is a file.
               where InterfaceName.IsValid(nic.Target) && System.IO.Directory.Exists(Directory(nic.Target!))
               where (hostWide || SmallFile.Says($"{Directory(nic.Target!)}/bridge/bridge/nf_call_iptables", "1")) && !SmallFile.Says($"{Directory(nic.Target!)}/hairpin_mode", "1")
               select (guest.Name, nic.Target!);
    }

    private static string Directory(string port) => $"/sys/class/net/{port}/brport";
}
