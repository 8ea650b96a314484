namespace HookAot.Host;

/// <summary>Links and addresses of the host that come, go or change (rtnetlink(7)).</summary>
internal sealed class NetworkEvents() : NetlinkSource(Route, Links, Addresses4, Addresses6)
{
    private const int Route = 0;                                // NETLINK_ROUTE
    private const int Links = 1, Addresses4 = 5, Addresses6 = 9; // RTNLGRP_LINK, _IPV4_IFADDR, _IPV6_IFADDR

    /// <inheritdoc/>
    protected override void Read(ushort type, ReadOnlySpan<byte> payload, Changes changes) =>
        changes.Add(Change.Network);

    /// <inheritdoc/>
    protected override void Lost(Changes changes) => changes.Add(Change.Network);
}
