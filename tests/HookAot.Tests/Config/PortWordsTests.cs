using HookAot.Config;

namespace HookAot.Tests.Config;

public class PortWordsTests
{
    private const string Services = """
        # Network services, Internet style
        ssh		22/tcp				# SSH Remote Login Protocol
        domain		53/tcp
        domain		53/udp
        tftp		69/udp
        http		80/tcp		www
        https		443/tcp
        https		443/udp
        nonsense
        odd             22
        """;

    private static string? Parse(string text, out string meaning)
    {
        var ports = new List<TypedPort>();
        var mistake = new PortWords(() => new(Services), "/etc/services").Read(text, ports);
        meaning = string.Join(' ', ports);
        return mistake;
    }

    [Test]
    [Arguments("8080:80", "8080:80")]
    [Arguments("192.168.0.166:8080:80", "192.168.0.166:8080:80")]
    [Arguments("127.0.0.1:8080", "127.0.0.1:8080")]
    [Arguments("[fd00::1]:8080:80/udp", "[fd00::1]:8080:80/udp")]
    [Arguments("80,443", "80 443")]
    [Arguments("80,8443:443/tcp+udp", "80/tcp+udp 8443:443/tcp+udp")]
    [Arguments("53/udp,80,443/tcp", "53/udp 80/tcp 443/tcp")]
    [Arguments("192.168.0.166:80,443", "192.168.0.166:80 192.168.0.166:443")]
    [Arguments("ssh", "22")]
    [Arguments("2222:ssh", "2222:22")]
    [Arguments("www,https", "80 443")]
    [Arguments("domain", "53")]
    [Arguments("domain/udp", "53/udp")]
    [Arguments("tftp", "69/udp")]
    [Arguments("8069:tftp", "8069:69/udp")]
    [Arguments("192.168.0.166:2222:ssh", "192.168.0.166:2222:22")]
    public async Task What_people_type_is_understood(string text, string meaning)
    {
        await Assert.That(Parse(text, out var understood)).IsNull();
        await Assert.That(understood).IsEqualTo(meaning);
    }

    [Test]
    [Arguments("htps", "found 'htps'; /etc/services has no service 'htps'; did you mean \"https\"?")]
    [Arguments("odd", "/etc/services has no service 'odd'")]
    [Arguments("80,", "found '80,': found ''")]
    [Arguments("fd00::1:8080:80", "/etc/services has no service 'fd00'")]
    [Arguments("[fd00::1]:0", "found '[fd00::1]:0': found '0'")]
    [Arguments("[192.168.0.1]:80", "found '[192.168.0.1]:80'")]
    [Arguments("192.168.0.256:80", "found '192.168.0.256:80'")]
    [Arguments("192.168.0.1:", "found '192.168.0.1:': found ''")]
    public async Task What_is_not_understood_says_so(string text, string words) =>
        await Assert.That(Parse(text, out _)).StartsWith(words.StartsWith('/') ? $"found '{text}'; {words}" : words);
}
