using System.Globalization;
using System.Text;

namespace HookAot.Host;

/// <summary>
/// The DHCP unique identifier, by which DHCPv6 knows a client: bytes in hexadecimal with colons between, as dnsmasq and
/// libvirt write it.
/// </summary>
internal static class Duid
{
    private const int LinkLayerAndTime = 1, LinkLayer = 3, Ethernet = 1; // RFC 8415, 11.2 and 11.4; RFC 826
    private const int MacBytes = 6;

    /// <summary>
    /// The MAC address in an identifier that is made of one (DUID-LLT, DUID-LL), lower case; null where it is not. It
    /// is that of one of the client's interfaces, though not always of the one that asks.
    /// </summary>
    public static string? Mac(string duid)
    {
        var parts = duid.Split(':');
        var bytes = new byte[parts.Length];
        for (var i = 0; i < parts.Length; i++)
        {
            var isByte = byte.TryParse(parts[i], NumberStyles.AllowHexSpecifier, null, out bytes[i]);
            if (!isByte || parts[i].Length > 2) return null;
        }

        if (bytes.Length < 4 || bytes[0] != 0 || bytes[2] != 0 || bytes[3] != Ethernet) return null;
        var start = bytes[1] switch
        {
            LinkLayerAndTime => 8,
            LinkLayer => 4,
            _ => -1,
        };
        if (start < 0 || bytes.Length != start + MacBytes) return null;
        var digits = Convert.ToHexStringLower(bytes, start, MacBytes);
        var mac = new StringBuilder(digits, 0, 2, capacity: 3 * MacBytes);
        for (var i = 2; i < digits.Length; i += 2) mac.Append(':').Append(digits, i, 2);
        return mac.ToString();
    }
}
