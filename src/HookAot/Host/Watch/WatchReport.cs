using System.Globalization;
using HookAot.Model;
using HookAot.Rules;

namespace HookAot.Host;

/// <summary>What the watcher has done and why, in sentences of the log.</summary>
internal static class WatchReport
{
    private const int MostNames = 3;

    /// <summary>Whether somebody has taken out rules of ours, or put others before them.</summary>
    public static bool IsDamage(Changes changes, Healing healing) => !healing.Found.IsEmpty && !healing.HasNews
        && changes.Kinds.HasFlag(Change.Rules)
        && ((changes.Kinds & (Change.Config | Change.Leases | Change.Guests)) == 0 || IsHit(changes));

    /// <summary>"firewalld[812]", or several; empty if the kernel has not told.</summary>
    public static string Culprits(Changes changes)
    {
        var names = Names(changes, onlyHits: true);
        return string.Join(", ", names.Count > 0 ? names : Names(changes, onlyHits: false));
    }

    /// <summary>The sentences, each with its fields.</summary>
    /// <param name="changes">What was noticed.</param>
    /// <param name="healing">What was done.</param>
    /// <param name="milliseconds">How long it took.</param>
    public static List<string> Lines(Changes changes, Healing healing, long milliseconds)
    {
        var fields = new List<(string, string)>();
        foreach (var forward in healing.Added) fields.Add((StructuredData.Added, forward.Describe()));
        foreach (var forward in healing.Removed) fields.Add((StructuredData.Removed, forward.Describe()));
        var ms = milliseconds.ToString(CultureInfo.InvariantCulture);

        if (IsDamage(changes, healing)) return [Damage(changes, fields, ms)];
        // At the start nobody knows whether it was edited.
        if (changes.Kinds.HasFlag(Change.Config) && changes.Kinds != Change.Everything)
        {
            var (more, fewer) = (healing.Added.Length, healing.Removed.Length);
            var sentence = string.Create(CultureInfo.InvariantCulture,
                $"config.json was edited: {Count(more)} more, {fewer} fewer");
            return [Line("edit", sentence, ("ms", ms), fields)];
        }

        // What was in force before says nothing new of a guest.
        var lines = healing.HasNews ? Guests(healing, changes.Kinds == Change.Time) : [];
        if (lines.Count == 0 && !healing.Found.IsEmpty)
            lines.Add(Line("repair", $"the rules are what they should be again, after {ms} ms", ("ms", ms), fields));
        return lines;
    }

    private static bool IsHit(Changes changes)
    {
        foreach (var commit in changes.Commits)
            if (!commit.Hit.IsEmpty) return true;
        return false;
    }

    private static List<string> Names(Changes changes, bool onlyHits)
    {
        var names = new List<string>();
        // Whoever was last is named in any case: what others did before was perhaps put right since.
        for (var i = changes.Commits.Count - 1; i >= 0 && names.Count < MostNames; i--)
        {
            if (onlyHits && changes.Commits[i].Hit.IsEmpty) continue;
            var name = changes.Commits[i].ToString();
            if (!names.Contains(name)) names.Insert(0, name);
        }

        return names;
    }

    private static string Damage(Changes changes, List<(string, string)> fields, string ms)
    {
        var who = Culprits(changes);
        var hit = new HashSet<string>(StringComparer.Ordinal);
        foreach (var commit in changes.Commits) hit.UnionWith(commit.Hit);
        var chains = hit.Count.ToString(CultureInfo.InvariantCulture);
        var sentence = (who.Length, hit.Count) switch
        {
            (0, _) => $"rules were not what they should be; put right in {ms} ms",
            (_, 0) => $"rules were no longer what they should be after {who}; put right in {ms} ms",
            (_, 1) => $"rules were taken out by {who} (1 chain); back in {ms} ms",
            _ => $"rules were taken out by {who} ({chains} chains); back in {ms} ms",
        };
        return Line("repair", sentence, ("who", who), [("chains", chains), ("ms", ms), .. fields]);
    }

    /// <summary>A line for each guest whose forwards have come or gone.</summary>
    private static List<string> Guests(Healing healing, bool hasEnded)
    {
        var lines = new List<string>();
        var told = new HashSet<string>(StringComparer.Ordinal);
        foreach (var first in healing.Added)
        {
            if (!told.Add(first.Guest)) continue;
            var fields = Of(first.Guest, StructuredData.Added, healing.Added);
            var source = IsLeased(healing, first) ? " (DHCP)" : "";
            var sentence = $"{Printable.Escape(first.Guest)} has {first.Target} now{source}; " +
                $"{Count(fields.Count)} in force";
            fields.Insert(0, ("address", $"{first.Target}"));
            fields.AddRange(Of(first.Guest, StructuredData.Removed, healing.Removed));
            lines.Add(Line("lease", sentence, ("guest", first.Guest), fields));
        }

        foreach (var first in healing.Removed)
        {
            if (!told.Add(first.Guest)) continue;
            var fields = Of(first.Guest, StructuredData.Removed, healing.Removed);
            var why = hasEnded ? ": the time of a forward has ended" : " is no longer served";
            var sentence = $"{Printable.Escape(first.Guest)}{why}; {Count(fields.Count)} taken out";
            lines.Add(Line("gone", sentence, ("guest", first.Guest), fields));
        }

        return lines;
    }

    private static List<(string, string)> Of(string guest, string name, IEnumerable<Translation> forwards)
    {
        var fields = new List<(string, string)>();
        foreach (var forward in forwards)
            if (forward.Guest == guest) fields.Add((name, forward.Describe()));
        return fields;
    }

    private static bool IsLeased(Healing healing, Translation forward)
    {
        foreach (var lease in healing.Desired.Seen.Leases)
            if (lease.Address.Equals(forward.Target)) return true;
        return false;
    }

    private static string Count(int forwards) =>
        forwards == 1 ? "1 forward" : string.Create(CultureInfo.InvariantCulture, $"{forwards} forwards");

    private static string Line(
        string kind, string sentence, (string Name, string Value) first, List<(string, string)> others) =>
        StructuredData.Append(sentence, [(StructuredData.Kind, kind), first, .. others]);
}
