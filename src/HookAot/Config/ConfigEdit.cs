using System.Collections.Immutable;
using System.Net;
using HookAot.Model;

namespace HookAot.Config;

/// <summary>One change to config.json.</summary>
public abstract record ConfigEdit
{
    private ConfigEdit()
    {
    }

    /// <summary>Adds a machine without forwards.</summary>
    /// <param name="Name">libvirt's name of the domain.</param>
    /// <param name="Address">Its own address.</param>
    public sealed record AddMachine(string Name, IPAddress Address) : ConfigEdit;

    /// <summary>Removes a machine with all its forwards.</summary>
    /// <param name="Name">Its name.</param>
    public sealed record RemoveMachine(string Name) : ConfigEdit;

    /// <summary>Adds a TCP forward.</summary>
    /// <param name="Machine">The machine's name.</param>
    /// <param name="Public">The port on the host.</param>
    /// <param name="Guest">The port on the guest.</param>
    public sealed record AddPort(string Machine, PortRange Public, PortRange Guest) : ConfigEdit;

    /// <summary>Removes a forward, however it was written.</summary>
    /// <param name="Machine">The machine's name.</param>
    /// <param name="Public">The port on the host.</param>
    /// <param name="Guest">The port on the guest; null: whichever it is.</param>
    public sealed record RemovePort(string Machine, PortRange Public, PortRange? Guest) : ConfigEdit;

    /// <summary>Adds a network.</summary>
    /// <param name="Name">libvirt's name of the network.</param>
    /// <param name="Range">Its addresses.</param>
    public sealed record AddNetwork(string Name, IPNetwork Range) : ConfigEdit;

    /// <summary>Removes a network.</summary>
    /// <param name="Name">Its name.</param>
    public sealed record RemoveNetwork(string Name) : ConfigEdit;

    /// <summary>Sets "debug".</summary>
    /// <param name="Value">Whether every command is logged.</param>
    public sealed record SetDebug(bool Value) : ConfigEdit;

    /// <summary>Sets the file's "public_ip".</summary>
    /// <param name="Addresses">The host's addresses; empty: every one.</param>
    public sealed record SetPublic(ImmutableArray<IPAddress> Addresses) : ConfigEdit;
}

/// <summary>What came of an edit.</summary>
/// <param name="Content">The new file; null if the edit was refused.</param>
/// <param name="Refusal">Why, as one line.</param>
public sealed record EditResult(byte[]? Content, string? Refusal);
