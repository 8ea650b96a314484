using System.Globalization;
using System.Runtime.InteropServices;

namespace HookAot.Host;

/// <summary>
/// Times of day on this host, by libc, which reads /etc/localtime and TZ: .NET's TimeZoneInfo costs more of the binary.
/// </summary>
internal static unsafe partial class LocalTime
{
    private const int DaySeconds = 24 * 60 * 60;

    // struct tm of glibc on 64 bits: nine ints, the offset from UTC in seconds, a name.
    [StructLayout(LayoutKind.Sequential)]
    private struct Tm
    {
        public int Second, Minute, Hour, Day, Month, Year, WeekDay, YearDay, IsDst;
        public long Offset;
        public nint Zone;
    }

    /// <summary>Seconds since 1970.</summary>
    public static long Now => DateTimeOffset.UtcNow.ToUnixTimeSeconds();

    /// <summary>"2026-11-24 20:17:35", for people.</summary>
    public static string Show(long time)
    {
        var t = Broken(time);
        return string.Create(CultureInfo.InvariantCulture,
            $"{t.Year + 1900:d4}-{t.Month + 1:d2}-{t.Day:d2} {t.Hour:d2}:{t.Minute:d2}:{t.Second:d2}");
    }

    /// <summary>"2026-11-24T20:17:35+01:00", for programs (RFC 3339).</summary>
    public static string Rfc3339(long time)
    {
        var minutes = (int)(Broken(time).Offset / 60);
        var (sign, size) = minutes < 0 ? ('-', -minutes) : ('+', minutes);
        return string.Create(CultureInfo.InvariantCulture,
            $"{Show(time).Replace(' ', 'T')}{sign}{size / 60:d2}:{size % 60:d2}");
    }

    /// <summary>How long: "30s", "15m", "2h" or "3d", at most a century.</summary>
    /// <returns>Seconds; null where it is none of these.</returns>
    public static long? Duration(string text)
    {
        const long Longest = 100L * 366 * DaySeconds;
        if (text is not [.. var digits, var unit] || Seconds(unit) is not (var seconds and > 0)) return null;
        return long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            && count > 0 && count <= Longest / seconds ? count * seconds : null;
    }

    /// <summary>How far back: "30s", "15m", "2h", "3d", or a date of this host's clock, maybe a time.</summary>
    /// <param name="text">What was typed.</param>
    /// <param name="now">The present.</param>
    /// <returns>Seconds since 1970; null where it is none of these.</returns>
    public static long? Since(string text, long now)
    {
        if (text is [.. var digits, var unit] && Seconds(unit) is var seconds and > 0)
        {
            return long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var count)
                && count <= now / seconds ? now - (count * seconds) : null;
        }

        if (text.Length == "2026-11-24".Length) return Stamp($"{text} 00:00:00", out _);
        return Stamp(text.Length == "2026-11-24 18:00".Length ? $"{text}:00" : text, out var length) is { } time
            && (length == text.Length || length == text.Length + ":00".Length) ? time : null;
    }

    /// <summary>
    /// The time at the beginning of a line of a syslog file: "Nov 24 20:17:35" (RFC 3164), or
    /// "2026-11-24T20:17:35.123456+01:00" (RFC 5424), where a zone is optional and a space may stand for the T.
    /// </summary>
    /// <param name="line">The line.</param>
    /// <param name="length">How many characters it takes.</param>
    /// <param name="now">The present: the older form has no year, and is not of the future.</param>
    /// <returns>Seconds since 1970; null where there is none.</returns>
    public static long? Stamp(ReadOnlySpan<char> line, out int length, long? now = null)
    {
        length = 0;
        if (line.Length < OldStamp.Length) return null;
        return char.IsAsciiDigit(line[0]) ? NewStamp(line, out length) : OldStampOf(line, now ?? Now, out length);
    }

    private const string OldStamp = "Nov 24 20:17:35", Months = "JanFebMarAprMayJunJulAugSepOctNovDec";

    private static long? OldStampOf(ReadOnlySpan<char> line, long now, out int length)
    {
        length = OldStamp.Length;
        var month = Months.AsSpan().IndexOf(line[..3], StringComparison.Ordinal);
        if (month < 0 || month % 3 != 0 || line[3] != ' ' || line[6] != ' ') return null;
        var day = line[4] == ' ' ? Number(line, 5, 1) : Number(line, 4, 2);
        var tm = new Tm { Year = Broken(now).Year, Month = month / 3, Day = day };
        if (!Clock(line, 7, ref tm)) return null;

        // A day of patience: a clock may be put back, and a sender may be in another zone.
        var time = Made(tm);
        if (time is null || time <= now + DaySeconds) return time;
        tm.Year--;
        return Made(tm);
    }

    private static long? NewStamp(ReadOnlySpan<char> line, out int length)
    {
        length = "2026-11-24T20:17:35".Length;
        if (line.Length < length || line[4] != '-' || line[7] != '-' || line[10] is not ('T' or ' ')) return null;
        var tm = new Tm { Year = Number(line, 0, 4) - 1900, Month = Number(line, 5, 2) - 1, Day = Number(line, 8, 2) };
        if (!Clock(line, 11, ref tm)) return null;

        var i = length;
        if (i < line.Length && line[i] is '.' or ',')
            for (i++; i < line.Length && char.IsAsciiDigit(line[i]); i++) length = i + 1;
        if (i < line.Length && line[i] == 'Z')
        {
            length = i + 1;
            return Made(tm, inUtc: true);
        }

        if (i + "+01:00".Length > line.Length || line[i] is not ('+' or '-') || line[i + 3] != ':') return Made(tm);
        var (hours, minutes) = (Number(line, i + 1, 2), Number(line, i + 4, 2));
        if (hours < 0 || minutes < 0) return null;
        length = i + "+01:00".Length;
        var offset = (hours * 3600) + (minutes * 60);
        return Made(tm, inUtc: true) - (line[i] == '-' ? -offset : offset);
    }

    private static bool Clock(ReadOnlySpan<char> line, int at, ref Tm tm)
    {
        if (line[at + 2] != ':' || line[at + 5] != ':') return false;
        (tm.Hour, tm.Minute, tm.Second) = (Number(line, at, 2), Number(line, at + 3, 2), Number(line, at + 6, 2));
        return tm is { Year: >= 70, Month: >= 0 and < 12, Day: >= 1 and <= 31 }
            && tm is { Hour: >= 0 and < 24, Minute: >= 0 and < 60, Second: >= 0 and <= 60 };
    }

    private static int Number(ReadOnlySpan<char> text, int at, int digits) =>
        int.TryParse(text.Slice(at, digits), NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : -1;

    private static long Seconds(char unit) => unit switch
    {
        's' => 1,
        'm' => 60,
        'h' => 60 * 60,
        'd' => DaySeconds,
        _ => 0,
    };

    private static Tm Broken(long time)
    {
        var tm = default(Tm);
        _ = localtime_r(&time, &tm);
        return tm;
    }

    // libc takes a 31st of February for a day in March: what it makes of a date has to be that date.
    private static long? Made(Tm tm, bool inUtc = false)
    {
        var day = tm.Day;
        tm.IsDst = -1;
        var time = inUtc ? timegm(&tm) : mktime(&tm);
        return tm.Day == day || tm.Second == 60 ? time : null;
    }

    [LibraryImport("libc")]
    private static partial Tm* localtime_r(long* time, Tm* tm);

    [LibraryImport("libc")]
    private static partial long mktime(Tm* tm);

    [LibraryImport("libc")]
    private static partial long timegm(Tm* tm);
}
