using System.Net;
using HookAot.Model;

namespace HookAot.Rules;

/// <summary>A translation as an administrator reads it.</summary>
internal static class TranslationText
{
    /// <summary>
    /// "web: 192.168.0.166:8080/tcp -> 192.168.122.2:80 from 10.0.0.0/8", IPv6 in brackets; "any" stands for every
    /// address of the host that has the family of the guest's.
    /// </summary>
    public static string Describe(this Translation translation)
    {
        var address = translation.Public?.InBrackets() ?? "any";
        var source = translation.Source is { } net ? $" from {net}" : "";
        return $"{Printable.Escape(translation.Guest)}: " +
            $"{address}:{translation.PublicPorts}/{translation.Protocol.Name()} -> " +
            $"{translation.Target.InBrackets()}:{translation.TargetPorts}{source}";
    }

    /// <summary>An address as it stands before a colon and a port: "[fd00::2]", and IPv4 without brackets.</summary>
    public static string InBrackets(this IPAddress address) => address.IsIPv4() ? address.ToString() : $"[{address}]";
}
