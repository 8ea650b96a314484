using System.Globalization;

namespace HookAot.Model;

/// <summary>Times in config.json: RFC 3339 in UTC to the second, such as 2026-11-28T18:00:00Z.</summary>
internal static class UtcTime
{
    private const string Form = "0000-00-00T00:00:00Z";

    /// <summary>Reads one.</summary>
    /// <returns>Seconds since 1970; null for anything else.</returns>
    public static long? Parse(string text)
    {
        if (text.Length != Form.Length) return null;
        for (var i = 0; i < Form.Length; i++)
            if (Form[i] == '0' ? !char.IsAsciiDigit(text[i]) : text[i] != Form[i]) return null;

        var (year, month, day) = (Number(text, 0, 4), Number(text, 5, 2), Number(text, 8, 2));
        var (hour, minute, second) = (Number(text, 11, 2), Number(text, 14, 2), Number(text, 17, 2));
        if (year < 1970 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month)) return null;
        if (hour > 23 || minute > 59 || second > 59) return null;
        return (new DateTime(year, month, day, hour, minute, second) - DateTime.UnixEpoch).Ticks
            / TimeSpan.TicksPerSecond;
    }

    /// <summary>The time, which <see cref="Parse"/> reads back.</summary>
    public static string Text(long time)
    {
        var t = DateTime.UnixEpoch.AddTicks(time * TimeSpan.TicksPerSecond);
        return string.Create(CultureInfo.InvariantCulture,
            $"{t.Year:d4}-{t.Month:d2}-{t.Day:d2}T{t.Hour:d2}:{t.Minute:d2}:{t.Second:d2}Z");
    }

    private static int Number(string text, int at, int digits) =>
        int.Parse(text.AsSpan(at, digits), NumberStyles.None, CultureInfo.InvariantCulture);
}
