using HookAot.Config;

namespace HookAot.Tests.Config;

public class PortNotationTests
{
    [Test]
    [Arguments("8080:80", "8080:80")]
    [Arguments("443", "443")]
    [Arguments("443:443", "443")]
    [Arguments("53:53/udp", "53/udp")]
    [Arguments("5000-5010:6000-6010/TCP+udp", "5000-5010:6000-6010/tcp+udp")]
    public async Task What_people_type_is_understood(string text, string meaning)
    {
        await Assert.That(PortNotation.Parse(text, out var notation)).IsNull();
        await Assert.That(notation!.ToString()).IsEqualTo(meaning);
        await Assert.That(PortNotation.Parse(meaning, out var again)).IsNull();
        await Assert.That(again!.ToString()).IsEqualTo(meaning);
    }

    [Test]
    [Arguments("", "expected PUBLIC[:VM][/PROTOCOL]")]
    [Arguments("80:", "expected after the colon a port from 1 to 65535, or a range 8000-8010")]
    [Arguments("1-2:3", "2 public ports for 1 of the guest's")]
    [Arguments("80/", "expected tcp, udp, sctp or tcp+udp after the slash")]
    [Arguments("80/http", "expected tcp, udp, sctp or tcp+udp after the slash")]
    [Arguments("1:2:3", "expected PUBLIC[:VM][/PROTOCOL]")]
    public async Task What_is_not_understood_says_what_is_expected(string text, string words) =>
        await Assert.That(PortNotation.Parse(text, out _)).Contains(words);
}
