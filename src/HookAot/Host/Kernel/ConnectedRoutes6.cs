using System.Buffers.Text;
using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Text;
using HookAot.Model;
using HookAot.Rules;

namespace HookAot.Host;

/// <summary>The IPv6 networks that the host's interfaces are connected to, from /proc/net/ipv6_route.</summary>
internal static class ConnectedRoutes6
{
    private const string KernelTable = "/proc/net/ipv6_route";

    // 150 bytes a route: half a million of them.
    private const int MaxBytes = 80 * 1024 * 1024;

    // linux/ipv6_route.h and linux/route.h: a gateway, a rejection, a clone, and what is the host's own address.
    private const uint NotConnected = 0x2 | 0x200 | 0x01000000 | 0x80000000 | 0x00100000;

    /// <summary>Reads this network namespace's routes.</summary>
    /// <param name="path">The kernel's table, or a file like it.</param>
    /// <returns>The routes; null if the table cannot be read, so that nothing is known about them.</returns>
    public static ImmutableArray<ConnectedRoute>? Read(string path = KernelTable) =>
        SmallFile.TryRead(path, MaxBytes) is { } table ? Parse(table) : null;

    /// <summary>
    /// Reads lines of the form "destination length source length gateway metric references use flags interface", all in
    /// hexadecimal and without a heading (net/ipv6/route.c, rt6_info_route). The addresses of a link and of groups are
    /// left out: no forward is for them.
    /// </summary>
    public static ImmutableArray<ConnectedRoute> Parse(ReadOnlySpan<byte> table)
    {
        var routes = ImmutableArray.CreateBuilder<ConnectedRoute>();
        foreach (var range in table.Split((byte)'\n'))
            if (Route(table[range]) is { } route) routes.Add(route);
        return routes.ToImmutable();
    }

    private static ConnectedRoute? Route(ReadOnlySpan<byte> line)
    {
        const int Destination = 0, Length = 1, Gateway = 4, Flags = 8, Interface = 9, Fields = 10;
        Span<Range> words = stackalloc Range[Fields];
        var count = 0;
        foreach (var range in line.Split((byte)' '))
        {
            if (range.End.Value == range.Start.Value) continue; // the interface stands behind several spaces
            if (count == Fields) return null;
            words[count++] = range;
        }

        if (count < Fields) return null;
        if (!Hex(line[words[Flags]], out var flags) || (flags & NotConnected) != 0) return null;
        if (!Hex(line[words[Length]], out var length) || length is 0 or > 128) return null;
        if (HostNetwork.IPv6(line[words[Destination]]) is not { } destination) return null;
        if (HostNetwork.IPv6(line[words[Gateway]]) is not { } gateway || !gateway.IsAny()) return null;

        var name = Encoding.UTF8.GetString(line[words[Interface]]);
        if (name == "lo" || destination.IsIPv6LinkLocal || destination.IsIPv6Multicast) return null;
        var text = string.Create(CultureInfo.InvariantCulture, $"{destination}/{length}");
        return Addresses.TryParseNetwork(text, out var network) ? new(network, name) : null;
    }

    private static bool Hex(ReadOnlySpan<byte> text, out uint value) =>
        Utf8Parser.TryParse(text, out value, out var consumed, 'x') && consumed == text.Length;
}
