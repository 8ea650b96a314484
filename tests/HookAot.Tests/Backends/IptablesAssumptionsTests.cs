using HookAot.Backends;

namespace HookAot.Tests.Backends;

/// <summary>How often a jump is assumed to be there, once a chain turns out to be in use.</summary>
public sealed class IptablesAssumptionsTests
{
    private const int MostJumps = 16;

    [Test]
    public async Task A_chain_that_stays_in_use_is_kept_after_as_many_jumps_as_there_may_be()
    {
        var assumptions = Leaving();
        var tries = 0;
        while (assumptions.KeptChains.Count == 0 && tries < 2 * MostJumps)
        {
            await Assert.That(assumptions.Learn(Removal(assumptions))).IsTrue();
            tries++;
        }

        await Assert.That(tries).IsEqualTo(MostJumps);
        foreach (var jump in IptablesLayout.Named("accept").Jumps)
            await Assert.That(Removals(assumptions, jump)).IsEqualTo(MostJumps);
        await Assert.That(assumptions.KeptChains.Single().Chain).IsEqualTo(IptablesLayout.Forwards);
        await Assert.That(assumptions.Script.Count(l => l.Kind == LineKind.ChainRemoval)).IsEqualTo(1);
    }

    [Test]
    public async Task A_jump_that_was_counted_is_not_guessed_again()
    {
        var assumptions = Leaving();
        var jump = IptablesLayout.Named("accept").Jumps[0];
        var other = IptablesLayout.Named("accept").Jumps[1];
        var refused = assumptions.Script.First(l => l.Kind == LineKind.JumpRemoval && l.Subject == jump);
        await Assert.That(assumptions.Learn(refused)).IsTrue();
        await Assert.That(Removals(assumptions, jump)).IsEqualTo(0);
        await Assert.That(assumptions.Learn(Removal(assumptions))).IsTrue();
        await Assert.That(Removals(assumptions, jump)).IsEqualTo(0);
        await Assert.That(Removals(assumptions, other)).IsEqualTo(2);
    }

    private static IptablesAssumptions Leaving()
    {
        var plans = IptablesAssumptions.Plans(WantedRules.Nothing, ipv4: true, p => p.Name == "accept");
        return new IptablesAssumptions(WantedRules.Nothing, plans, ipv4: true);
    }

    private static ScriptLine Removal(IptablesAssumptions assumptions) =>
        assumptions.Script.First(l => l.Kind == LineKind.ChainRemoval);

    private static int Removals(IptablesAssumptions assumptions, string jump) =>
        assumptions.Script.Count(l => l.Kind == LineKind.JumpRemoval && l.Subject == jump);
}
