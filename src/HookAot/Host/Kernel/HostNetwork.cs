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

    private static string Text(string file) => Encoding.UTF8.GetString(SmallFile.TryRead(file, MaxBytes) ?? []);
}
