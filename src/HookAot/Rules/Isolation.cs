using System.Collections.Immutable;
using System.Net;

namespace HookAot.Rules;

/// <summary>Whether a guest can answer anybody but the host, decided by the address that is forwarded to.</summary>
internal static class Isolation
{
    /// <summary>
    /// Whether the network that an address belongs to has no way out. Of several whose range contains it, the longest
    /// prefix decides; an address in none of them is not isolated.
    /// </summary>
    public static bool IsIsolated(IPAddress address, ImmutableArray<ObservedNetwork> networks)
    {
        var (isolated, longest) = (false, -1);
        foreach (var network in networks)
        {
            foreach (var range in network.Ranges)
            {
                if (range.PrefixLength <= longest || !range.Contains(address)) continue;
                (isolated, longest) = (network.Isolated, range.PrefixLength);
            }
        }

        return isolated;
    }
}
