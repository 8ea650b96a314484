using CsCheck;
using HookAot.Model;

namespace HookAot.Tests.Model;

public class PortRangeTests
{
    [Test]
    public async Task What_is_printed_is_read_back()
    {
        var ranges = Gen.Select(Gen.UShort[1, 65535], Gen.UShort[1, 65535])
            .Select((a, b) => new PortRange(Math.Min(a, b), Math.Max(a, b)));
        ranges.Sample(range => PortRange.TryParse(range.ToString(), out var again) && again == range);
        await Assert.That(PortRange.TryParse("8000-8010", out var parsed)).IsTrue();
        await Assert.That(parsed).IsEqualTo(new PortRange(8000, 8010));
    }

    [Test]
    [Arguments("")]
    [Arguments("0")]
    [Arguments("65536")]
    [Arguments("-1")]
    [Arguments("+80")]
    [Arguments(" 80")]
    [Arguments("80-79")]
    [Arguments("80-")]
    [Arguments("80:81")]
    [Arguments("80-81-82")]
    [Arguments("80\0")]
    public async Task What_is_no_port_is_refused(string text) =>
        await Assert.That(PortRange.TryParse(text, out _)).IsFalse();
}
