using System.Collections.Immutable;
using System.Net;
using HookAot.Model;

namespace HookAot.Config;

/// <summary>One change to config.json. Classes, not records: nothing compares two of them.</summary>
internal abstract class ConfigEdit
{
    private ConfigEdit()
    {
    }

    /// <summary>Whether what is there already, or what is absent, refuses the edit, as it did the ancestor's.</summary>
    public bool IsStrict { get; init; }

    /// <summary>The guest that it is about; null where it is about all of them.</summary>
    public virtual string? Guest => null;

    /// <summary>Adds a machine.</summary>
    /// <param name="name">libvirt's name of the domain.</param>
    /// <param name="addresses">Its own addresses; empty: learned from libvirt.</param>
    /// <param name="extras">What else the entry says.</param>
    internal sealed class AddMachine(string name, ImmutableArray<IPAddress> addresses, Extras? extras = null)
        : ConfigEdit
    {
        public string Name => name;

        public ImmutableArray<IPAddress> Addresses => addresses;

        public Extras Extras => extras ?? Extras.None;

        /// <summary>Its forwards.</summary>
        public ImmutableArray<(PortNotation Port, Extras? Extras)> Ports { get; init; } = [];

        /// <inheritdoc/>
        public override string? Guest => name;
    }

    /// <summary>Changes a machine's keys; those that are not said stay as they are.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="addresses">Its own addresses; null: they stay.</param>
    /// <param name="extras">What else changes.</param>
    internal sealed class SetMachine(string name, ImmutableArray<IPAddress>? addresses, Extras extras) : ConfigEdit
    {
        public string Name => name;

        public ImmutableArray<IPAddress>? Addresses => addresses;

        public Extras Extras => extras;

        /// <inheritdoc/>
        public override string? Guest => name;
    }

    /// <summary>Gives a machine another name; all that its entry says stays.</summary>
    /// <param name="name">Its name so far.</param>
    /// <param name="newName">Its name from now on.</param>
    internal sealed class RenameMachine(string name, string newName) : ConfigEdit
    {
        public string Name => name;

        public string NewName => newName;

        /// <inheritdoc/>
        public override string? Guest => newName;
    }

    /// <summary>Removes a machine with all its forwards.</summary>
    /// <param name="name">Its name.</param>
    internal sealed class RemoveMachine(string name) : ConfigEdit
    {
        public string Name => name;

        /// <inheritdoc/>
        public override string? Guest => name;
    }

    /// <summary>Adds a forward. One of the same port whose time has ended makes room for it.</summary>
    /// <param name="machine">The machine's name.</param>
    /// <param name="port">The ports and protocols.</param>
    /// <param name="extras">Who may connect, to which address, how long.</param>
    internal sealed class AddPort(string machine, PortNotation port, Extras? extras = null) : ConfigEdit
    {
        public string Machine => machine;

        public PortNotation Port => port;

        public Extras Extras => extras ?? Extras.None;

        /// <summary>Whether the machine's entry is made; asked only where there is none.</summary>
        public Func<bool> MakesMachine { get; init; } = () => false;

        /// <summary>The present, in seconds since 1970.</summary>
        public long Now { get; init; }

        /// <inheritdoc/>
        public override string? Guest => machine;
    }

    /// <summary>Changes what a forward says, in its place.</summary>
    /// <param name="machine">The machine's name.</param>
    /// <param name="port">Which one, as for <see cref="RemovePort"/>.</param>
    /// <param name="to">Its ports on the guest; null: they stay.</param>
    /// <param name="extras">What else changes.</param>
    internal sealed class SetPort(string machine, TypedPort port, PortRange? to, Extras extras) : ConfigEdit
    {
        public string Machine => machine;

        public TypedPort Port => port;

        public PortRange? To => to;

        public Extras Extras => extras;

        /// <summary>The present, in seconds since 1970.</summary>
        public long Now { get; init; }

        /// <inheritdoc/>
        public override string? Guest => machine;
    }

    /// <summary>Removes a forward, however it was written.</summary>
    /// <param name="machine">The machine's name.</param>
    /// <param name="port">
    /// The port on the host; the guest's port, the protocol and the host's address where they matter.
    /// </param>
    internal sealed class RemovePort(string machine, TypedPort port) : ConfigEdit
    {
        public string Machine => machine;

        public TypedPort Port => port;

        /// <inheritdoc/>
        public override string? Guest => machine;
    }

    /// <summary>Adds a network.</summary>
    /// <param name="name">libvirt's name of the network.</param>
    /// <param name="range">Its addresses.</param>
    /// <param name="comment">What it is for; null: not said.</param>
    internal sealed class AddNetwork(string name, IPNetwork range, string? comment = null) : ConfigEdit
    {
        public string Name => name;

        public IPNetwork Range => range;

        public string? Comment => comment;
    }

    /// <summary>Removes a network.</summary>
    /// <param name="name">Its name.</param>
    internal sealed class RemoveNetwork(string name) : ConfigEdit
    {
        public string Name => name;
    }

    /// <summary>Sets a key of the file itself to true or false.</summary>
    /// <param name="key">debug or strict.</param>
    /// <param name="value">The value.</param>
    internal sealed class SetFlag(string key, bool value) : ConfigEdit
    {
        public string Key => key;

        public bool Value => value;
    }

    /// <summary>Sets the file's "backend".</summary>
    /// <param name="name">auto, iptables or nftables.</param>
    internal sealed class SetBackend(string name) : ConfigEdit
    {
        public string Name => name;
    }

    /// <summary>Sets the file's "public_ip".</summary>
    /// <param name="addresses">The host's addresses; empty: every one.</param>
    internal sealed class SetPublic(ImmutableArray<IPAddress> addresses) : ConfigEdit
    {
        public ImmutableArray<IPAddress> Addresses => addresses;
    }
}

/// <summary>What came of an edit.</summary>
internal sealed class EditResult
{
    /// <summary>The new file, or the same one; null if the edit was refused.</summary>
    public byte[]? Content { get; init; }

    /// <summary>Why it was refused, as one line.</summary>
    public string? Refusal { get; init; }

    /// <summary>Why there was nothing to do, as one line.</summary>
    public string? Note { get; init; }

    /// <summary>
    /// What of the same guest has the port already, and how to change it, as one line: the reason, should the new file
    /// give a port away twice.
    /// </summary>
    public string? Rival { get; init; }
}
