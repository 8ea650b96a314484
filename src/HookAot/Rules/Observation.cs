using System.Collections.Immutable;
using System.Net;
using HookAot.Model;

namespace HookAot.Rules;

/// <summary>
/// Everything that was seen on the host for one converge: read once, after the events, and never changed.
/// </summary>
/// <param name="Guests">Active guests.</param>
/// <param name="Networks">libvirt's active networks.</param>
/// <param name="Leases">
/// What dnsmasq has leased, in no order; read only where a guest's address has to be learned.
/// </param>
/// <param name="Learned">Addresses that guests had at the last converge.</param>
/// <param name="Routes">The host's connected routes; null: the kernel did not tell.</param>
/// <param name="LocalAddresses">
/// The host's own addresses, loopback among them; read only where UDP flows depend on it.
/// </param>
/// <param name="Now">When it was seen.</param>
/// <param name="Unreadable">What could not be read, and what follows from it, a sentence each.</param>
internal sealed record Observation(
    ImmutableArray<ObservedGuest> Guests,
    ImmutableArray<ObservedNetwork> Networks,
    ImmutableArray<Lease> Leases,
    ImmutableArray<LearnedAddress> Learned,
    ImmutableArray<ConnectedRoute>? Routes,
    ImmutableArray<IPAddress> LocalAddresses,
    DateTimeOffset Now,
    ImmutableArray<string> Unreadable)
{
    /// <summary>
    /// The host's addresses that a forward to any address is for: neither loopback nor those of libvirt's bridges, on
    /// which its guests ask dnsmasq.
    /// </summary>
    public ImmutableArray<IPAddress> AnyAddresses
    {
        get
        {
            var bridges = Networks.SelectMany(n => n.BridgeAddresses).ToHashSet();
            return [.. LocalAddresses.Where(a => !IPAddress.IsLoopback(a) && !bridges.Contains(a))];
        }
    }

    /// <summary>Whether the kernel has IPv6; without, nothing of that family can be put into it.</summary>
    public bool HasIPv6 { get; init; } = true;

    /// <summary>Whether the kernel has the family of an address.</summary>
    public bool Has(IPAddress address) => HasIPv6 || address.IsIPv4();

    /// <summary>A host on which nothing runs.</summary>
    public static Observation Nothing { get; } = new([], [], [], [], [], [], default, []);
}

/// <summary>Where it is known from that a guest or a network is active.</summary>
internal enum Evidence
{
    /// <summary>An event that libvirt has just told.</summary>
    Event,

    /// <summary>libvirt's live status file.</summary>
    StatusFile,

    /// <summary>The record of an earlier event.</summary>
    Record,
}

/// <summary>An active guest.</summary>
/// <param name="Driver">qemu, lxc, libxl or bhyve.</param>
/// <param name="Name">libvirt's name of the domain.</param>
/// <param name="Interfaces">Its network interfaces.</param>
/// <param name="Evidence">Where this is known from.</param>
internal sealed record ObservedGuest(
    string Driver, string Name, ImmutableArray<GuestInterface> Interfaces, Evidence Evidence)
{
    /// <summary>
    /// Whether a guest of another driver had this name when this one started: the config's entry, and the address in
    /// it, are that one's.
    /// </summary>
    public bool Shadowed { get; init; }
}

/// <summary>A guest's network interface, as far as the live XML says; each value is null where it does not.</summary>
/// <param name="Mac">The MAC address, lower case.</param>
/// <param name="Network">The libvirt network.</param>
/// <param name="Bridge">The host's bridge; a valid interface name.</param>
/// <param name="Target">The host's end, a tap or a veth; a valid interface name.</param>
internal sealed record GuestInterface(string? Mac, string? Network, string? Bridge, string? Target)
{
    /// <summary>The kind of one that is no interface of the host's: passt, or the emulator's own network.</summary>
    public const string User = "user";

    /// <summary>libvirt's type of the interface: network, bridge, direct, user, ...</summary>
    public string? Kind { get; init; }

    /// <summary>
    /// The host's device that a macvtap is made on, where it hears nothing of the host (any mode but vepa); a valid
    /// interface name.
    /// </summary>
    public string? Device { get; init; }
}

/// <summary>An active libvirt network.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Bridge">The host's bridge; a valid interface name.</param>
/// <param name="Isolated">Whether it has no way out, so that its guests can answer nobody but the host.</param>
/// <param name="Ranges">Its addresses.</param>
/// <param name="BridgeAddresses">The host's own addresses on the bridge, where libvirt's dnsmasq listens.</param>
/// <param name="Hosts">Static DHCP reservations.</param>
internal sealed record ObservedNetwork(
    string Name,
    string? Bridge,
    bool Isolated,
    ImmutableArray<IPNetwork> Ranges,
    ImmutableArray<IPAddress> BridgeAddresses,
    ImmutableArray<DhcpHost> Hosts);

/// <summary>A static DHCP reservation of a network.</summary>
/// <param name="Mac">The MAC address, lower case; null: the reservation is by name.</param>
/// <param name="Name">The host's name; null where it has none.</param>
/// <param name="Address">The reserved address.</param>
internal sealed record DhcpHost(string? Mac, string? Name, IPAddress Address);

/// <summary>An address that dnsmasq has leased.</summary>
/// <param name="Bridge">The bridge of the network.</param>
/// <param name="Mac">The MAC address, lower case.</param>
/// <param name="Address">The leased address.</param>
/// <param name="ExpiresAt">When it ends, in seconds since 1970; 0: never.</param>
internal sealed record Lease(string Bridge, string Mac, IPAddress Address, long ExpiresAt);

/// <summary>An address that a guest's interface had before.</summary>
/// <param name="Mac">The MAC address, lower case.</param>
/// <param name="Address">The address.</param>
internal sealed record LearnedAddress(string Mac, IPAddress Address);
