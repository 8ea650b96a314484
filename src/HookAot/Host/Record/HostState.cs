using System.Collections.Immutable;
using System.Text.Json.Serialization;
using HookAot.Rules;

namespace HookAot.Host;

/// <summary>A guest in the record.</summary>
/// <param name="Driver">qemu, lxc, libxl or bhyve.</param>
/// <param name="Name">libvirt's name of the domain.</param>
/// <param name="Interfaces">From its live XML.</param>
/// <param name="Since">When this was last told, in milliseconds since boot.</param>
/// <param name="Shadowed">See <see cref="ObservedGuest.Shadowed"/>.</param>
internal sealed record RecordedGuest(
    string Driver, string Name, ImmutableArray<GuestInterface> Interfaces, long Since, bool Shadowed);

/// <summary>A network in the record.</summary>
/// <param name="Name">libvirt's name of the network.</param>
/// <param name="Since">When this was last told, in milliseconds since boot.</param>
internal sealed record RecordedNetwork(string Name, long Since);

/// <summary>A step in the record.</summary>
/// <param name="Name">The step's name.</param>
/// <param name="Installed">Whether something of ours is on the host.</param>
/// <param name="Parts">What of it, where a step has parts; null in a record of version 0.1, which had two.</param>
internal sealed record RecordedStep(string Name, bool Installed, string[]? Parts = null);

/// <summary>An address that a guest had, in the record.</summary>
/// <param name="Mac">The MAC address, lower case.</param>
/// <param name="Address">The address.</param>
internal sealed record RecordedAddress(string Mac, string Address);

/// <summary>The record of what is active, kept from one hook call to the next.</summary>
/// <param name="Guests">Active guests.</param>
/// <param name="Networks">Active networks.</param>
/// <param name="Steps">
/// What is on the host of ours. Of a step that is missing nobody knows: there was no record, the host is being changed,
/// or changing it failed.
/// </param>
/// <param name="Udp">The UDP forwards that are in the kernel.</param>
/// <param name="Learned">Addresses that guests had at the last converge.</param>
/// <param name="Accepted">Guests whose rules the kernel took at the last converge.</param>
/// <param name="Refused">Guests whose rules the kernel refused at the last converge.</param>
/// <param name="Backend">The backend that translated at the last converge; null: none did.</param>
/// <param name="ConfigPath">The config that the hook used last; null: no hook has been called.</param>
/// <param name="Called">Whether libvirt has called a hook of ours since boot, so that it knows of them.</param>
internal sealed record HostState(
    ImmutableArray<RecordedGuest> Guests,
    ImmutableArray<RecordedNetwork> Networks,
    ImmutableArray<RecordedStep> Steps,
    ImmutableArray<UdpForward> Udp,
    ImmutableArray<RecordedAddress> Learned,
    ImmutableArray<string> Accepted,
    ImmutableArray<RefusedGuest> Refused,
    string? Backend,
    string? ConfigPath,
    bool Called)
{
    private static readonly string[] PartsOfVersion01 = ["accept", "translate"];

    /// <summary>The bridges on which route_localnet is ours, see <see cref="LocalnetStep"/>.</summary>
    public ImmutableArray<string> Localnet { get; init; } = [];

    /// <summary>The state of a host about which nothing is known.</summary>
    public static HostState Unknown { get; } = new([], [], [], [], [], [], [], null, null, false);

    /// <summary>The guests whose rules the kernel took at the last converge.</summary>
    [JsonIgnore]
    public IReadOnlySet<string> Served => Accepted.ToHashSet(StringComparer.Ordinal);

    /// <summary>Whether something of a step's is on the host; null: nobody knows.</summary>
    public bool? IsInstalled(string step) => Steps.FirstOrDefault(s => s.Name == step)?.Installed;

    /// <summary>Which parts of a step are on the host; null: nobody knows.</summary>
    public IReadOnlySet<string>? PartsOf(string step)
    {
        if (Steps.FirstOrDefault(s => s.Name == step) is not { } recorded) return null;
        return (recorded.Parts ?? (recorded.Installed ? PartsOfVersion01 : [])).ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>Whether an active guest of that driver and name is in the record.</summary>
    public bool Has(string driver, string name) => Guests.Any(g => g.Driver == driver && g.Name == name);

    /// <summary>Whether a network is in the record.</summary>
    public bool HasNetwork(string name) => Networks.Any(n => n.Name == name);

    /// <summary>The state after an event. The same event twice is the same as once.</summary>
    /// <param name="told">The event.</param>
    /// <param name="now">Milliseconds since boot.</param>
    public HostState After(HostEvent told, long now)
    {
        if (told.Driver == HostEvent.NetworkDriver)
        {
            var others = Networks.RemoveAll(n => n.Name == told.Name);
            return this with { Networks = told.Active ? others.Add(new(told.Name, now)) : others };
        }

        var guests = Guests.RemoveAll(g => g.Driver == told.Driver && g.Name == told.Name);
        if (!told.Active) return this with { Guests = guests };

        var shadowed = guests.Any(g => g.Name == told.Name);
        return this with { Guests = guests.Add(new(told.Driver, told.Name, told.Interfaces, now, shadowed)) };
    }
}
