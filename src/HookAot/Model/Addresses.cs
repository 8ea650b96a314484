using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace HookAot.Model;

/// <summary>
/// Strict reading of addresses. <see cref="IPAddress"/> alone takes what inet_aton takes ("1", "0x7f.1", "010.0.0.1"),
/// and what an administrator types as a typo must not become another address.
/// </summary>
internal static class Addresses
{
    // .NET reads "[::1]", "::1]" and "fe80::1%eth0" as well.
    private static readonly SearchValues<char> OfIPv6 = SearchValues.Create("0123456789abcdefABCDEF:.");

    /// <summary>Reads an IPv4 address in dotted decimal or an IPv6 address without zone; nothing else.</summary>
    public static bool TryParse(string text, out IPAddress address)
    {
        if (IPAddress.TryParse(text, out var parsed) && IsExact(text, parsed))
        {
            address = parsed;
            return true;
        }

        address = IPAddress.None;
        return false;
    }

    private static bool IsExact(string text, IPAddress parsed) => parsed.AddressFamily == AddressFamily.InterNetworkV6
        ? !text.AsSpan().ContainsAnyExcept(OfIPv6) && !parsed.IsIPv4MappedToIPv6
        : parsed.ToString() == text;

    /// <summary>
    /// Reads "10.0.0.0/8", or a bare address as a network of one. Host bits must be zero, as the kernel would drop
    /// them silently.
    /// </summary>
    public static bool TryParseNetwork(string text, out IPNetwork network)
    {
        network = default;
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (!TryParse(slash < 0 ? text : text[..slash], out var address)) return false;

        var bits = Bits(address);
        var length = bits;
        if (slash >= 0 && !TryParseLength(text.AsSpan(slash + 1), bits, out length)) return false;
        // .NET 10 masks host bits away instead of refusing them.
        return IPNetwork.TryParse($"{address}/{length}", out network) && network.BaseAddress.Equals(address);
    }

    /// <summary>
    /// "192.168.122.1/24" is an address within a network: the network that was probably meant; null if the text is
    /// something else.
    /// </summary>
    public static IPNetwork? SuggestNetwork(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0 || !TryParse(text[..slash], out var address)) return null;
        if (!TryParseLength(text.AsSpan(slash + 1), Bits(address), out var length)) return null;

        var bytes = address.GetAddressBytes();
        for (var bit = length; bit < bytes.Length * 8; bit++) bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
        return new IPNetwork(new IPAddress(bytes), length);
    }

    // .NET reads "8\0" as 8.
    private static bool TryParseLength(ReadOnlySpan<char> text, int bits, out int length) =>
        int.TryParse(text, NumberStyles.None, null, out length) && length <= bits && char.IsAsciiDigit(text[^1]);

    private static int Bits(IPAddress address) => address.IsIPv4() ? 32 : 128;

    /// <summary>Whether the address is an IPv4 one.</summary>
    public static bool IsIPv4(this IPAddress address) => address.AddressFamily == AddressFamily.InterNetwork;

    /// <summary>Whether the address is one of a group of hosts.</summary>
    public static bool IsMulticast(this IPAddress address)
    {
        if (!address.IsIPv4()) return address.IsIPv6Multicast;
        Span<byte> bytes = stackalloc byte[4];
        address.TryWriteBytes(bytes, out _);
        return bytes[0] is >= 224 and < 240;
    }

    /// <summary>Whether the address means "any address": 0.0.0.0 or ::.</summary>
    public static bool IsAny(this IPAddress address) =>
        address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);
}
