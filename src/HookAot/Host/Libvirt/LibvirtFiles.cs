using System.Collections.Immutable;
using System.Net;
using System.Text.Json;
using System.Xml;
using HookAot.Model;
using HookAot.Rules;

namespace HookAot.Host;

/// <summary>
/// What libvirt's own files say, since asking libvirt from a hook would deadlock. The formats are private to libvirt and read
/// leniently: a file that is missing or not understood says nothing.
/// </summary>
internal static class LibvirtFiles
{
    private const int MaxBytes = 16 * 1024 * 1024;

    /// <summary>The drivers of guests, as libvirt names their hooks and their folders in /run/libvirt.</summary>
    public static readonly ImmutableArray<string> Drivers = ["qemu", "lxc", "libxl", "bhyve"];

    /// <summary>The guests that run now and that are wanted, from their live status files.</summary>
    public static ImmutableArray<ActiveGuest> RunningGuests(HostPaths paths, Func<string, bool> wanted) =>
        [.. from driver in Drivers
            from name in Names(Path.Combine(paths.LibvirtRun, driver))
            where wanted(name)
            let interfaces = Interfaces(Path.Combine(paths.LibvirtRun, driver, name + ".xml"))
            select new ActiveGuest(driver, name, interfaces, IsIsolated(paths, interfaces))];

    /// <summary>The names of all guests that libvirt knows, running or not.</summary>
    public static ImmutableArray<string> DefinedGuests(HostPaths paths) =>
        [.. Drivers.SelectMany(d => Names(Path.Combine(paths.LibvirtEtc, d)).Concat(Names(Path.Combine(paths.LibvirtRun, d)))).Distinct()];

    /// <summary>The IPv4 and IPv6 ranges of all networks that libvirt knows, active or not.</summary>
    public static ImmutableArray<IPNetwork> NetworkRanges(HostPaths paths) =>
        [.. new[] { Path.Combine(paths.LibvirtRun, "network"), Path.Combine(paths.LibvirtEtc, "qemu", "networks") }
            .SelectMany(directory => Names(directory).Select(name => Path.Combine(directory, name + ".xml")))
            .SelectMany(file => ReadNetwork(file)?.Ranges ?? []).Distinct()];

    /// <summary>The names of the networks that are active now. libvirt writes the file after the hook "started", and deletes it before "stopped".</summary>
    public static ImmutableArray<string> ActiveNetworks(HostPaths paths) => [.. Names(Path.Combine(paths.LibvirtRun, "network"))];

    /// <summary>Whether one of the networks has no way out.</summary>
    public static bool IsIsolated(HostPaths paths, ImmutableArray<GuestInterface> interfaces) =>
        interfaces.Any(nic => Network(paths, nic) is { HasForward: false });

    /// <summary>
    /// What is known about a guest's IPv4 addresses: a static DHCP host entry of its network before a lease that is still valid.
    /// </summary>
    public static ImmutableArray<IPAddress> Addresses(HostPaths paths, ActiveGuest guest, DateTimeOffset now)
    {
        var addresses = ImmutableArray.CreateBuilder<IPAddress>();
        foreach (var nic in guest.Interfaces.Where(n => n.Mac is not null))
        {
            var network = Network(paths, nic);
            var bridge = nic.Bridge ?? network?.Bridge;
            var found = network?.Hosts.FirstOrDefault(h => h.Mac == nic.Mac || (h.Mac is null && h.Name == guest.Name)).Address
                ?? (bridge is null ? null : Lease(Path.Combine(paths.Dnsmasq, bridge + ".status"), nic.Mac!, now));
            if (found is not null) addresses.Add(found);
        }

        return addresses.ToImmutable();
    }

    private static NetworkStatus? Network(HostPaths paths, GuestInterface nic) => nic.Network is { } name && IsFileName(name)
        ? ReadNetwork(Path.Combine(paths.LibvirtRun, "network", name + ".xml"))
        : null;

    private sealed record NetworkStatus(
        string? Bridge, bool HasForward, List<(string? Mac, string? Name, IPAddress Address)> Hosts, List<IPNetwork> Ranges);

    private static NetworkStatus? ReadNetwork(string path)
    {
        try
        {
            using var reader = DomainXml.Open(new MemoryStream(SmallFile.Read(path, MaxBytes)));
            string? bridge = null;
            var forward = false;
            var hosts = new List<(string?, string?, IPAddress)>();
            var ranges = new List<IPNetwork>();
            while (reader.Read())
            {
                if (reader.NodeType != XmlNodeType.Element) continue;
                if (reader.LocalName == "forward") forward = true;
                else if (reader.LocalName == "bridge" && InterfaceName.IsValid(reader.GetAttribute("name"))) bridge = reader.GetAttribute("name");
                else if (reader.LocalName == "ip" && Range(reader.GetAttribute("address"), reader.GetAttribute("netmask"), reader.GetAttribute("prefix")) is { } range) ranges.Add(range);
                else if (reader.LocalName == "host" && Model.Addresses.TryParse(reader.GetAttribute("ip") ?? "", out var address))
                    hosts.Add((reader.GetAttribute("mac")?.ToLowerInvariant(), reader.GetAttribute("name"), address));
            }

            return new NetworkStatus(bridge, forward, hosts, ranges);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or XmlException)
        {
            return null;
        }
    }

    private static IPNetwork? Range(string? address, string? netmask, string? prefix)
    {
        if (netmask is not null && Model.Addresses.TryParse(netmask, out var mask))
            prefix = mask.GetAddressBytes().Sum(b => System.Numerics.BitOperations.PopCount(b)).ToString(System.Globalization.CultureInfo.InvariantCulture);
        return address is null || prefix is null ? null : Model.Addresses.SuggestNetwork($"{address}/{prefix}");
    }

    /// <summary>The lease of a MAC address in dnsmasq's status file: an array of objects, or no byte at all.</summary>
    private static IPAddress? Lease(string path, string mac, DateTimeOffset now)
    {
        try
        {
            using var leases = JsonDocument.Parse(SmallFile.Read(path, MaxBytes));
            foreach (var lease in leases.RootElement.EnumerateArray())
            {
                if (Text(lease, "mac-address") is { } leased && leased.Equals(mac, StringComparison.OrdinalIgnoreCase)
                    && lease.TryGetProperty("expiry-time", out var expiry) && expiry.TryGetInt64(out var seconds)
                    && (seconds == 0 || seconds > now.ToUnixTimeSeconds()) // dnsmasq writes 0 for a lease without end
                    && Model.Addresses.TryParse(Text(lease, "ip-address") ?? "", out var address)) return address;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException or InvalidOperationException)
        {
            return null;
        }

        return null;
    }

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static ImmutableArray<GuestInterface> Interfaces(string path)
    {
        try
        {
            return DomainXml.ReadInterfaces(new MemoryStream(SmallFile.Read(path, MaxBytes)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or XmlException)
        {
            return [];
        }
    }

    private static IEnumerable<string> Names(string directory) => Directory.Exists(directory)
        ? Directory.EnumerateFiles(directory, "*.xml").Select(file => Path.GetFileNameWithoutExtension(file)!)
        : [];

    // A network's name becomes part of a path: libvirt forbids '/', and so do we.
    private static bool IsFileName(string name) => name.Length is > 0 and < 250 && name is not ("." or "..") && !name.Contains('/', StringComparison.Ordinal) && !name.Contains('\0', StringComparison.Ordinal);
}
