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
        if (ruleset.IsEmpty) return;
        var forwarded = ruleset.GuestNames.ToHashSet(StringComparer.Ordinal);
        var hostWide = IsOn(HostWide);
        foreach (var port in state.Guests.Where(g => forwarded.Contains(g.Name)).SelectMany(g => g.Interfaces).Select(nic => nic.Target))
        {
            // The name is a single component of a path: InterfaceName was asked where it was read, and is again, since the record is a file.
            if (!InterfaceName.IsValid(port)) continue;
            var directory = $"/sys/class/net/{port}/brport";
            if (!Directory.Exists(directory) || !(hostWide || IsOn($"{directory}/bridge/bridge/nf_call_iptables")) || IsOn($"{directory}/hairpin_mode")) continue;
            try
            {
                File.WriteAllText($"{directory}/hairpin_mode", "1");
                Log.Hairpin(log, port!);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                Log.Warned(log, $"hairpin mode of {port} cannot be switched on, so its guest does not reach itself by the public address: {e.Message}");
            }
        }
    }

    private static bool IsOn(string path)
    {
        try
        {
            return File.ReadAllText(path).AsSpan().Trim() is "1";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
