using HookAot.Backends;
using HookAot.Host;

namespace HookAot.Tests.Host;

/// <summary>The file that says what the last converge left.</summary>
public sealed class RulesLeftTests
{
    private static readonly RulesLeft Some = new(
        uint.MaxValue,
        new(new Dictionary<string, ulong[]> { ["HOOKAOT-DNAT"] = [1, ulong.MaxValue], ["HOOKAOT-LOCAL"] = [] }),
        ChainContents.Nothing);

    [Test]
    public async Task It_is_read_as_it_was_written()
    {
        var read = RulesLeft.Parse(Some.Bytes());
        await Assert.That(read!.Generation).IsEqualTo(uint.MaxValue);
        await Assert.That(read.Of(ipv4: true).Chains.Keys).IsEquivalentTo(["HOOKAOT-DNAT", "HOOKAOT-LOCAL"]);
        await Assert.That(read.Ipv4.Chains["HOOKAOT-DNAT"]).IsEquivalentTo(new ulong[] { 1, ulong.MaxValue });
        await Assert.That(read.Ipv4.Chains["HOOKAOT-LOCAL"]).IsEmpty();
        await Assert.That(read.Of(ipv4: false).Chains).IsEmpty();
    }

    [Test]
    public async Task One_that_is_cut_off_or_too_long_or_of_another_layout_is_as_if_it_were_not_there()
    {
        var bytes = Some.Bytes();
        for (var length = 0; length < bytes.Length; length++)
            await Assert.That(RulesLeft.Parse(bytes.AsSpan(0, length))).IsNull();

        await Assert.That(RulesLeft.Parse([.. bytes, 0])).IsNull();
        bytes[3]++;
        await Assert.That(RulesLeft.Parse(bytes)).IsNull();
    }

    [Test]
    [Arguments(8)]
    [Arguments(12)]
    [Arguments(28)]
    public async Task A_length_that_cannot_be_true_takes_no_memory(int at)
    {
        var bytes = Some.Bytes();
        bytes.AsSpan(at, sizeof(uint)).Fill(0xff);
        await Assert.That(RulesLeft.Parse(bytes)).IsNull();
    }
}
