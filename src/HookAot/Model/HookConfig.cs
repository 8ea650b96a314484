using System.Collections.Immutable;
using System.Net;

namespace HookAot.Model;

/// <summary>Which tool writes the rules.</summary>
internal enum Backend
{
    /// <summary>nftables if libvirt uses it or there is no iptables, else iptables.</summary>
    Auto,

    /// <summary>iptables-restore.</summary>
    Iptables,

    /// <summary>nft -f.</summary>
    Nftables,
}

/// <summary>The spelling of a backend in config.json, in the record and in messages.</summary>
internal static class BackendNames
{
    /// <summary>"auto", "iptables" or "nftables".</summary>
    public static string Name(this Backend backend) => backend switch
    {
        Backend.Auto => "auto",
        Backend.Iptables => "iptables",
        Backend.Nftables => "nftables",
        _ => throw new ArgumentOutOfRangeException(nameof(backend)),
    };
}

/// <summary>What config.json says, validated. Entries with mistakes are not in it.</summary>
/// <param name="Debug">Log every command and script.</param>
/// <param name="Strict">A broken config or a failed apply may refuse a guest's prepare and start.</param>
/// <param name="Backend">The tool that writes the rules.</param>
/// <param name="Machines">Guests with forwards, in the file's order.</param>
/// <param name="Networks">libvirt networks whose whole range accepts forwarded connections.</param>
internal sealed record HookConfig(
    bool Debug,
    bool Strict,
    Backend Backend,
    ImmutableArray<Machine> Machines,
    ImmutableArray<NetworkRange> Networks)
{
    /// <summary>A configuration that forwards nothing.</summary>
    public static HookConfig Empty { get; } = new(false, false, Backend.Auto, [], []);

    /// <summary>When the next of the forwards in force ends, in seconds since 1970; null: none does.</summary>
    public long? NextEnd
    {
        get
        {
            long? next = null;
            foreach (var machine in Machines)
            {
                foreach (var forward in machine.Forwards)
                    if (forward.Until is { } until && (next is null || until < next)) next = until;
            }

            return next;
        }
    }
}

/// <summary>A guest that the configuration names.</summary>
/// <param name="Name">libvirt's name of the domain; any text.</param>
/// <param name="PrivateAddresses">Its own addresses; empty: learned from libvirt's reservations and leases.</param>
/// <param name="Interface">The host's interface that leads to the guest, null: found by route.</param>
/// <param name="Forwards">What is forwarded, in the file's order; see <see cref="Idle"/> for what is not.</param>
internal sealed record Machine(
    string Name,
    ImmutableArray<IPAddress> PrivateAddresses,
    string? Interface,
    ImmutableArray<Forward> Forwards)
{
    /// <summary>Whether it may be in force; if not, all of its forwards are idle.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>What it is for; null: not said.</summary>
    public string? Comment { get; init; }

    /// <summary>Forwards that are disabled, or whose time has ended: kept in the file, and nothing else.</summary>
    public ImmutableArray<Forward> Idle { get; init; } = [];

    /// <summary>All forwards, idle ones too, in the file's order.</summary>
    public ImmutableArray<Forward> Entries => Idle.IsEmpty
        ? Forwards
        : [.. Forwards.Concat(Idle).OrderBy(f => f.Origin.Line).ThenBy(f => f.Origin.Column)];

    /// <summary>Where it was written. Two machines that say the same are equal, wherever they say it.</summary>
    public Origin Origin { get; init; } = Origin.Unknown;

    /// <inheritdoc/>
    public bool Equals(Machine? other) => other is not null
        && Name == other.Name
        && PrivateAddresses.SequenceEqual(other.PrivateAddresses)
        && Interface == other.Interface
        && Enabled == other.Enabled
        && Comment == other.Comment
        && Forwards.SequenceEqual(other.Forwards)
        && Idle.SequenceEqual(other.Idle);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Name, Interface, Forwards.Length);
}

/// <summary>One port_map entry, with everything that it inherits from its machine and from the file.</summary>
/// <param name="Public">The ports on the host.</param>
/// <param name="Guest">The ports on the guest: as many as <paramref name="Public"/>.</param>
/// <param name="Protocols">One or two protocols, without repetition.</param>
/// <param name="Sources">Who may connect; empty: everybody.</param>
/// <param name="PublicAddresses">The host's addresses; empty: every one but loopback and libvirt's bridges.</param>
internal sealed record Forward(
    PortRange Public,
    PortRange Guest,
    ImmutableArray<Protocol> Protocols,
    ImmutableArray<IPNetwork> Sources,
    ImmutableArray<IPAddress> PublicAddresses)
{
    /// <summary>Whether 127.0.0.1 on the host reaches it too (path c).</summary>
    public bool Localhost { get; init; }

    /// <summary>Whether what the guest opens itself leaves with the first of the public addresses.</summary>
    public bool Snat { get; init; }

    /// <summary>Whether it, and its machine, may be in force.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>Whether it is disabled by itself, whatever its machine is.</summary>
    public bool IsSwitchedOff { get; init; }

    /// <summary>When it ends, in seconds since 1970; null: never.</summary>
    public long? Until { get; init; }

    /// <summary>What it is for; null: not said.</summary>
    public string? Comment { get; init; }

    /// <summary>Where it was written. Two forwards that say the same are equal, wherever they say it.</summary>
    public Origin Origin { get; init; } = Origin.Unknown;

    /// <inheritdoc/>
    public bool Equals(Forward? other) => other is not null
        && Public == other.Public
        && Guest == other.Guest
        && Protocols.SequenceEqual(other.Protocols)
        && Sources.SequenceEqual(other.Sources)
        && PublicAddresses.SequenceEqual(other.PublicAddresses)
        && Localhost == other.Localhost
        && Snat == other.Snat
        && Enabled == other.Enabled
        && IsSwitchedOff == other.IsSwitchedOff
        && Until == other.Until
        && Comment == other.Comment;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Public, Guest, Protocols.Length, Sources.Length);
}

/// <summary>A libvirt network whose whole range accepts forwarded connections while it is active.</summary>
/// <param name="Name">libvirt's name of the network.</param>
/// <param name="Range">Its addresses.</param>
internal sealed record NetworkRange(string Name, IPNetwork Range)
{
    /// <summary>What it is for; null: not said.</summary>
    public string? Comment { get; init; }
}
