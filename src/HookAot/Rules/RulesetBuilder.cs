using System.Collections.Immutable;
using System.Net;
using HookAot.Model;

namespace HookAot.Rules;

/// <summary>Computes what has to be in the kernel: a pure function of the configuration and of what is active.</summary>
/// <remarks>
/// The packet's paths, P being the host's public address, A and B guests on the same bridge:
/// <code>
///   a  outside ──────────► P:port     PREROUTING DNAT ─► FORWARD accept ─────────────────────► A
///   b  host ─────────────► P:port     OUTPUT DNAT ─────────────────────────────────────────► A
///   d  A ────────────────► P:port     PREROUTING DNAT ─► FORWARD accept ─► POSTROUTING SNAT ─► A   (hairpin)
///   e  B ────────────────► P:port     PREROUTING DNAT ─► FORWARD accept ─► POSTROUTING SNAT ─► A
///   -  neighbour ────────► A:port     not translated: left to libvirt's own rules, which reject it
/// </code>
/// In d and e the guest would answer B, or itself, directly and from an address that was never asked: the connection has to seem to
/// come from the host. libvirt's own "-s NET ! -d NET MASQUERADE" never matches there.
/// </remarks>
internal static class RulesetBuilder
{
    /// <summary>Computes the ruleset for everything active.</summary>
    /// <param name="config">What the administrator wants.</param>
    /// <param name="host">What runs.</param>
    /// <param name="leftOut">Receives each active guest that cannot be served, and why.</param>
    public static Ruleset Build(HookConfig config, ActiveHost host, ICollection<LeftOut> leftOut)
    {
        var translations = ImmutableArray.CreateBuilder<Translation>();
        var guests = ImmutableArray.CreateBuilder<GuestAccess>();
        var running = host.Guests.ToDictionary(g => g.Name, StringComparer.Ordinal);

        foreach (var machine in config.Machines)
        {
            if (!running.TryGetValue(machine.Name, out var guest)) continue;
            var addresses = machine.PrivateAddresses.IsEmpty ? guest.Addresses : machine.PrivateAddresses;
            var ipv4 = addresses.Where(a => a.IsIPv4()).ToList();
            if (ipv4.Count == 0)
            {
                if (!machine.Forwards.IsEmpty)
                {
                    leftOut.Add(new(machine.Name, null, addresses.IsEmpty
                        ? "no address is known; give it a private_ip or a DHCP reservation, or run 'hookctrl apply' once it has a lease"
                        : "it has IPv6 addresses only, and IPv6 is not forwarded yet"));
                }

                continue;
            }

            foreach (var forward in machine.Forwards)
            {
                var before = translations.Count;
                Translate(machine.Name, forward, ipv4[0], translations);
                if (translations.Count == before) leftOut.Add(new(machine.Name, forward, $"port {forward.Public} is for IPv6 only, and IPv6 is not forwarded yet"));
            }

            if (!machine.Forwards.IsEmpty)
                guests.AddRange(ipv4.Select(a => new GuestAccess(machine.Name, a, Masqueraded(a, machine, guest, host.Routes))));
        }

        var networks = config.Networks.Where(n => n.Range.BaseAddress.IsIPv4() && host.Networks.Contains(n.Name)).ToImmutableArray();
        return new Ruleset(translations.ToImmutable(), guests.ToImmutable(), networks);
    }

    private static void Translate(string guest, Forward forward, IPAddress target, ImmutableArray<Translation>.Builder into)
    {
        IPAddress?[] publics = forward.PublicAddresses.IsEmpty ? [null] : [.. forward.PublicAddresses.Where(a => a.IsIPv4())];
        IPNetwork?[] sources = forward.Sources.IsEmpty ? [null] : [.. forward.Sources.Where(s => s.BaseAddress.IsIPv4())];
        into.AddRange(
            from address in publics
            from protocol in forward.Protocols
            from source in sources
            select new Translation(guest, address, protocol, forward.Public, source, target, forward.Guest));
    }

    /// <summary>
    /// The guest's net is the connected route that covers it. Without one at least the guest itself is served (path d). An isolated
    /// guest has no route back to anybody outside its net: for it every connection has to seem to come from the host.
    /// </summary>
    private static IPNetwork Masqueraded(IPAddress address, Machine machine, RunningGuest guest, ImmutableArray<ConnectedRoute> routes)
    {
        if (guest.Isolated) return new IPNetwork(IPAddress.Any, 0);
        var net = routes
            .Where(r => r.Network.Contains(address) && (machine.Interface is null || machine.Interface == r.Interface))
            .OrderByDescending(r => r.Network.PrefixLength)
            .FirstOrDefault();
        return net?.Network ?? new IPNetwork(address, 32);
    }
}
