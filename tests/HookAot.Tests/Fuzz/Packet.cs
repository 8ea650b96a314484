using System.Net;
using HookAot.Model;

namespace HookAot.Tests.Fuzz;

/// <summary>The first packet of a connection that comes in from outside.</summary>
/// <param name="Source">Who connects.</param>
/// <param name="Destination">To which address.</param>
/// <param name="Protocol">tcp, udp or sctp.</param>
/// <param name="Port">To which port.</param>
internal sealed record Packet(IPAddress Source, IPAddress Destination, string Protocol, int Port)
{
    /// <summary>Whether it is IPv4.</summary>
    public bool IsIPv4 => Destination.IsIPv4();

    /// <summary>Whether an address is within "192.0.2.0/24" or is "192.0.2.1".</summary>
    public static bool IsIn(IPAddress address, string network)
    {
        var parts = network.Split('/');
        var bytes = IPAddress.Parse(parts[0]).GetAddressBytes();
        var own = address.GetAddressBytes();
        if (own.Length != bytes.Length) return false;
        var bits = parts.Length > 1 ? int.Parse(parts[1], null) : bytes.Length * 8;
        for (var bit = 0; bit < bits; bit++)
            if (((own[bit / 8] ^ bytes[bit / 8]) & (0x80 >> (bit % 8))) != 0) return false;
        return true;
    }

    /// <summary>Whether a port is within "80", "80-90" or "80:90".</summary>
    public static bool IsIn(int port, string range)
    {
        var parts = range.Split('-', ':');
        return port >= int.Parse(parts[0], null) && port <= int.Parse(parts[^1], null);
    }
}

/// <summary>Where a packet goes.</summary>
/// <param name="Address">To which address.</param>
/// <param name="Port">To which port.</param>
internal sealed record Destination(IPAddress Address, int Port);
