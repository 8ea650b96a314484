using System.Globalization;
using System.Net;
using System.Text;
using HookAot.Model;

namespace HookAot.Host;

/// <summary>What the host's own network looks like, from /proc/net. What cannot be read says nothing.</summary>
internal static class HostNetwork
{
    private const int MaxBytes = 256 * 1024 * 1024;

    /// <summary>The host's own IPv4 addresses, loopback among them.</summary>
    public static HashSet<IPAddress> LocalAddresses()
    {
        // "  |-- 192.168.0.166" is followed by "/32 host LOCAL".
        var addresses = new HashSet<IPAddress>();
        ReadOnlySpan<char> last = [];
        foreach (var line in Text("/proc/net/fib_trie").AsSpan().EnumerateLines())
        {
            var text = line.Trim();
            if (text.StartsWith("|-- ")) last = text[4..];
            else if (text is "/32 host LOCAL" && Addresses.TryParse(last.ToString(), out var address))
                addresses.Add(address);
        }

        return addresses;
    }

    /// <summary>The ports on which a service of the host waits, on any address but loopback.</summary>
    public static HashSet<ushort> ListeningPorts(Protocol protocol)
    {
        const string TcpListen = "0A", UdpUnconnected = "07"; // include/net/tcp_states.h
        var ports = new HashSet<ushort>();
        if (protocol == Protocol.Sctp) return ports;

        var listens = protocol == Protocol.Tcp ? TcpListen : UdpUnconnected;
        foreach (var file in new[] { $"/proc/net/{protocol.Name()}", $"/proc/net/{protocol.Name()}6" })
        {
            foreach (var line in Text(file).Split('\n').Skip(1))
            {
                var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
                if (fields.Length < 4 || fields[3] != listens) continue;
                var (address, port) = (fields[1].Split(':')[0], fields[1].Split(':')[^1]);
                if (!IsLoopback(address) && Port(port) is { } number) ports.Add(number);
            }
        }

        return ports;
    }

    // The kernel prints addresses in host order: 127.x.y.z ends in 7F, ::1 in 01000000.
    private static bool IsLoopback(string address) => address.Length == 8
        ? address.EndsWith("7F", StringComparison.Ordinal)
        : address == "00000000000000000000000001000000";

    private static ushort? Port(string text) =>
        ushort.TryParse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var port) ? port : null;

    private static string Text(string file) => Encoding.UTF8.GetString(SmallFile.TryRead(file, MaxBytes) ?? []);
}
