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
            leases.AddRange(Leases(content, bridge));
        }
        // A key with half a surrogate pair cannot be compared, which is an InvalidOperationException.
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException
            or InvalidOperationException)
        {
            // The address that the guest had before serves.
        }
    }

    /// <exception cref="JsonException">No JSON.</exception>
    private static List<Lease> Leases(ReadOnlySpan<byte> content, string bridge)
    {
        var leases = new List<Lease>();
        var reader = new Utf8JsonReader(content);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartArray) return leases;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.StartObject) reader.Skip();
            else if (ReadLease(ref reader, bridge) is { } lease) leases.Add(lease);
        }

        reader.Read(); // what follows the array throws here
        return leases;
    }

    // libvirt, too, takes no lease without an expiry time. One of DHCPv6 has the MAC only where dnsmasq has seen it
    // (DNSMASQ_MAC), and always the client's DUID.
    private static Lease? ReadLease(ref Utf8JsonReader reader, string bridge)
    {
        string? mac = null, client = null, ip = null;
        long? expiry = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("mac-address"u8)) mac = Text(ref reader);
            else if (reader.ValueTextEquals("client-id"u8)) client = Text(ref reader);
            else if (reader.ValueTextEquals("ip-address"u8)) ip = Text(ref reader);
            else if (reader.ValueTextEquals("expiry-time"u8)) expiry = Number(ref reader);
            else reader.Skip();
        }

        if ((mac ?? Duid.Mac(client ?? "")) is not { } hardware || expiry is not { } seconds) return null;
        return Addresses.TryParse(ip ?? "", out var address)
            ? new(bridge, hardware.ToLowerInvariant(), address, seconds)
            : null;
    }

    private static long? Number(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.Number) return reader.TryGetInt64(out var number) ? number : null;
        reader.Skip();
        return null;
    }

    // Text with half a surrogate pair is JSON, but no text.
    private static string? Text(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.String)
        {
            reader.Skip();
            return null;
        }

        try
        {
            return reader.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}
