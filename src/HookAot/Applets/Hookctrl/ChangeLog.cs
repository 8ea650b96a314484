using System.Globalization;
using HookAot.Config;
using HookAot.Host;
using HookAot.Model;

namespace HookAot.Applets.Hookctrl;

/// <summary>
/// Tells syslog who changed what by hookctrl, for 'hookctrl log'. Where nobody listens there, the change is made all
/// the same, and without a word.
/// </summary>
internal static class ChangeLog
{
    private const string Tag = "hookctrl";
    private const int MostGuests = 8; // each may be long, and a line is not; who imports more finds them in the diff

    /// <summary>Tells that the config was changed.</summary>
    /// <param name="paths">Which config.</param>
    /// <param name="edits">What was asked for.</param>
    /// <param name="change">What became of the file.</param>
    public static void Edited(HostPaths paths, IEnumerable<ConfigEdit> edits, ConfigChange change)
    {
        var fields = Fields("config", out var by);
        fields.Add(("file", paths.Config));
        var guests = edits.Select(e => e.Guest).OfType<string>().Distinct();
        foreach (var guest in guests.Take(MostGuests)) fields.Add(("guest", guest));
        Diff.Changes(change.Before, change.After, out var added, out var removed);
        Add(fields, added, removed);
        Syslog.TryNote(paths.LogSocket, Tag, StructuredData.Append($"{paths.Config} was changed by {by}", fields));
    }

    /// <summary>Tells what apply changed in the kernel; nothing if that is nothing.</summary>
    public static void Applied(HostPaths paths, IReadOnlyCollection<string> added, IReadOnlyCollection<string> removed)
    {
        if (added.Count + removed.Count == 0) return;
        var fields = Fields("converge", out var by);
        fields.Add(("event", "apply"));
        Add(fields, added, removed);
        var sentence = string.Create(CultureInfo.InvariantCulture,
            $"apply by {by}: {added.Count} forwards more, {removed.Count} fewer");
        Syslog.TryNote(paths.LogSocket, Tag, StructuredData.Append(sentence, fields));
    }

    private static List<(string Name, string Value)> Fields(string kind, out string by)
    {
        var caller = Caller.Now();
        by = caller.Name;
        return
        [
            (StructuredData.Kind, kind),
            ("user", caller.Name),
            ("uid", caller.Uid.ToString(CultureInfo.InvariantCulture)),
            ("command", CommandLine()),
        ];
    }

    private static void Add(
        List<(string Name, string Value)> fields, IEnumerable<string> added, IEnumerable<string> removed)
    {
        foreach (var line in added) fields.Add((StructuredData.Added, line));
        foreach (var line in removed) fields.Add((StructuredData.Removed, line));
    }

    // As it was typed: "hookctrl port add web 8080:80".
    private static string CommandLine()
    {
        var words = Environment.GetCommandLineArgs();
        words[0] = Path.GetFileName(words[0]);
        return string.Join(' ', words.Select(ShellWord.Quote));
    }
}
