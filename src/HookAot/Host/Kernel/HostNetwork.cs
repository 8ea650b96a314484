using System.Globalization;
using System.Net;
using System.Text;
using HookAot.Model;

namespace HookAot.Host;

/// <summary>What the host's own network looks like, from /proc/net. What cannot be read says nothing.</summary>
internal static class HostNetwork
{
    private const int MaxBytes = 256 * 1024 * 1024;

    private const string IPv6Addresses = "/proc/net/if_inet6";

    /// <summary>Whether the kernel has IPv6.</summary>
    public static bool HasIPv6 => File.Exists(IPv6Addresses);

    /// <summary>The host's own addresses of both families, loopback among them, those of a link not.</summary>
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

        addresses.UnionWith(ParseIPv6(SmallFile.TryRead(IPv6Addresses, MaxBytes)));
        return addresses;
    }

    /// <summary>
    /// Reads lines of the form "address index length scope flags interface" (net/ipv6/addrconf.c, if6_seq_show).
    /// </summary>
    public static IEnumerable<IPAddress> ParseIPv6(ReadOnlySpan<byte> table)
    {
        var addresses = new List<IPAddress>();
        foreach (var range in table.Split((byte)'\n'))
        {
            var line = table[range];
            var end = line.IndexOf((byte)' ');
            if (end > 0 && IPv6(line[..end]) is { IsIPv6LinkLocal: false } address) addresses.Add(address);
        }

        return addresses;
    }

    /// <summary>An address as the kernel prints it, in 32 hexadecimal digits; null if it is something else.</summary>
    public static IPAddress? IPv6(ReadOnlySpan<byte> digits)
    {
        Span<byte> bytes = stackalloc byte[16];
        return digits.Length == 2 * bytes.Length
            && Convert.FromHexString(digits, bytes, out _, out _) == System.Buffers.OperationStatus.Done
                ? new IPAddress(bytes)
                : null;
    }

    /// <summary>The ports on which a service of the host waits.</summary>
    /// <param name="protocol">The protocol; of SCTP the kernel does not tell.</param>
    /// <param name="loopback">On 127.0.0.1, or else on any address but loopback.</param>
    public static HashSet<ushort> ListeningPorts(Protocol protocol, bool loopback = false)
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
                var counts = loopback ? IsOnLoopback(address) : !IsLoopback(address);
                if (counts && Port(port) is { } number) ports.Add(number);
            }
        }

        return ports;
    }

    // The kernel prints addresses in host order: 127.x.y.z ends in 7F, ::1 in 01000000.
    private static bool IsLoopback(string address) => address.Length == 8
        ? address.EndsWith("7F", StringComparison.Ordinal)
        : address == "00000000000000000000000001000000";

    // A service on every address is on 127.0.0.1 too; one on :: usually is.
    private static bool IsOnLoopback(string address) =>
        address == "0100007F" || !address.AsSpan().ContainsAnyExcept('0');

    private static ushort? Port(string text) =>
        ushort.TryParse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var port) ? port : null;

    private static string Text(string file) => Encoding.UTF8.GetString(SmallFile.TryRead(file, MaxBytes) ?? []);
}
