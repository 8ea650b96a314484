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
    /// <summary>The lower-case name: tcp, udp or sctp.</summary>
    public static string Name(this Protocol protocol) => protocol switch
    {
        Protocol.Tcp => "tcp",
        Protocol.Udp => "udp",
        Protocol.Sctp => "sctp",
        _ => throw new ArgumentOutOfRangeException(nameof(protocol)),
    };

    /// <summary>Reads the lower-case name.</summary>
    public static bool TryParse(string name, out Protocol protocol)
    {
        foreach (var known in Enum.GetValues<Protocol>())
        {
            protocol = known;
            if (known.Name() == name) return true;
        }

        protocol = default;
        return false;
    }
}
