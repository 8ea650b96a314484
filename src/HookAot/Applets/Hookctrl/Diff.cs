using System.Globalization;
using System.Text;
using HookAot.Model;

namespace HookAot.Applets.Hookctrl;

/// <summary>
/// What a change does to a file, in the unified format. One edit changes one place, so one hunk is enough.
/// </summary>
internal static class Diff
{
    private const int Context = 3;

    /// <summary>The difference; empty if there is none.</summary>
    public static string Unified(string file, byte[] before, byte[] after)
    {
        var (old, now) = (Lines(before), Lines(after));
        var same = CommonStart(old, now);
        var end = CommonStart(old.Skip(same).Reverse(), now.Skip(same).Reverse());
        if (same == old.Length && same == now.Length) return "";
        var from = Math.Max(0, same - Context);
        var tail = Math.Min(end, Context);
        var text = new StringBuilder();
        var name = Printable.Escape(file);
        text.Append(CultureInfo.InvariantCulture, $"--- {name}\n+++ {name}\n");
        var (oldCount, newCount) = (old.Length - end + tail - from, now.Length - end + tail - from);
        text.Append(CultureInfo.InvariantCulture, $"@@ -{from + 1},{oldCount} +{from + 1},{newCount} @@\n");
        Add(' ', old[from..same]);
        Add('-', old[same..(old.Length - end)]);
        Add('+', now[same..(now.Length - end)]);
        Add(' ', old[(old.Length - end)..(old.Length - end + tail)]);
        return text.ToString();

        void Add(char mark, string[] lines)
        {
            foreach (var line in lines) text.Append(mark).Append(Printable.Escape(line)).Append('\n');
        }
    }

    /// <summary>The lines that are new and those that are gone, without their indentation.</summary>
    public static void Changes(byte[] before, byte[] after, out List<string> added, out List<string> removed)
    {
        var (old, now) = (Lines(before), Lines(after));
        var same = CommonStart(old, now);
        var end = CommonStart(old.Skip(same).Reverse(), now.Skip(same).Reverse());
        removed = [.. Trimmed(old[same..(old.Length - end)])];
        added = [];
        foreach (var line in Trimmed(now[same..(now.Length - end)]))
            if (!removed.Remove(line)) added.Add(line);
    }

    private static IEnumerable<string> Trimmed(string[] lines) =>
        lines.Select(line => line.Trim()).Where(line => line.Length > 0);

    private static int CommonStart(IEnumerable<string> a, IEnumerable<string> b) =>
        a.Zip(b).TakeWhile(pair => pair.First == pair.Second).Count();

    private static string[] Lines(byte[] file) =>
        file.Length == 0 ? [] : Encoding.UTF8.GetString(file).TrimEnd('\n').Split('\n');
}
