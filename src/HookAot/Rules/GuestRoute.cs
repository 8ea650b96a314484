using System.Collections.Immutable;
using System.Net;
using HookAot.Model;

namespace HookAot.Rules;

/// <summary>The way from the host to a guest.</summary>
internal static class GuestRoute
{
    /// <summary>
    /// The connected route that leads to a guest's address: the longest prefix of those through the machine's
    /// interface, if it names one. Where the kernel did not tell its routes, libvirt's own range and bridge are as
    /// good.
    /// </summary>
    /// <returns>The route; null where the guest is in no network that the host is connected to.</returns>
    public static ConnectedRoute? Leading(IPAddress address, Machine machine, Observation seen)
    {
        ConnectedRoute? best = null;
        foreach (var route in seen.Routes ?? OfLibvirt(seen.Networks))
        {
            if (!route.Network.Contains(address)) continue;
            if (seen.Routes is not null && machine.Interface is { } name && route.Interface != name) continue;
            if (best is null || route.Network.PrefixLength > best.Network.PrefixLength) best = route;
        }

        return best;
    }

    /// <summary>What the routes are where libvirt's networks are all that is known.</summary>
    public static ImmutableArray<ConnectedRoute> OfLibvirt(ImmutableArray<ObservedNetwork> networks)
    {
        var routes = ImmutableArray.CreateBuilder<ConnectedRoute>();
        foreach (var network in networks)
        {
            foreach (var range in network.Ranges) routes.Add(new(range, network.Bridge ?? ""));
        }

        return routes.ToImmutable();
    }
}
