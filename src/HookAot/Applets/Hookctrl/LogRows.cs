using System.Globalization;
using HookAot.Host;
using HookAot.Model;

namespace HookAot.Applets.Hookctrl;

/// <summary>Lines of the log become rows.</summary>
internal static class LogRows
{
    /// <summary>The row; null for a line that its sender may not have written.</summary>
    public static LogRow? Of(LogLine line)
    {
        var change = line.Change;
        var (user, uid) = (change["user"], change["uid"]);
        if (line.Stranger is { } sender)
        {
            // Every user may write into the log. One who edits a config is the one that the journal knows; what only
            // root can do they have not done.
            if (change.Kind != "config") return null;
            (user, uid) = (Caller.OfUid(sender).Name, sender.ToString(CultureInfo.InvariantCulture));
        }

        string[] added = change.All(StructuredData.Added), removed = change.All(StructuredData.Removed);
        return new(
            LocalTime.Rfc3339(line.Time),
            change.Kind,
            change["event"],
            Guests(line, added, removed),
            user,
            uid,
            change["command"],
            change["file"],
            change["who"],
            change["address"],
            change.Sentence,
            added,
            removed,
            Number(change[StructuredData.More]))
        {
            Seconds = line.Time,
        };
    }

    /// <summary>Whether a row is about a guest: it is named, or one of its forwards came or went.</summary>
    public static bool IsAbout(LogRow row, string guest)
    {
        if (row.Guest.Contains(guest)) return true;
        var begin = $"{Printable.Escape(guest)}: ";
        return row.Added.Concat(row.Removed).Any(f => f.StartsWith(begin, StringComparison.Ordinal));
    }

    private static string[] Guests(LogLine line, string[] added, string[] removed)
    {
        var named = line.Change.All("guest");
        if (line.Tag == LogLine.NetworkTag) return [.. named.Select(n => $"network {n}")];
        if (named.Length > 0 || line.Change.Kind == "config") return named;

        // "web: 192.168.0.166:8080/tcp -> 192.168.122.2:80"
        var forwards = added.Concat(removed);
        return [.. forwards.Select(f => f[..Math.Max(f.IndexOf(": ", StringComparison.Ordinal), 0)]).Distinct()];
    }

    private static long Number(string? text) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
}
