namespace HookAot.Host;

/// <summary>New connections through the host: with each of them a forward's counters may go up.</summary>
internal sealed class ConnectionEvents() : NetlinkSource(Netlink.Netfilter, Group)
{
    private const int Group = 1; // NFNLGRP_CONNTRACK_NEW

    /// <inheritdoc/>
    protected override void Read(ushort type, ReadOnlySpan<byte> payload, Changes changes) =>
        changes.Add(Change.Connections);

    /// <inheritdoc/>
    protected override void Lost(Changes changes) => changes.Add(Change.Connections);
}
