using HookAot.Host;
using HookAot.Model;
using Microsoft.Extensions.Logging;

namespace HookAot.Applets.Hookctrl;

/// <summary>
/// A log for a program: an object a line on standard output, as 'hookctrl log --follow --json' has them.
/// </summary>
internal static class JsonLog
{
    /// <summary>Writes a line.</summary>
    public static void Write(LogLevel level, string text) => HookctrlJson.WriteLine(Row(level, text));

    private static LogRow Row(LogLevel level, string text)
    {
        var now = LocalTime.Now;
        // Only what is told as done has fields; in an error they would be a guest's name.
        if (level == LogLevel.Information && LoggedChange.Parse(text) is { } change
            && LogRows.Of(new(now, "", stranger: null, text, change)) is { } row)
            return row;

        var kind = level switch
        {
            LogLevel.Error or LogLevel.Critical => "error",
            LogLevel.Warning => "warning",
            LogLevel.Information => "note",
            _ => "debug",
        };
        return new(LocalTime.Rfc3339(now), kind, null, [], null, null, null, null, null, null, text, [], [], 0);
    }
}
