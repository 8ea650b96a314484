using HookAot.Host;

namespace HookAot.Tests.Host;

/// <summary>The MAC address within a DHCP unique identifier.</summary>
public sealed class DuidTests
{
    [Test]
    [Arguments("00:01:00:01:2c:5f:3a:10:52:54:00:AA:00:02", "52:54:00:aa:00:02")]
    [Arguments("00:03:00:01:52:54:00:aa:00:02", "52:54:00:aa:00:02")]
    [Arguments("0:3:0:1:52:54:0:aa:0:2", "52:54:00:aa:00:02")]
    public async Task One_that_is_made_of_a_mac_address_has_it_at_its_end(string duid, string mac) =>
        await Assert.That(Duid.Mac(duid)).IsEqualTo(mac);

    [Test]
    [Arguments("")]
    [Arguments("0")]
    [Arguments("52:54:00:aa:00:02")]
    [Arguments("01:52:54:00:aa:00:02")]
    [Arguments("00:02:00:00:ab:11:52:54:00:aa:00:02:00:00")]
    [Arguments("00:04:7e:7d:f0:7d:a8:bc:c5:d2:13:32:11:ed:16:ea:84:63")]
    [Arguments("00:03:00:06:52:54:00:aa:00:02")]
    [Arguments("00:03:00:01:52:54:00:aa:00:02:03")]
    [Arguments("00:03:00:01:52:54:00:aa:00")]
    [Arguments("00:01:00:01:52:54:00:aa:00:02")]
    [Arguments("00:03:00:01:52:54:00:aa:00:+2")]
    [Arguments("00:03:00:01:52:54:00:aa:00:002")]
    [Arguments("00:03:00:01:52:54:00:aa:00:zz")]
    public async Task Any_other_has_none(string duid) => await Assert.That(Duid.Mac(duid)).IsNull();
}
