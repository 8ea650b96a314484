using System.Globalization;
using System.Net;
using HookAot.Model;

namespace HookAot.Host;

/// <summary>What the host's own network looks like, from /proc/net. What cannot be read says nothing.</summary>
internal static class HostNetwork
{
    /// <summary>The host's own IPv4 addresses, loopback among them.</summary>
    public static HashSet<IPAddress> LocalAddresses()
    {
        // "  |-- 192.168.0.166" is followed by "/32 host LOCAL".
        var addresses = new HashSet<IPAddress>();
        IPAddress? last = null;
        foreach (var line in Lines("/proc/net/fib_trie"))
        {
            var text = line.AsSpan().Trim();
            if (text.StartsWith("|-- ")) last = Addresses.TryParse(text[4..].ToString(), out var address) ? address : null;
            else if (last is not null && text is "/32 host LOCAL") addresses.Add(last);
        }

        return addresses;
    }

    /// <summary>The ports on which a service of the host waits, on any address but loopback.</summary>
    public static HashSet<ushort> ListeningPorts(Protocol protocol)
    {
        const string TcpListen = "0A", UdpUnconnected = "07"; // include/net/tcp_states.h
        var ports = new HashSet<ushort>();
        if (protocol == Protocol.Sctp) return ports;
        foreach (var file in new[] { $"/proc/net/{protocol.Name()}", $"/proc/net/{protocol.Name()}6" })
        {
            foreach (var line in Lines(file).Skip(1))
            {
                var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
                if (fields.Length < 4 || fields[3] != (protocol == Protocol.Tcp ? TcpListen : UdpUnconnected)) continue;
                var (address, port) = (fields[1].Split(':')[0], fields[1].Split(':')[^1]);
                // The kernel prints addresses in host order: 127.x.y.z ends in 7F, ::1 in 01000000.
                var loopback = address.Length == 8 ? address.EndsWith("7F", StringComparison.Ordinal) : address == "00000000000000000000000001000000";
                if (!loopback && ushort.TryParse(port, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var number)) ports.Add(number);
            }
        }

        return ports;
    }

    private static string[] Lines(string file)
    {
        try
        {
            return File.ReadAllLines(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
