using System.Collections.Immutable;
using System.Net;
using HookAot.Model;

namespace HookAot.Rules;

/// <summary>The addresses that a guest's forwards go to: the first of each family.</summary>
internal sealed class GuestTargets
{
    private const string NoIPv6 = "this host has no IPv6 (there is no /proc/net/if_inet6)";

    /// <summary>Finds them.</summary>
    /// <param name="machine">The guest, as the config has it.</param>
    /// <param name="running">Active guests of its name; at least one.</param>
    /// <param name="seen">Everything that was seen.</param>
    /// <param name="networks">Networks, whose own addresses no guest has.</param>
    public GuestTargets(
        Machine machine,
        ImmutableArray<ObservedGuest> running,
        Observation seen,
        ImmutableArray<IPNetwork> networks)
    {
        var isExplicit = !machine.PrivateAddresses.IsEmpty;
        if (isExplicit && running.All(g => g.Shadowed))
        {
            Problem = $"{running[0].Driver} runs it, but its private_ip was that of a guest of the same name and " +
                "another driver, which has stopped; give them different names, or run 'hookctrl apply'";
            return;
        }

        // Guests of two drivers may share a name: the first that has an address is served.
        ImmutableArray<IPAddress> all =
            isExplicit ? machine.PrivateAddresses : [.. running.SelectMany(g => GuestAddresses.Of(g, seen))];
        if (all.IsEmpty)
        {
            Problem = "no address is known; give it a private_ip or a DHCP reservation, or run 'hookctrl apply' once " +
                "it has a lease";
            return;
        }

        foreach (var ipv4 in (ReadOnlySpan<bool>)[true, false])
        {
            if (all.FirstOrDefault(a => a.IsIPv4() == ipv4) is not { } target) continue;
            var problem = AddressProblems.Of(target, networks) ?? Unreachable(target, machine, running, seen);
            if (!seen.Has(target))
            {
                // Only what the config asks for is missed.
                var isMissed = isExplicit || Addresses.IsEmpty;
                problem = isMissed ? $"{target} is not served: {NoIPv6}" : null;
            }
            else if (problem is null)
            {
                Addresses = Addresses.Add(target);
            }

            Problem ??= problem;
        }
    }

    /// <summary>At most one of each family, IPv4 before IPv6.</summary>
    public ImmutableArray<IPAddress> Addresses { get; } = [];

    /// <summary>Why there is none, or not one of each family that the guest has; null if all is well.</summary>
    public string? Problem { get; }

    /// <summary>
    /// A guest at a macvtap device shares the wire with the host's interface, and the kernel passes nothing from one to
    /// the other (drivers/net/macvlan.c); a guest behind passt or slirp has an address that only its own process knows.
    /// </summary>
    private static string? Unreachable(
        IPAddress target, Machine machine, ImmutableArray<ObservedGuest> running, Observation seen)
    {
        ImmutableArray<GuestInterface> nics = [.. running.SelectMany(g => g.Interfaces)];
        if (!nics.IsEmpty && nics.All(n => n.Kind == GuestInterface.User))
        {
            return "it has only an interface of type 'user', whose address nothing on the host leads to; libvirt's " +
                "own <portForward> serves that kind";
        }

        var route = GuestRoute.Leading(target, machine, seen);
        foreach (var nic in nics)
        {
            if (nic.Device is null || nic.Device != route?.Interface) continue;
            return $"{target} is reached by {nic.Device}, and the guest is at a macvtap of it (type 'direct'): the " +
                "kernel passes nothing between the two; give the guest a second interface in a network of libvirt's";
        }

        return null;
    }
}
