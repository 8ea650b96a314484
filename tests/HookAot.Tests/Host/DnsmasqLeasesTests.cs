using HookAot.Host;

namespace HookAot.Tests.Host;

/// <summary>The files of libvirt's lease helper, whole and broken.</summary>
public sealed class DnsmasqLeasesTests
{
    private const string One = """{ "ip-address": "10.0.0.5", "mac-address": "52:54:00:aa:00:02", "expiry-time": 2 }""";

    [Test]
    public async Task Leases_of_both_families_are_read_with_their_end()
    {
        using var host = new HostFiles();
        host.Write("dnsmasq/virbr0.status", """
            [
              { "ip-address": "fd00::5", "mac-address": "52:54:00:AA:00:02", "server-duid": "0", "expiry-time": 1700 },
              { "ip-address": "fd00::6", "client-id": "00:03:00:01:52:54:00:aa:00:03", "expiry-time": 1701 },
              { "ip-address": "fd00::7", "client-id": "00:04:00:01:52:54:00:aa:00:03", "expiry-time": 1701 },
              { "ip-address": "192.168.122.5", "mac-address": "52:54:00:aa:00:02", "expiry-time": 0, "hostname": "w" },
              { "ip-address": "192.168.122.6", "mac-address": "52:54:00:aa:00:03", "expiry-time": 1 }
            ]
            """);
        host.Write("dnsmasq/virbr1.status", $"[{One}]");
        await Assert.That(Read(host, "virbr0", "virbr1")).IsEqualTo("""
            virbr0 52:54:00:aa:00:02 fd00::5 1700
            virbr0 52:54:00:aa:00:03 fd00::6 1701
            virbr0 52:54:00:aa:00:02 192.168.122.5 0
            virbr0 52:54:00:aa:00:03 192.168.122.6 1
            virbr1 52:54:00:aa:00:02 10.0.0.5 2
            """);
    }

    [Test]
    [Arguments("")]
    [Arguments("[")]
    [Arguments("{}")]
    [Arguments("[null, 1, \"x\", [], {}]")]
    [Arguments("""[{ "ip-address": "192.168.122.5", "mac-address": "52:54:00:aa:00:02" }]""")]
    [Arguments("""[{ "ip-address": "192.168.122.5", "mac-address": "52:54:00:aa:00:02", "expiry-time": "1" }]""")]
    [Arguments("""[{ "ip-address": "192.168.122.5", "mac-address": "52:54:00:aa:00:02", "expiry-time": 1e99 }]""")]
    [Arguments("""[{ "ip-address": "192.168.122.5", "mac-address": null, "expiry-time": 1 }]""")]
    [Arguments("""[{ "ip-address": "192.168.122.5", "mac-address": "\ud800", "expiry-time": 1 }]""")]
    [Arguments("""[{ "ip-address": "1; reboot", "mac-address": "52:54:00:aa:00:02", "expiry-time": 1 }]""")]
    [Arguments("""[{ "ip-a\ud800dress": "192.168.122.5", "mac-address": "52:54:00:aa:00:02", "expiry-time": 1 }]""")]
    [Arguments("""[{ "ip-address": 1, "mac-address": "52:54:00:aa:00:02", "expiry-time": 1 }]""")]
    public async Task What_is_no_lease_is_passed_over(string content)
    {
        using var host = new HostFiles();
        host.Write("dnsmasq/virbr0.status", content);
        await Assert.That(Read(host, "virbr0")).IsEmpty();
    }

    [Test]
    public async Task A_broken_entry_leaves_the_others()
    {
        using var host = new HostFiles();
        host.Write("dnsmasq/virbr0.status", $$"""[{ "ip-address": 1 }, {{One}}]""");
        await Assert.That(Read(host, "virbr0")).IsEqualTo("virbr0 52:54:00:aa:00:02 10.0.0.5 2");
    }

    [Test]
    public async Task A_bridge_without_a_file_or_with_a_name_that_is_none_has_no_leases()
    {
        using var host = new HostFiles();
        host.Write("x.status", $"[{One}]");
        await Assert.That(Read(host, "br0", "../x", "", "a/b")).IsEmpty();
    }

    private static string Read(HostFiles host, params string[] bridges) => string.Join('\n',
        DnsmasqLeases.Read(host.Paths, bridges).Select(l => $"{l.Bridge} {l.Mac} {l.Address} {l.ExpiresAt}"));
}
