using System.Net;
using HookAot.Model;
using HookAot.Rules;

namespace HookAot.Tests.Rules;

/// <summary>A translation in words.</summary>
public sealed class TranslationTextTests
{
    private static readonly Translation Web = new(
        "web",
        IPAddress.Parse("192.168.0.166"),
        Protocol.Tcp,
        new(8080, 8080),
        null,
        IPAddress.Parse("192.168.122.2"),
        new(80, 80));

    [Test]
    public async Task It_names_what_was_connected_to_and_where_that_goes()
    {
        await Assert.That(Web.Describe()).IsEqualTo("web: 192.168.0.166:8080/tcp -> 192.168.122.2:80");
        await Assert.That((Web with { Source = IPNetwork.Parse("10.0.0.0/8") }).Describe())
            .IsEqualTo("web: 192.168.0.166:8080/tcp -> 192.168.122.2:80 from 10.0.0.0/8");
        await Assert.That((Web with { Public = null, Protocol = Protocol.Udp }).Describe())
            .IsEqualTo("web: any:8080/udp -> 192.168.122.2:80");
        await Assert.That((Web with { PublicPorts = new(5000, 5002), TargetPorts = new(9000, 9002) }).Describe())
            .IsEqualTo("web: 192.168.0.166:5000-5002/tcp -> 192.168.122.2:9000-9002");
    }

    [Test]
    public async Task A_name_does_not_drive_a_terminal() =>
        await Assert.That((Web with { Guest = "\e[2Jweb\n" }).Describe()).StartsWith("\\u001b[2Jweb\\u000a: ");
}
