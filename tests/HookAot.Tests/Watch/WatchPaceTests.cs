using HookAot.Host;

namespace HookAot.Tests.Watch;

/// <summary>When the watcher looks.</summary>
public sealed class WatchPaceTests
{
    [Test]
    public async Task It_looks_soon_and_no_more_than_twice_a_second()
    {
        var pace = new WatchPace();
        await Assert.That(pace.LookAt(10_000)).IsEqualTo(10_050);
        pace.Looked(10_060, unasked: null);
        // The second of a burst does not wait; the third does.
        await Assert.That(pace.LookAt(10_070)).IsEqualTo(10_120);
        pace.Looked(10_130, unasked: null);
        await Assert.That(pace.LookAt(10_140)).IsEqualTo(11_060);
        pace.Failed(11_070);
        await Assert.That(pace.LookAt(11_080)).IsEqualTo(11_130);
        await Assert.That(pace.LookAt(13_000)).IsEqualTo(13_050);
        pace.Looked(13_060, unasked: null);
        await Assert.That(pace.LookAtRules()).IsLessThanOrEqualTo(13_060);
        await Assert.That(pace.Next).IsNull();
    }

    [Test]
    public async Task What_tells_nothing_is_looked_at_unasked()
    {
        var pace = new WatchPace();
        pace.Looked(1_000, WatchPace.Unasked);
        await Assert.That(pace.Next).IsEqualTo(31_000);
        pace.Looked(2_000, unasked: null);
        await Assert.That(pace.Next).IsNull();
    }

    [Test]
    public async Task A_failure_is_tried_again_ever_more_rarely_and_forgotten_once_all_is_well()
    {
        var pace = new WatchPace();
        var pauses = new List<long>();
        for (var i = 0; i < 11; i++)
        {
            pace.Failed(0);
            pauses.Add(pace.Retry);
        }

        await Assert.That(pauses).IsEquivalentTo(
            [1_000L, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 128_000, 256_000, 300_000, 300_000]);
        // Rules alone do not hasten it, though they never wait for longer than in a fight.
        await Assert.That(pace.LookAtRules()).IsEqualTo(64_000);
        pace.Looked(500_000, unasked: null);
        await Assert.That(pace.LookAtRules()).IsEqualTo(500_000);
        pace.Failed(600_000);
        await Assert.That(pace.Retry).IsEqualTo(1_000);
    }

    [Test]
    public async Task A_fight_is_five_damages_in_ten_seconds_and_its_pauses_grow()
    {
        var pace = new WatchPace();
        for (var i = 0; i < 4; i++) await Assert.That(pace.Repaired(2_000 * i)).IsFalse();
        await Assert.That(pace.Repaired(9_000)).IsTrue();
        await Assert.That(pace.LookAtRules()).IsEqualTo(11_000);

        var now = 9_000L;
        var pauses = new List<int>();
        for (var i = 0; i < 7; i++)
        {
            now = pace.LookAtRules() + 10;
            await Assert.That(pace.Repaired(now)).IsTrue();
            pauses.Add(pace.Pause);
        }

        await Assert.That(pauses).IsEquivalentTo([4_000, 8_000, 16_000, 32_000, 64_000, 64_000, 64_000]);
        // What fails in a pause does not end it.
        pace.Failed(now + 1);
        await Assert.That(pace.Next).IsEqualTo(now + 64_000);
    }

    /// <summary>Two reloads of firewalld in ten seconds were a fight: each takes rules out several times.</summary>
    [Test]
    public async Task Repairs_within_two_seconds_are_of_one_damage_but_a_fight_without_a_break_is_one()
    {
        var pace = new WatchPace();
        foreach (var reload in (int[])[0, 2_500, 5_000, 7_500])
        {
            foreach (var table in (int[])[0, 510, 1_100]) await Assert.That(pace.Repaired(reload + table)).IsFalse();
        }

        pace = new WatchPace();
        var now = 0;
        while (now < 60_000 && !pace.Repaired(now)) now += 510;
        await Assert.That(now).IsLessThanOrEqualTo(10_000);
    }

    [Test]
    public async Task Repairs_that_are_far_apart_and_peace_after_a_fight_are_no_fight()
    {
        var pace = new WatchPace();
        for (var i = 0; i < 20; i++) await Assert.That(pace.Repaired(3_000 * i)).IsFalse();

        for (var i = 0; i < 5; i++) pace.Repaired(100_000 + (2_000 * i));
        await Assert.That(pace.Pause).IsEqualTo(2_000);
        await Assert.That(pace.Repaired(200_000)).IsFalse();
        await Assert.That(pace.Pause).IsEqualTo(0);
    }
}
