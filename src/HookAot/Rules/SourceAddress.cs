using System.Net;

namespace HookAot.Rules;

/// <summary>The address with which connections leave that a guest opens itself (snat).</summary>
/// <param name="Guest">The guest's name.</param>
/// <param name="Address">The guest's address.</param>
/// <param name="Public">The host's address that the others see; of the same family.</param>
/// <param name="Own">The guest's own network, where it keeps its address.</param>
internal sealed record SourceAddress(string Guest, IPAddress Address, IPAddress Public, IPNetwork Own);
