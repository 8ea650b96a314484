using System.Buffers.Text;
using System.Collections.Immutable;
using System.Net;
using System.Numerics;
using System.Text;
using HookAot.Rules;

namespace HookAot.Host;

/// <summary>The networks that the host's interfaces are connected to, from /proc/net/route.</summary>
internal static class ConnectedRoutes
{
    private const string KernelTable = "/proc/net/route";

    // 128 bytes a route: half a million of them.
    private const int MaxBytes = 64 * 1024 * 1024;

    /// <summary>Reads this network namespace's routes.</summary>
    /// <param name="path">The kernel's table, or a file like it.</param>
    /// <returns>The routes; null if the table cannot be read, so that nothing is known about them.</returns>
    public static ImmutableArray<ConnectedRoute>? Read(string path = KernelTable) =>
        SmallFile.TryRead(path, MaxBytes) is { } table ? Parse(table) : null;

    /// <summary>
    /// Reads lines of the form "Iface Destination Gateway Flags RefCnt Use Metric Mask ...", separated by tabs,
    /// addresses in hexadecimal and host order. The first line is a heading.
    /// </summary>
    public static ImmutableArray<ConnectedRoute> Parse(ReadOnlySpan<byte> table)
    {
        var routes = ImmutableArray.CreateBuilder<ConnectedRoute>();
        var isHeading = true;
        foreach (var range in table.Split((byte)'\n'))
        {
            if (!isHeading && Route(table[range]) is { } route) routes.Add(route);
            isHeading = false;
        }

        return routes.ToImmutable();
    }

    private static ConnectedRoute? Route(ReadOnlySpan<byte> line)
    {
        const int Interface = 0, Destination = 1, Gateway = 2, Mask = 7, Fields = 8;
        Span<Range> ranges = stackalloc Range[Fields + 1];
        var count = 0;
        foreach (var range in line.Split((byte)'\t'))
        {
            if (count == ranges.Length) break;
            ranges[count++] = range;
        }

        if (count < Fields) return null;
        if (!Hex(line[ranges[Gateway]], out var gateway) || gateway != 0) return null;
        if (!Hex(line[ranges[Destination]], out var destination)) return null;
        if (!Hex(line[ranges[Mask]], out var mask) || mask == 0) return null;

        // IPAddress takes the number as it lies in memory, which is how the kernel prints it.
        var network = new IPNetwork(new IPAddress(destination), BitOperations.PopCount(mask));
        return new ConnectedRoute(network, Encoding.UTF8.GetString(line[ranges[Interface]].Trim((byte)' ')));
    }

    private static bool Hex(ReadOnlySpan<byte> text, out uint value)
    {
        text = text.Trim((byte)' ');
        return Utf8Parser.TryParse(text, out value, out var consumed, 'x') && consumed == text.Length;
    }
}
