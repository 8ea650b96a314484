using System.Net;
using HookAot.Model;

namespace HookAot.Rules;

/// <summary>One destination NAT.</summary>
/// <param name="Guest">The guest's name, which the rule carries as a comment.</param>
/// <param name="Public">
/// The address that was connected to; null: any local one that <see cref="Ruleset.NotAny"/> does not list.
/// </param>
/// <param name="Protocol">The transport protocol.</param>
/// <param name="PublicPorts">The ports that were connected to.</param>
/// <param name="Source">Who may connect; null: everybody.</param>
/// <param name="Target">The guest's address.</param>
/// <param name="TargetPorts">The guest's ports, as many as <paramref name="PublicPorts"/>.</param>
internal sealed record Translation(
    string Guest,
    IPAddress? Public,
    Protocol Protocol,
    PortRange PublicPorts,
    IPNetwork? Source,
    IPAddress Target,
    PortRange TargetPorts)
{
    /// <summary>What the forward is for, in the administrator's words; null: that is not said.</summary>
    public string? Comment { get; init; }

    /// <summary>Whether it is path c: from 127.0.0.1 on the host.</summary>
    public bool IsLoopback => Public is not null && IPAddress.IsLoopback(Public);

    /// <summary>Whether it is one of those that a forward of a guest becomes.</summary>
    public bool Serves(string guest, Forward forward)
    {
        var samePorts = PublicPorts == forward.Public && TargetPorts == forward.Guest;
        if (Guest != guest || !samePorts || !forward.Protocols.Contains(Protocol)) return false;

        if (IsLoopback) return forward.Localhost;
        return Public is null ? forward.PublicAddresses.IsEmpty : forward.PublicAddresses.Contains(Public);
    }
}
