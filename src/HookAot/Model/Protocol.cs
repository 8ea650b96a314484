using System.Collections.Immutable;

namespace HookAot.Model;

/// <summary>A transport protocol with ports that netfilter can translate.</summary>
internal enum Protocol
{
    /// <summary>TCP, the default of a port_map entry.</summary>
    Tcp,

    /// <summary>UDP.</summary>
    Udp,

    /// <summary>SCTP; needs the kernel's sctp conntrack support.</summary>
    Sctp,
}

/// <summary>The spelling of a protocol, the same in config.json, iptables and /proc/net.</summary>
internal static class ProtocolNames
{
    /// <summary>All of them. Enum.GetValues would ask the reflection's metadata, which takes long at a start.</summary>
    public static ImmutableArray<Protocol> All { get; } = [Protocol.Tcp, Protocol.Udp, Protocol.Sctp];

    /// <summary>The lower-case name: tcp, udp or sctp.</summary>
    public static string Name(this Protocol protocol) => protocol switch
    {
        Protocol.Tcp => "tcp",
        Protocol.Udp => "udp",
        Protocol.Sctp => "sctp",
        _ => throw new ArgumentOutOfRangeException(nameof(protocol)),
    };

    /// <summary>Reads a name, which has to be in lower case.</summary>
    /// <returns>false if no protocol has that name.</returns>
    public static bool TryParse(string name, out Protocol protocol)
    {
        foreach (var known in All)
        {
            if (known.Name() != name) continue;
            protocol = known;
            return true;
        }

        protocol = default;
        return false;
    }
}
