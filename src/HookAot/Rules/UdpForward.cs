using System.Collections.Immutable;
using System.Net;
using HookAot.Model;

namespace HookAot.Rules;

/// <summary>
/// A UDP forward, as far as the flows that the kernel tracks depend on it. Two that are equal translate and accept the
/// same packets: where one of them is gone or new, its flows have to begin anew.
/// </summary>
/// <param name="Public">The address that was sent to; null: any of the host's own.</param>
/// <param name="First">The lowest port that was sent to.</param>
/// <param name="Last">The highest.</param>
/// <param name="Source">Who may send, as address/length; null: everybody.</param>
/// <param name="Target">The guest's address and its ports, with a space between.</param>
internal sealed record UdpForward(string? Public, ushort First, ushort Last, string? Source, string Target)
{
    /// <summary>The UDP forwards of a ruleset, in the order in which they are tried.</summary>
    public static ImmutableArray<UdpForward> Of(Ruleset ruleset)
    {
        var forwards = ImmutableArray.CreateBuilder<UdpForward>();
        foreach (var translation in ruleset.Translations)
        {
            if (translation.Protocol != Protocol.Udp) continue;
            var forward = new UdpForward(
                translation.Public?.ToString(),
                translation.PublicPorts.First,
                translation.PublicPorts.Last,
                translation.Source?.ToString(),
                $"{translation.Target} {translation.TargetPorts}");
            if (!forwards.Contains(forward)) forwards.Add(forward);
        }

        return forwards.ToImmutable();
    }

    /// <summary>The guest's address; null if the record, which is a file, has something else there.</summary>
    public IPAddress? TargetAddress() =>
        Addresses.TryParse(Target.Split(' ')[0], out var address) ? address : null;
}
