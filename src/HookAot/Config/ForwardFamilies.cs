using System.Collections.Immutable;
using System.Net;
using HookAot.Model;

namespace HookAot.Config;

/// <summary>
/// On which families a forward can be served, as far as the config says. An empty list means "any", on every side.
/// </summary>
internal static class ForwardFamilies
{
    /// <summary>Whether the guest, its public addresses and who may connect share a family.</summary>
    /// <param name="guest">The guest's own addresses.</param>
    /// <param name="forward">The forward.</param>
    /// <param name="ipv4">IPv4, or IPv6.</param>
    public static bool Has(ImmutableArray<IPAddress> guest, Forward forward, bool ipv4) =>
        Has(guest, ipv4)
        && Has(forward.PublicAddresses, ipv4)
        && HasSource(forward.Sources, ipv4);

    /// <summary>Whether 127.0.0.1 can reach it: whoever connects is on the host.</summary>
    /// <param name="guest">The guest's own addresses.</param>
    /// <param name="forward">The forward.</param>
    public static bool HasLocalhost(ImmutableArray<IPAddress> guest, Forward forward) =>
        forward.Localhost && Has(guest, ipv4: true);

    // Asked several times of each forward: without a closure each.
    private static bool Has(ImmutableArray<IPAddress> addresses, bool ipv4)
    {
        foreach (var address in addresses)
            if (address.IsIPv4() == ipv4) return true;
        return addresses.IsEmpty;
    }

    private static bool HasSource(ImmutableArray<IPNetwork> sources, bool ipv4)
    {
        foreach (var source in sources)
            if (source.BaseAddress.IsIPv4() == ipv4) return true;
        return sources.IsEmpty;
    }
}
