using System.Globalization;

namespace HookAot.Model;

/// <summary>Times in config.json: RFC 3339 in UTC to the second, such as 2026-11-28T18:00:00Z.</summary>
internal static class UtcTime
{
    private const string Form = "0000-00-00T00:00:00Z";
    private const int DaySeconds = 24 * 60 * 60, FirstYear = 1970;

    /// <summary>Reads one.</summary>
    /// <returns>Seconds since 1970; null for anything else.</returns>
    public static long? Parse(string text)
    {
        if (text.Length != Form.Length) return null;
        for (var i = 0; i < Form.Length; i++)
            if (Form[i] == '0' ? !char.IsAsciiDigit(text[i]) : text[i] != Form[i]) return null;

        var (year, month, day) = (Number(text, 0, 4), Number(text, 5, 2), Number(text, 8, 2));
        var (hour, minute, second) = (Number(text, 11, 2), Number(text, 14, 2), Number(text, 17, 2));
        if (year < FirstYear || month is < 1 or > 12 || day < 1 || day > DaysOf(year, month)) return null;
        if (hour > 23 || minute > 59 || second > 59) return null;

        var days = DaysBefore(year) - DaysBefore(FirstYear) + day - 1L;
        for (var before = 1; before < month; before++) days += DaysOf(year, before);
        return (days * DaySeconds) + (hour * 3600) + (minute * 60) + second;
    }

    /// <summary>The time, which <see cref="Parse"/> reads back.</summary>
    public static string Text(long time)
    {
        var (days, rest) = Math.DivRem(time, DaySeconds);
        var (year, month) = (FirstYear, 1);
        for (; days >= DaysOf(year); year++) days -= DaysOf(year);
        for (; days >= DaysOf(year, month); month++) days -= DaysOf(year, month);
        return string.Create(CultureInfo.InvariantCulture,
            $"{year:d4}-{month:d2}-{days + 1:d2}T{rest / 3600:d2}:{rest / 60 % 60:d2}:{rest % 60:d2}Z");
    }

    /// <summary>How many days lie before a year, counted from year 1 of the calendar as it is now.</summary>
    private static int DaysBefore(int year) =>
        (365 * (year - 1)) + ((year - 1) / 4) - ((year - 1) / 100) + ((year - 1) / 400);

    private static int DaysOf(int year) => DaysBefore(year + 1) - DaysBefore(year);

    private static int DaysOf(int year, int month) => month switch
    {
        2 => DaysOf(year) - 337,
        4 or 6 or 9 or 11 => 30,
        _ => 31,
    };

    private static int Number(string text, int at, int digits) =>
        int.Parse(text.AsSpan(at, digits), NumberStyles.None, CultureInfo.InvariantCulture);
}
