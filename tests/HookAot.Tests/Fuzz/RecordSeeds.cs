using HookAot.Host;
using HookAot.Rules;

namespace HookAot.Tests.Fuzz;

/// <summary>A record and an event with everything in them.</summary>
internal static class RecordSeeds
{
    private static readonly GuestInterface Full = new("52:54:00:00:00:01", "default", "virbr0", "vnet0")
    {
        Kind = "network",
        Device = "eth0",
    };

    /// <summary>A record.</summary>
    public static byte[] State { get; } = RecordJson.Bytes(new HostState(
        [new("qemu", "web \"1\" 网", [Full, new(null, null, null, null)], 12345678901, true)],
        [new("default", -1)],
        [new("iptables", true, ["translate"]), new("nftables", false, []), new("hairpin", true)],
        [new("192.168.0.166", 53, 65535, "10.0.0.0/8", "192.168.122.2 53"), new(null, 1, 1, null, "x")],
        [new("52:54:00:00:00:01", "192.168.122.77")],
        ["web", "db"],
        [new("bad", "line 3 failed")],
        "iptables",
        "/etc/libvirt/hooks/config.json",
        true)
    {
        Localnet = ["virbr0"],
    });

    /// <summary>An event.</summary>
    public static byte[] Event { get; } = RecordJson.Bytes(new HostEvent("lxc", "web", true, [Full]));
}
