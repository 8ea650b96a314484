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
/// <para>
/// Path c, from 127.0.0.1 on the host, is only for what asks for it (localhost): OUTPUT DNAT ─► POSTROUTING SNAT ─► A.
/// </para>
/// <para>
/// All of it is by family: a guest that has an address of both is served on both, and what is of one family never meets
/// what is of the other.
/// </para>
/// </remarks>
internal sealed class RulesetBuilder
{
    private readonly Observation seen;
    private readonly ICollection<LeftOut> leftOut;
    private readonly ImmutableArray<Translation>.Builder translations = ImmutableArray.CreateBuilder<Translation>();
    private readonly ImmutableArray<GuestAccess>.Builder guests = ImmutableArray.CreateBuilder<GuestAccess>();
    private readonly ImmutableArray<LoopbackAccess>.Builder loopback = ImmutableArray.CreateBuilder<LoopbackAccess>();
    private readonly ImmutableArray<SourceAddress>.Builder sources = ImmutableArray.CreateBuilder<SourceAddress>();

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
            builder.translations.ToImmutable(), builder.guests.ToImmutable(), Networks(config, seen), builder.NotAny())
        {
            Loopback = builder.loopback.ToImmutable(),
            Sources = builder.sources.ToImmutable(),
        };
    }

    private static ImmutableArray<NetworkRange> Networks(HookConfig config, Observation seen)
    {
        var active = seen.Networks.Select(n => n.Name).ToHashSet(StringComparer.Ordinal);
        return [.. config.Networks.Where(n => active.Contains(n.Name) && seen.Has(n.Range.BaseAddress))];
    }

    private ImmutableArray<IPAddress> NotAny()
    {
        var notAny = ImmutableArray.CreateBuilder<IPAddress>();
        foreach (var address in seen.Networks.SelectMany(n => n.BridgeAddresses))
        {
            var matters = translations.Any(t => t.Public is null && t.Target.IsIPv4() == address.IsIPv4());
            if (matters && !notAny.Contains(address)) notAny.Add(address);
        }

        return notAny.ToImmutable();
    }

    private void Add(Machine machine, ImmutableArray<ObservedGuest> running)
    {
        var targets = new GuestTargets(machine, running, seen, networks);
        if (targets.Problem is { } problem)
            leftOut.Add(new(machine.Name, null, problem) { Partly = !targets.Addresses.IsEmpty });
        if (targets.Addresses.IsEmpty) return;

        var first = translations.Count;
        foreach (var forward in machine.Forwards) new ForwardTranslator(machine, forward, targets, this).Translate();
        foreach (var target in targets.Addresses) Serve(machine, target, [.. translations.Skip(first)]);
    }

    /// <summary>What one address of a guest needs besides its translations.</summary>
    private void Serve(Machine machine, IPAddress target, ImmutableArray<Translation> ofGuest)
    {
        var own = ofGuest.Where(t => t.Target.Equals(target)).ToList();
        var outside = own.FindAll(t => !t.IsLoopback);
        var local = own.FindAll(t => t.IsLoopback);
        if (outside.Count > 0)
            guests.Add(new(machine.Name, target, AcceptedPorts.Of(outside), Masqueraded(target, machine)));
        if (local.Count > 0)
            loopback.Add(new(machine.Name, Bridge(target, machine)!, target, AcceptedPorts.Of(local)));
    }

    /// <summary>Adds translations; what else a forward asks for is added by the methods below.</summary>
    public void Translate(Translation translation) => translations.Add(translation);

    /// <summary>Reports a forward, or a part of one.</summary>
    public void LeaveOut(LeftOut left) => leftOut.Add(left);

    /// <summary>Why an address cannot be a host's; null if it can.</summary>
    public string? Problem(IPAddress address) => AddressProblems.Of(address, networks);

    /// <summary>Whether the host has IPv6 at all, or the address is of IPv4.</summary>
    public bool HostHas(IPAddress address) => seen.Has(address);

    /// <summary>The host's interface that leads to a guest; null if none does that has a usable name.</summary>
    public string? Bridge(IPAddress address, Machine machine)
    {
        var name = machine.Interface ?? GuestRoute.Leading(address, machine, seen)?.Interface;
        return InterfaceName.IsValid(name) ? name : null;
    }

    /// <summary>
    /// Lets what a guest opens itself leave with a public address. Of several, the first counts: the config's reader
    /// has said so.
    /// </summary>
    /// <returns>Why that cannot be; null if it can.</returns>
    public string? LeaveBy(Machine machine, IPAddress target, IPAddress address)
    {
        if (sources.Any(s => s.Guest == machine.Name && s.Address.Equals(target))) return null;
        if (Isolation.IsIsolated(target, seen.Networks))
            return "snat: the guest's network is isolated, so that it opens no connection to anybody outside";

        sources.Add(new(machine.Name, target, address, Masqueraded(target, machine)));
        return null;
    }

    /// <summary>
    /// The guest's net is the connected route that covers it. Without one at least the guest itself is served (path d).
    /// A guest of an isolated network has no route back to anybody outside it: there every connection has to seem to
    /// come from the host. What counts is the network of the address, since a guest may be in several.
    /// </summary>
    private IPNetwork Masqueraded(IPAddress address, Machine machine)
    {
        if (Isolation.IsIsolated(address, seen.Networks))
            return new IPNetwork(address.IsIPv4() ? IPAddress.Any : IPAddress.IPv6Any, 0);
        if (GuestRoute.Leading(address, machine, seen) is { } route) return route.Network;
        return new IPNetwork(address, address.IsIPv4() ? 32 : 128);
    }
}
