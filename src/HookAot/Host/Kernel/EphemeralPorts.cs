using System.Globalization;
using System.Text;

namespace HookAot.Host;

/// <summary>The ports that the kernel gives to sockets which ask for none (ip(7), ip_local_port_range).</summary>
internal static class EphemeralPorts
{
    private const string Setting = "/proc/sys/net/ipv4/ip_local_port_range";

    /// <summary>Whether a port is one of them.</summary>
    public static bool Contains(ushort port)
    {
        var (first, last) = Read() ?? (32768, 60999); // net/ipv4/af_inet.c, inet_init_net
        return port >= first && port <= last;
    }

    private static (int First, int Last)? Read()
    {
        var text = Encoding.ASCII.GetString(SmallFile.TryRead(Setting, 64) ?? []);
        return text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) is [var first, var last]
            && int.TryParse(first, CultureInfo.InvariantCulture, out var from)
            && int.TryParse(last, CultureInfo.InvariantCulture, out var to)
                ? (from, to)
                : null;
    }
}
