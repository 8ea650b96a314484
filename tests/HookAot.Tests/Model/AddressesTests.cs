using HookAot.Model;

namespace HookAot.Tests.Model;

public class AddressesTests
{
    [Test]
    [Arguments("1")]
    [Arguments("0x7f.1")]
    [Arguments("010.0.0.1")]
    [Arguments("10.0.0.1\0")]
    [Arguments("[::1]")]
    [Arguments("::1]")]
    [Arguments("fe80::1%eth0")]
    [Arguments("::ffff:10.0.0.1")]
    public async Task What_is_no_address_is_refused(string text) =>
        await Assert.That(Addresses.TryParse(text, out _)).IsFalse();

    [Test]
    [Arguments("10.0.0.0/33")]
    [Arguments("10.0.0.1/8")]
    [Arguments("10.0.0.0/8\0")]
    [Arguments("10.0.0.0/")]
    public async Task What_is_no_network_is_refused(string text) =>
        await Assert.That(Addresses.TryParseNetwork(text, out _)).IsFalse();
}
