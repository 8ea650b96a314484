using System.Collections.Immutable;
using System.Text.Json;
using HookAot.Model;
using HookAot.Rules;

namespace HookAot.Host;

/// <summary>
/// The leases of libvirt's dnsmasq, which libvirt's lease helper keeps in /var/lib/libvirt/dnsmasq/BRIDGE.status: an
/// array of objects, or no byte at all (libvirt's src/network/leaseshelper.c).
/// </summary>
internal static class DnsmasqLeases
{
    private const int MaxBytes = 16 * 1024 * 1024;

    /// <summary>
    /// The leases on the bridges, of both families and expired ones among them, in the files' order. A file that is
    /// missing, or that is not understood, has none.
    /// </summary>
    public static ImmutableArray<Lease> Read(HostPaths paths, IEnumerable<string> bridges)
    {
        var leases = ImmutableArray.CreateBuilder<Lease>();
        foreach (var bridge in bridges)
        {
            if (!InterfaceName.IsValid(bridge)) continue;
            var path = Path.Combine(paths.Dnsmasq, bridge + ".status");
            // A bridge of the host's own has none, which is no reason for an exception.
            if (File.Exists(path)) Read(path, bridge, leases);
        }

        return leases.ToImmutable();
    }

    private static void Read(string path, string bridge, ImmutableArray<Lease>.Builder leases)
    {
        try
        {
            var content = SmallFile.Read(path, MaxBytes);
            if (content.Length == 0) return;
            using var file = JsonDocument.Parse(content);
            if (file.RootElement.ValueKind != JsonValueKind.Array) return;
            foreach (var element in file.RootElement.EnumerateArray())
                if (Lease(element, bridge) is { } lease) leases.Add(lease);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            // The address that the guest had before serves.
        }
    }

    // libvirt, too, takes no lease without an expiry time. One of DHCPv6 has the MAC only where dnsmasq has seen it
    // (DNSMASQ_MAC), and always the client's DUID.
    private static Lease? Lease(JsonElement element, string bridge) =>
        element.ValueKind == JsonValueKind.Object
        && (Text(element, "mac-address") ?? Duid.Mac(Text(element, "client-id") ?? "")) is { } mac
        && element.TryGetProperty("expiry-time", out var expiry)
        && expiry.ValueKind == JsonValueKind.Number
        && expiry.TryGetInt64(out var seconds)
        && Addresses.TryParse(Text(element, "ip-address") ?? "", out var address)
            ? new(bridge, mac.ToLowerInvariant(), address, seconds)
            : null;

    // Text with half a surrogate pair is JSON, but no text.
    private static string? Text(JsonElement element, string name)
    {
        if (!element.TryGetProperty(name, out var value) || value.ValueKind != JsonValueKind.String) return null;
        try
        {
            return value.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}
