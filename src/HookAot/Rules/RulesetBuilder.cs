using System.Collections.Immutable;
using System.Net;
using HookAot.Model;

namespace HookAot.Rules;

/// <summary>
/// Computes what has to be in the kernel: a pure function of the configuration and of what is active.
/// </summary>
/// <remarks>
/// The packet's paths, P being the host's public address, A and B guests on the same bridge:
/// <code>
///   a  outside ───► P:port    PREROUTING DNAT ─► FORWARD accept ──► A
///   b  host ──────► P:port    OUTPUT DNAT ────────────────────────► A
///   d  A ─────────► P:port    PREROUTING DNAT ─► FORWARD accept ─► POSTROUTING SNAT ─► A   (hairpin)
///   e  B ─────────► P:port    PREROUTING DNAT ─► FORWARD accept ─► POSTROUTING SNAT ─► A
///   -  neighbour ─► A:port    not translated: left to libvirt's own rules, which reject it
/// </code>
/// In d and e the guest would answer B, or itself, directly and from an address that was never asked: the connection
/// has to seem to come from the host. libvirt's own "-s NET ! -d NET MASQUERADE" never matches there.
/// </remarks>
internal sealed class RulesetBuilder
{
    private readonly Observation seen;
    private readonly ICollection<LeftOut> leftOut;
    private readonly ImmutableArray<Translation>.Builder translations = ImmutableArray.CreateBuilder<Translation>();
    private readonly ImmutableArray<GuestAccess>.Builder guests = ImmutableArray.CreateBuilder<GuestAccess>();

    private readonly ImmutableArray<IPNetwork> networks;

    private RulesetBuilder(Observation seen, ICollection<LeftOut> leftOut)
    {
        (this.seen, this.leftOut) = (seen, leftOut);
        var connected = (seen.Routes ?? []).Select(r => r.Network);
        networks = [.. connected.Concat(seen.Networks.SelectMany(n => n.Ranges)).Distinct()];
    }

    /// <summary>Computes the ruleset for everything active.</summary>
    /// <param name="config">What the administrator wants.</param>
    /// <param name="seen">What runs.</param>
    /// <param name="leftOut">Receives each active guest or forward that cannot be served, and why.</param>
    public static Ruleset Build(HookConfig config, Observation seen, ICollection<LeftOut> leftOut)
    {
        var builder = new RulesetBuilder(seen, leftOut);
        var running = seen.Guests.ToLookup(g => g.Name, StringComparer.Ordinal);
        foreach (var machine in config.Machines)
        {
            ImmutableArray<ObservedGuest> guestsOfThatName = [.. running[machine.Name]];
            if (!guestsOfThatName.IsEmpty && !machine.Forwards.IsEmpty) builder.Add(machine, guestsOfThatName);
        }

        return new Ruleset(
            builder.translations.ToImmutable(), builder.guests.ToImmutable(), Networks(config, seen), builder.NotAny());
    }

    private static ImmutableArray<NetworkRange> Networks(HookConfig config, Observation seen)
    {
        var active = seen.Networks.Select(n => n.Name).ToHashSet(StringComparer.Ordinal);
        return [.. config.Networks.Where(n => n.Range.BaseAddress.IsIPv4() && active.Contains(n.Name))];
    }

    private ImmutableArray<IPAddress> NotAny() => translations.Any(t => t.Public is null)
        ? [.. seen.Networks.SelectMany(n => n.BridgeAddresses).Where(a => a.IsIPv4()).Distinct()]
        : [];

    private void Add(Machine machine, ImmutableArray<ObservedGuest> running)
    {
        if (Target(machine, running, out var reason) is not { } target)
        {
            leftOut.Add(new(machine.Name, null, reason!));
            return;
        }

        var first = translations.Count;
        foreach (var forward in machine.Forwards) Translate(machine.Name, forward, target);
        if (translations.Count == first) return;

        var own = translations.Skip(first);
        guests.Add(new(machine.Name, target, AcceptedPorts.Of(own), Masqueraded(target, machine)));
    }

