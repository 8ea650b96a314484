using System.Collections.Immutable;
using System.Net;

namespace HookAot.Rules;

/// <summary>A guest whose forwards the host reaches by 127.0.0.1 too (path c).</summary>
/// <param name="Guest">The guest's name.</param>
/// <param name="Bridge">
/// The host's interface that leads to the guest; a valid interface name. The kernel lets addresses of 127.0.0.0/8 out
/// through it while its route_localnet is on, and its guests must not reach them.
/// </param>
/// <param name="Address">The guest's address; IPv4, since the kernel has no route_localnet for ::1.</param>
/// <param name="Ports">The ports whose translated connections get the address of the bridge.</param>
internal sealed record LoopbackAccess(
    string Guest, string Bridge, IPAddress Address, ImmutableArray<AcceptedPorts> Ports);
