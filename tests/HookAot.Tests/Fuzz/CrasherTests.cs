using HookAot.Host;

namespace HookAot.Tests.Fuzz;

/// <summary>What a search has found that belongs to no other test.</summary>
public sealed class CrasherTests
{
    [Test]
    [Arguments(7UL, 7L)]
    [Arguments(ulong.MaxValue, 0L)]
    [Arguments(1UL << 63, 0L)]
    public async Task A_counter_that_no_packets_reach_is_not_given_back_as_a_negative_number(ulong packets, long read)
    {
        var elements = new List<NfElement>();
        NfMessage.Elements(NetlinkSeeds.Counted(packets), elements);
        await Assert.That(elements.Single().Packets).IsEqualTo(read);
        await Assert.That(elements.Single().Bytes).IsEqualTo(read);
    }
}
