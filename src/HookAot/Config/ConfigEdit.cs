using System.Collections.Immutable;
using System.Net;
using HookAot.Model;

namespace HookAot.Config;

/// <summary>One change to config.json.</summary>
internal abstract record ConfigEdit
{
    private ConfigEdit()
    {
    }

    /// <summary>Adds a machine.</summary>
    /// <param name="Name">libvirt's name of the domain.</param>
    /// <param name="Addresses">Its own addresses; empty: learned from libvirt.</param>
    /// <param name="Extras">What else the entry says.</param>
    internal sealed record AddMachine(string Name, ImmutableArray<IPAddress> Addresses, Extras? Extras = null)
        : ConfigEdit
    {
        /// <summary>Its forwards.</summary>
        public ImmutableArray<(PortNotation Port, Extras? Extras)> Ports { get; init; } = [];
    }

    /// <summary>Changes a machine's keys; those that are null stay as they are.</summary>
    /// <param name="Name">Its name.</param>
    /// <param name="Addresses">Its own addresses.</param>
    /// <param name="Extras">What else changes.</param>
    internal sealed record SetMachine(string Name, ImmutableArray<IPAddress>? Addresses, Extras Extras) : ConfigEdit;

    /// <summary>Removes a machine with all its forwards.</summary>
    /// <param name="Name">Its name.</param>
    internal sealed record RemoveMachine(string Name) : ConfigEdit;

    /// <summary>Adds a forward.</summary>
    /// <param name="Machine">The machine's name.</param>
    /// <param name="Port">The ports and protocols.</param>
    /// <param name="Extras">Who may connect, and to which address.</param>
    internal sealed record AddPort(string Machine, PortNotation Port, Extras? Extras = null) : ConfigEdit;

    /// <summary>Removes a forward, however it was written.</summary>
    /// <param name="Machine">The machine's name.</param>
    /// <param name="Port">The port on the host; the guest's port and the protocol where they matter.</param>
    internal sealed record RemovePort(string Machine, PortNotation Port) : ConfigEdit;

    /// <summary>Adds a network.</summary>
    /// <param name="Name">libvirt's name of the network.</param>
    /// <param name="Range">Its addresses.</param>
    internal sealed record AddNetwork(string Name, IPNetwork Range) : ConfigEdit;

    /// <summary>Removes a network.</summary>
    /// <param name="Name">Its name.</param>
    internal sealed record RemoveNetwork(string Name) : ConfigEdit;

    /// <summary>Sets a key of the file itself to true or false.</summary>
    /// <param name="Key">debug or strict.</param>
    /// <param name="Value">The value.</param>
    internal sealed record SetFlag(string Key, bool Value) : ConfigEdit;

    /// <summary>Sets the file's "backend".</summary>
    /// <param name="Name">auto, iptables or nftables.</param>
    internal sealed record SetBackend(string Name) : ConfigEdit;

    /// <summary>Sets the file's "public_ip".</summary>
    /// <param name="Addresses">The host's addresses; empty: every one.</param>
    internal sealed record SetPublic(ImmutableArray<IPAddress> Addresses) : ConfigEdit;
}

/// <summary>Keys that a machine and a forward may both have; null: not said.</summary>
/// <param name="PublicAddresses">The host's addresses; empty: every one.</param>
/// <param name="Sources">Who may connect.</param>
/// <param name="Interface">A machine's interface on the host.</param>
/// <param name="Localhost">Whether 127.0.0.1 on the host reaches the forwards too.</param>
/// <param name="Snat">Whether what the guest opens itself leaves with the public address.</param>
internal sealed record Extras(
    ImmutableArray<IPAddress>? PublicAddresses = null,
    ImmutableArray<IPNetwork>? Sources = null,
    string? Interface = null,
    bool? Localhost = null,
    bool? Snat = null)
{
    /// <summary>Nothing said.</summary>
    public static Extras None { get; } = new();
}

/// <summary>What came of an edit.</summary>
/// <param name="Content">The new file; null if the edit was refused.</param>
/// <param name="Refusal">Why, as one line.</param>
internal sealed record EditResult(byte[]? Content, string? Refusal);