    /// <summary>The address that the guest's forwards go to; null where there is none, with the reason.</summary>
    private IPAddress? Target(Machine machine, ImmutableArray<ObservedGuest> running, out string? reason)
    {
        ImmutableArray<IPAddress> addresses;
        if (!machine.PrivateAddresses.IsEmpty)
        {
            addresses = machine.PrivateAddresses;
            if (running.All(g => g.Shadowed))
            {
                reason = $"{running[0].Driver} runs it, but its private_ip was that of a guest of the same name and " +
                    "another driver, which has stopped; give them different names, or run 'hookctrl apply'";
                return null;
            }
        }
        else
        {
            // Guests of two drivers may share a name: the first that has an address is served.
            addresses = [.. running.SelectMany(g => GuestAddresses.Of(g, seen))];
        }

        var target = addresses.FirstOrDefault(a => a.IsIPv4());
        reason = target is not null ? Problem(target)
            : addresses.IsEmpty
                ? "no address is known; give it a private_ip or a DHCP reservation, or run 'hookctrl apply' once it " +
                    "has a lease"
                : "it has IPv6 addresses only, and IPv6 is not forwarded yet";
        return reason is null ? target : null;
    }

    private void Translate(string guest, Forward forward, IPAddress target)
    {
        if (PublicAddresses(guest, forward) is not { } publics) return;
        IPNetwork?[] sources = forward.Sources.IsEmpty ? [null] : [.. forward.Sources.Where(IsIPv4).Cast<IPNetwork?>()];
        foreach (var address in publics)
        {
            foreach (var protocol in forward.Protocols)
            {
                foreach (var source in sources)
                    translations.Add(new(guest, address, protocol, forward.Public, source, target, forward.Guest));
            }
        }
    }

    private static bool IsIPv4(IPNetwork network) => network.BaseAddress.IsIPv4();

    /// <summary>
    /// The addresses of a forward that can be translated; null where there is none. What cannot is reported.
    /// </summary>
    private List<IPAddress?>? PublicAddresses(string guest, Forward forward)
    {
        if (forward.PublicAddresses.IsEmpty) return [null];
        var usable = new List<IPAddress?>();
        foreach (var address in forward.PublicAddresses)
        {
            var problem = IPAddress.IsLoopback(address)
                ? $"{address} is not forwarded yet; connect to a public address of this host instead"
                : address.IsIPv4() ? Problem(address) : null;
            if (problem is not null) leftOut.Add(new(guest, forward, $"port {forward.Public}: {problem}"));
            else if (address.IsIPv4()) usable.Add(address);
        }

        if (usable.Count > 0) return usable;
        if (forward.PublicAddresses.All(a => !a.IsIPv4()))
            leftOut.Add(new(guest, forward, $"port {forward.Public} is for IPv6 only, and IPv6 is not forwarded yet"));
        return null;
    }

    /// <summary>Why an address cannot be a host's; null if it can.</summary>
    private string? Problem(IPAddress address) => AddressProblems.Of(address, networks);

    /// <summary>
    /// The guest's net is the connected route that covers it. Without one at least the guest itself is served (path d).
    /// A guest of an isolated network has no route back to anybody outside it: there every connection has to seem to
    /// come from the host. What counts is the network of the address, since a guest may be in several.
    /// </summary>
    private IPNetwork Masqueraded(IPAddress address, Machine machine)
    {
        if (Isolation.IsIsolated(address, seen.Networks)) return new IPNetwork(IPAddress.Any, 0);
        if (seen.Routes is { } routes)
        {
            var leading = routes.Where(r => r.Network.Contains(address));
            if (machine.Interface is not null) leading = leading.Where(r => r.Interface == machine.Interface);
            if (leading.MaxBy(r => r.Network.PrefixLength) is { } route) return route.Network;
        }
        else
        {
            // The kernel did not tell its routes: libvirt's own range is as good.
            var ranges = seen.Networks.SelectMany(n => n.Ranges).Where(r => r.Contains(address)).ToList();
            if (ranges.Count > 0) return ranges.MaxBy(r => r.PrefixLength);
        }

        return new IPNetwork(address, 32);
    }
}
