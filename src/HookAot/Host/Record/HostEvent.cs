using System.Collections.Immutable;
using HookAot.Rules;

namespace HookAot.Host;

/// <summary>What became known about a guest or a network.</summary>
/// <param name="Driver">The driver of the hook that was called.</param>
/// <param name="Name">The guest's or the network's name.</param>
/// <param name="Active">Whether it is active now.</param>
/// <param name="Interfaces">A guest's interfaces, if it is active.</param>
internal sealed record HostEvent(string Driver, string Name, bool Active, ImmutableArray<GuestInterface> Interfaces)
{
    /// <summary>The driver of networks' events.</summary>
    public const string NetworkDriver = "network";
}
