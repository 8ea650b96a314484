using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Numerics;
using HookAot.Rules;

namespace HookAot.Host;

/// <summary>The networks that the host's interfaces are connected to, from /proc/net/route.</summary>
internal static class ConnectedRoutes
{
    /// <summary>Reads this network namespace's routes; none if the file cannot be read.</summary>
    public static ImmutableArray<ConnectedRoute> Read()
    {
        try
        {
            return Parse(File.ReadLines("/proc/net/route"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>
    /// Reads lines of the form "Iface Destination Gateway Flags RefCnt Use Metric Mask ...", addresses in hexadecimal
    /// and host order.
    /// </summary>
    public static ImmutableArray<ConnectedRoute> Parse(IEnumerable<string> lines)
    {
        var routes = ImmutableArray.CreateBuilder<ConnectedRoute>();
        foreach (var line in lines.Skip(1))
        {
            var fields = line.Split('\t', StringSplitOptions.TrimEntries);
            if (fields.Length < 8 || fields[2] != "00000000" || !Hex(fields[1], out var destination) || !Hex(fields[7], out var mask) || mask == 0) continue;
            // IPAddress takes the number as it lies in memory, which is how the kernel prints it.
            routes.Add(new ConnectedRoute(new IPNetwork(new IPAddress(destination), BitOperations.PopCount(mask)), fields[0]));
        }

        return routes.ToImmutable();
    }

    private static bool Hex(string text, out uint value) => uint.TryParse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out value);
}
