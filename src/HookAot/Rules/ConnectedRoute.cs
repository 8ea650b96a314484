using System.Net;

namespace HookAot.Rules;

/// <summary>A network that an interface of the host is connected to.</summary>
/// <param name="Network">The network.</param>
/// <param name="Interface">The host's interface.</param>
internal sealed record ConnectedRoute(IPNetwork Network, string Interface);
