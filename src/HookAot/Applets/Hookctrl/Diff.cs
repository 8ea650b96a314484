using System.Globalization;
using System.Text;
using HookAot.Model;

namespace HookAot.Applets.Hookctrl;

/// <summary>What a change does to a file, in the unified format. One edit changes one place, so one hunk is enough.</summary>
internal static class Diff
{
    private const int Context = 3;

    /// <summary>The difference; empty if there is none.</summary>
    public static string Unified(string file, byte[] before, byte[] after)
    {
        var (old, now) = (Lines(before), Lines(after));
        var same = old.Zip(now).TakeWhile(pair => pair.First == pair.Second).Count();
        var end = old.Skip(same).Reverse().Zip(now.Skip(same).Reverse()).TakeWhile(pair => pair.First == pair.Second).Count();
        if (same == old.Length && same == now.Length) return "";
        var from = Math.Max(0, same - Context);
        var tail = Math.Min(end, Context);
        var text = new StringBuilder();
        var name = Printable.Escape(file);
        text.Append(CultureInfo.InvariantCulture, $"--- {name}\n+++ {name}\n");
        text.Append(CultureInfo.InvariantCulture, $"@@ -{from + 1},{old.Length - end + tail - from} +{from + 1},{now.Length - end + tail - from} @@\n");
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

    private static string[] Lines(byte[] file) => file.Length == 0 ? [] : Encoding.UTF8.GetString(file).TrimEnd('\n').Split('\n');
}
