using System.Collections.Immutable;
using System.Net;

namespace HookAot.Rules;

/// <summary>What runs on the host right now, as far as the rules depend on it.</summary>
/// <param name="Guests">Active guests.</param>
/// <param name="Networks">Names of active libvirt networks.</param>
/// <param name="Routes">The host's connected routes.</param>
internal sealed record ActiveHost(
    ImmutableArray<RunningGuest> Guests,
    ImmutableArray<string> Networks,
    ImmutableArray<ConnectedRoute> Routes);

/// <summary>An active guest.</summary>
/// <param name="Name">libvirt's name of the domain.</param>
/// <param name="Addresses">What libvirt's reservations and leases say about its addresses; used where the config has none.</param>
/// <param name="Isolated">Whether its network has no way out, so that it can answer nobody but the host.</param>
internal sealed record RunningGuest(string Name, ImmutableArray<IPAddress> Addresses, bool Isolated);

/// <summary>A network that an interface of the host is connected to.</summary>
/// <param name="Network">The network.</param>
/// <param name="Interface">The host's interface.</param>
internal sealed record ConnectedRoute(IPNetwork Network, string Interface);
