using System.Text;
using System.Xml;
using HookAot.Host;

namespace HookAot.Tests.Host;

/// <summary>The kinds of interfaces that a guest may have, as libvirt writes them.</summary>
public sealed class DomainXmlTests
{
    [Test]
    [Arguments("<interface type='network'><source network='n' bridge='virbr0'/><target dev='vnet0'/></interface>",
        "network n virbr0 vnet0 ")]
    [Arguments("<interface type='bridge'><source bridge='br0'/><vlan><tag id='42'/></vlan></interface>",
        "bridge  br0  ")]
    [Arguments("<interface type='direct'><source dev='eth0' mode='bridge'/><target dev='macvtap0'/></interface>",
        "direct   macvtap0 eth0")]
    [Arguments("<interface type='direct'><source network='n' dev='eth0' mode='private'/></interface>",
        "direct n   eth0")]
    [Arguments("<interface type='direct'><source dev='eth0' mode='vepa'/></interface>", "direct    ")]
    [Arguments("<interface type='direct'><source dev='../etc' mode='bridge'/></interface>", "direct    ")]
    [Arguments("<interface type='network'><source network='n'/><actual type='direct'>" +
        "<source dev='eth0' mode='bridge'/></actual></interface>", "direct n   eth0")]
    [Arguments("<interface type='network'><source network='n'/><actual type='bridge'><source bridge='br0'/></actual>" +
        "</interface>", "bridge n br0  ")]
    [Arguments("<interface type='user'><backend type='passt'/><source dev='eth0'/></interface>", "user    ")]
    [Arguments("<interface/>", "    ")]
    public async Task An_interface_is_read_with_its_kind(string xml, string expected)
    {
        var domain = $"<domain><name>web</name><devices>{xml}</devices></domain>";
        var nic = DomainXml.ReadInterfaces(new MemoryStream(Encoding.UTF8.GetBytes(domain))).Single();
        await Assert.That($"{nic.Kind} {nic.Network} {nic.Bridge} {nic.Target} {nic.Device}").IsEqualTo(expected);
    }

    [Test]
    [Arguments("<domain xmlns:")]
    [Arguments("<domain><devices><interface x:")]
    [Arguments("<domain x:='y'/>")]
    public async Task What_ends_within_a_name_is_no_XML(string xml)
    {
        var bytes = Encoding.UTF8.GetBytes(xml);
        await Assert.That(() => DomainXml.Read(new MemoryStream(bytes))).Throws<XmlException>();
        await Assert.That(() => NetworkXml.Read(new MemoryStream(bytes))).Throws<XmlException>();
    }
}
