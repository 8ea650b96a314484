using HookAot.Host;

namespace HookAot.Tests.Posix;

/// <summary>Times as they are typed, and as syslog files have them.</summary>
public sealed class LocalTimeTests
{
    private const long Now = 1_795_551_455; // 2026-11-24 20:17:35 UTC

    [Test]
    [Arguments("30s", 30)]
    [Arguments("15m", 15 * 60)]
    [Arguments("2h", 2 * 60 * 60)]
    [Arguments("3d", 3 * 24 * 60 * 60)]
    [Arguments("0s", 0)]
    public async Task A_span_counts_back(string text, long seconds) =>
        await Assert.That(LocalTime.Since(text, Now)).IsEqualTo(Now - seconds);

    [Test]
    [Arguments("2026-11-24", "2026-11-24 00:00:00")]
    [Arguments("2026-11-24 18:00", "2026-11-24 18:00:00")]
    [Arguments("2026-11-24T18:00:05", "2026-11-24 18:00:05")]
    [Arguments("2024-02-29", "2024-02-29 00:00:00")]
    public async Task A_date_is_this_hosts(string text, string shown)
    {
        var local = DateTime.Parse(shown, System.Globalization.CultureInfo.InvariantCulture);
        var expected = new DateTimeOffset(local).ToUnixTimeSeconds();
        await Assert.That(LocalTime.Since(text, Now)).IsEqualTo(expected);
        await Assert.That(LocalTime.Show(expected)).IsEqualTo(shown);
        await Assert.That(DateTimeOffset.Parse(LocalTime.Rfc3339(expected), null).ToUnixTimeSeconds())
            .IsEqualTo(expected);
    }

    [Test]
    [Arguments("")]
    [Arguments("h")]
    [Arguments("5")]
    [Arguments("5x")]
    [Arguments("-5h")]
    [Arguments("+5h")]
    [Arguments("1.5h")]
    [Arguments("99999999999999999999d")]
    [Arguments("9999999999d")]
    [Arguments("yesterday")]
    [Arguments("2026-11-2")]
    [Arguments("2026-13-24")]
    [Arguments("2026-02-30")]
    [Arguments("2026-11-24 25:00")]
    [Arguments("2026-11-24 18:00 nonsense")]
    [Arguments("2026-11-24 18")]
    [Arguments("Nov 24 20:")]
    public async Task What_is_no_time_is_none(string text) =>
        await Assert.That(LocalTime.Since(text, Now)).IsNull();

    [Test]
    [Arguments("2026-11-24T20:17:35.123456+00:00 host x", 32, 0)]
    [Arguments("2026-11-24T20:17:35Z host x", 20, 0)]
    [Arguments("2026-11-24T22:47:35+02:30 host x", 25, 0)]
    [Arguments("2026-11-24T15:17:35.5-05:00 host x", 27, 0)]
    [Arguments("2026-11-24T20:17:36+00:00", 25, 1)]
    public async Task A_stamp_with_a_zone_is_that_moment(string line, int length, long later)
    {
        await Assert.That(LocalTime.Stamp(line, out var found, Now)).IsEqualTo(Now + later);
        await Assert.That(found).IsEqualTo(length);
    }

    [Test]
    [Arguments("Nov 24 20:17:35 host x", "2026-11-24 20:17:35")]
    [Arguments("Nov  4 20:17:35 host x", "2026-11-04 20:17:35")]
    [Arguments("Nov 25 12:00:00 host x", "2026-11-25 12:00:00")]
    [Arguments("Nov 27 12:00:00 host x", "2025-11-27 12:00:00")]
    [Arguments("Dec 31 23:59:59 host x", "2025-12-31 23:59:59")]
    [Arguments("2026-11-24 20:17:35 host x", "2026-11-24 20:17:35")]
    public async Task A_stamp_without_a_zone_is_this_hosts_and_not_of_the_future(string line, string shown)
    {
        var time = LocalTime.Stamp(line, out var length, Now);
        await Assert.That(time is { } found ? LocalTime.Show(found) : "none").IsEqualTo(shown);
        await Assert.That(line[length]).IsEqualTo(' ');
    }

    [Test]
    [Arguments("")]
    [Arguments("Nov")]
    [Arguments("Now 24 20:17:35 host")]
    [Arguments("ovD 24 20:17:35 host")]
    [Arguments("Nov 32 20:17:35 host")]
    [Arguments("Feb 31 20:17:35 host")]
    [Arguments("Nov 24 20:61:35 host")]
    [Arguments("Nov 24 2x:17:35 host")]
    [Arguments("2026-11-24")]
    [Arguments("2026-11-24T20:17:3")]
    [Arguments("2026-11-24T20:17:35+0x:00")]
    [Arguments("0000-11-24T20:17:35Z")]
    [Arguments("[ 1234.567] kernel: x")]
    public async Task What_is_no_stamp_is_none(string line) =>
        await Assert.That(LocalTime.Stamp(line, out _, Now)).IsNull();
}
