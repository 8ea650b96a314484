using System.Text;
using System.Xml;
using HookAot.Host;
using HookAot.Rules;

namespace HookAot.Tests.Host;

/// <summary>Networks as libvirt writes them: definition, live status file, the hook's stdin.</summary>
public sealed class NetworkXmlTests
{
    private const string Default = """
        <network connections='1'>
          <name>default</name>
          <metadata><x:network xmlns:x='urn:x'><name>no</name><ip address='1.2.3.4' prefix='8'/></x:network></metadata>
          <forward mode='nat'><nat><port start='1024' end='65535'/></nat></forward>
          <bridge name='virbr0' stp='on' delay='0'/>
          <dns><host ip='192.168.122.99'><hostname>web</hostname></host></dns>
          <ip address='192.168.122.1' netmask='255.255.255.0'>
            <dhcp>
              <range start='192.168.122.2' end='192.168.122.254'/>
              <host mac='52:54:00:AA:00:02' name='web' ip='192.168.122.2'><lease expiry='1'/></host>
              <host name='db' ip='192.168.122.3'/>
              <host mac='52:54:00:aa:00:04' name='no-address'/>
            </dhcp>
          </ip>
          <ip family='ipv6' address='fd00::1' prefix='64'>
            <dhcp>
              <host id='0:1' name='web' ip='fd00::2'/><host id='0:2' ip='fd00::3'/>
              <host id='0:3:0:1:52:54:0:AA:0:4' name='x' ip='fd00::4'/>
            </dhcp>
          </ip>
          <route address='10.9.0.0' prefix='16' gateway='192.168.122.9'/>
        </network>
        """;

    private const string Port = """
        <networkport>
          <owner><name>web</name></owner><forward mode='x'/><bridge name='br9'/><ip address='9.9.9.9' prefix='8'/>
        </networkport>
        """;

    [Test]
    [Arguments("{0}")]
    [Arguments("<!-- c --><networkstatus><class_id bitmap='0-2'/>{0}<firewall name='fwRemoval'/></networkstatus>")]
    [Arguments("<hookData>{0}" + Port + "</hookData>")]
    [Arguments("<hookData>" + Port + "{0}</hookData>")]
    public async Task A_network_is_read_from_everything_that_libvirt_puts_around_it(string around)
    {
        var network = Read(around.Replace("{0}", Default, StringComparison.Ordinal))!;
        await Assert.That(network.Name).IsEqualTo("default");
        await Assert.That(network.Bridge).IsEqualTo("virbr0");
        await Assert.That(network.Isolated).IsFalse();
        await Assert.That(string.Join(' ', network.Ranges)).IsEqualTo("192.168.122.0/24 fd00::/64");
        await Assert.That(string.Join(' ', network.BridgeAddresses)).IsEqualTo("192.168.122.1 fd00::1");
        await Assert.That(string.Join(' ', network.Hosts.Select(h => $"{h.Mac}/{h.Name}/{h.Address}")))
            .IsEqualTo("52:54:00:aa:00:02/web/192.168.122.2 /db/192.168.122.3 /web/fd00::2 " +
                "52:54:00:aa:00:04//fd00::4 /x/fd00::4");
    }

    [Test]
    [Arguments("", true)]
    [Arguments("<forward/>", false)]
    [Arguments("<forward mode='nat'/>", false)]
    [Arguments("<forward mode='route' dev='eth0'/>", false)]
    [Arguments("<forward mode='open'/>", false)]
    [Arguments("<forward mode='bridge'/>", false)]
    [Arguments("<forward dev='eth0' mode='passthrough'><interface dev='eth0'/></forward>", false)]
    [Arguments("<forward mode='none'/>", true)]
    [Arguments("<metadata><forward mode='nat'/></metadata>", true)]
    [Arguments("<portgroup name='p'><forward mode='nat'/></portgroup>", true)]
    public async Task A_network_is_isolated_without_a_forward_of_its_own(string xml, bool isolated) =>
        await Assert.That(Read($"<network><name>n</name>{xml}</network>")!.Isolated).IsEqualTo(isolated);

    [Test]
    public async Task A_port_of_an_isolated_network_is_no_way_out() =>
        await Assert.That(Read($"<hookData><network><name>n</name></network>{Port}</hookData>")!.Isolated).IsTrue();

    [Test]
    [Arguments("<ip address='10.1.2.3'/>", "10.0.0.0/8")]
    [Arguments("<ip address='172.16.2.3'/>", "172.16.0.0/16")]
    [Arguments("<ip address='192.168.1.1'/>", "192.168.1.0/24")]
    [Arguments("<ip family='ipv6' address='fd00::1'/>", "fd00::/64")]
    [Arguments("<ip address='192.168.1.1' prefix='99'/>", "")]
    [Arguments("<ip address='192.168.1.1' prefix='-1'/>", "")]
    [Arguments("<ip address='192.168.1' prefix='24'/>", "")]
    [Arguments("<ip/>", "")]
    public async Task A_range_without_a_length_has_the_one_that_libvirt_gives_it(string ip, string range) =>
        await Assert.That(string.Join(' ', Read($"<network><name>n</name>{ip}</network>")!.Ranges)).IsEqualTo(range);

    [Test]
    [Arguments("<network><bridge name='virbr0'/></network>")]
    [Arguments("<network><name/></network>")]
    [Arguments("<domain><devices><network><name>no</name></network></devices></domain>")]
    [Arguments("<hookData/>")]
    public async Task Without_a_network_that_has_a_name_there_is_none(string xml) =>
        await Assert.That(Read(xml)).IsNull();

    [Test]
    [Arguments("")]
    [Arguments("<network><name>n</name>")]
    [Arguments("<!DOCTYPE network [<!ENTITY x 'y'>]><network><name>&x;</name></network>")]
    public async Task What_is_no_xml_is_said(string xml) => await Assert.That(() => Read(xml)).Throws<XmlException>();

    [Test]
    public async Task A_bridge_whose_name_is_none_is_left_out() =>
        await Assert.That(Read("<network><name>n</name><bridge name='../../etc'/></network>")!.Bridge).IsNull();

    private static ObservedNetwork? Read(string xml) => NetworkXml.Read(new MemoryStream(Encoding.UTF8.GetBytes(xml)));
}
