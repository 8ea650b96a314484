using HookAot.Host;

namespace HookAot.Tests.Posix;

/// <summary>When a wait has to end.</summary>
public sealed class DeadlineTests
{
    private const int Hour = 3_600_000, Minute = 60_000;

    [Test]
    public async Task What_has_passed_has_nothing_left()
    {
        await Assert.That(default(Deadline).HasPassed).IsTrue();
        await Assert.That(Deadline.In(0).HasPassed).IsTrue();
        await Assert.That(Deadline.In(-Minute).Remaining).IsEqualTo(0);
    }

    [Test]
    public async Task What_is_to_come_has_no_more_left_than_it_was_given()
    {
        await Assert.That(Deadline.In(Hour).HasPassed).IsFalse();
        await Assert.That(Deadline.In(Hour).Remaining).IsBetween(Minute, Hour);
        await Assert.That(Deadline.In(int.MaxValue).Remaining).IsGreaterThan(Hour);
    }

    [Test]
    public async Task At_most_is_the_earlier_of_both()
    {
        await Assert.That(Deadline.In(Hour).AtMost(Minute).Remaining).IsLessThanOrEqualTo(Minute);
        await Assert.That(Deadline.In(Minute).AtMost(Hour).Remaining).IsLessThanOrEqualTo(Minute);
        await Assert.That(Deadline.In(0).AtMost(Hour).HasPassed).IsTrue();
    }
}
