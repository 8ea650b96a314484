using System.Globalization;
using HookAot.Model;
using HookAot.Rules;

namespace HookAot.Host;

/// <summary>What the watcher has done and why, in sentences of the log.</summary>
internal static class WatchReport
{
    private const int MostNames = 3;

    /// <summary>Whether somebody has taken out rules of ours, or put others before them.</summary>
    public static bool IsDamage(Changes changes, Healing healing) =>
        (changes.Kinds & (Change.Config | Change.Leases | Change.Guests)) == 0 && !healing.Found.IsEmpty;

    /// <summary>"firewalld[812]", or several; empty if the kernel has not told.</summary>
    public static string Culprits(Changes changes)
    {
        var hits = changes.Commits.Where(c => !c.Hit.IsEmpty).ToList();
        var names = (hits.Count > 0 ? hits : changes.Commits).Select(c => c.ToString()).Distinct().Take(MostNames);
        return string.Join(", ", names);
    }

    /// <summary>The sentences, each with its fields.</summary>
    /// <param name="changes">What was noticed.</param>
    /// <param name="healing">What was done.</param>
    /// <param name="milliseconds">How long it took.</param>
    public static IEnumerable<string> Lines(Changes changes, Healing healing, long milliseconds)
    {
        var fields = new List<(string, string)>
        {
            ("ms", milliseconds.ToString(CultureInfo.InvariantCulture)),
        };
        foreach (var forward in healing.Added) fields.Add((StructuredData.Added, forward.Describe()));
        foreach (var forward in healing.Removed) fields.Add((StructuredData.Removed, forward.Describe()));

        if (IsDamage(changes, healing)) return [Damage(changes, fields, milliseconds)];
        if (changes.Kinds.HasFlag(Change.Config)) return [Edited(healing, fields)];
        var guests = Guests(healing).ToList();
        if (guests.Count > 0) return guests;
        return healing.Found.IsEmpty
            ? []
            : [StructuredData.Append("the rules are what they should be again", [(StructuredData.Kind, "repair"), .. fields])];
    }

    private static string Damage(Changes changes, List<(string, string)> fields, long milliseconds)
    {
        var who = Culprits(changes);
        var chains = changes.Commits.SelectMany(c => c.Hit).Distinct().Count();
        var sentence = (who.Length, chains) switch
        {
            (0, _) => string.Create(CultureInfo.InvariantCulture,
                $"rules were not what they should be; put right in {milliseconds} ms"),
            (_, 0) => string.Create(CultureInfo.InvariantCulture,
                $"rules were no longer what they should be after {who}; put right in {milliseconds} ms"),
            _ => string.Create(CultureInfo.InvariantCulture,
                $"rules were taken out by {who} ({chains} {(chains == 1 ? "chain" : "chains")}); " +
                $"back in {milliseconds} ms"),
        };
        return StructuredData.Append(
            sentence,
            [
                (StructuredData.Kind, "repair"),
                ("who", who),
                ("chains", chains.ToString(CultureInfo.InvariantCulture)),
                .. fields,
            ]);
    }

    private static string Edited(Healing healing, List<(string, string)> fields)
    {
        var sentence = string.Create(CultureInfo.InvariantCulture,
            $"config.json was edited: {healing.Added.Length} forwards more, {healing.Removed.Length} fewer");
        return StructuredData.Append(sentence, [(StructuredData.Kind, "edit"), .. fields]);
    }

    /// <summary>A line for each guest whose forwards have come or gone.</summary>
    private static IEnumerable<string> Guests(Healing healing)
    {
        var leases = healing.Desired.Seen.Leases.Select(l => l.Address).ToHashSet();
        foreach (var forwards in healing.Added.GroupBy(f => f.Guest))
        {
            var guest = Printable.Escape(forwards.Key);
            var address = forwards.First().Target;
            var source = leases.Contains(address) ? " (DHCP)" : "";
            var sentence = string.Create(CultureInfo.InvariantCulture,
                $"{guest} has {address} now{source}; {forwards.Count()} forwards in force");
            yield return StructuredData.Append(
                sentence,
                [
                    (StructuredData.Kind, "lease"),
                    ("guest", forwards.Key),
                    ("address", $"{address}"),
                    .. forwards.Select(f => (StructuredData.Added, f.Describe())),
                ]);
        }

        foreach (var forwards in healing.Removed.GroupBy(f => f.Guest))
        {
            if (healing.Added.Any(f => f.Guest == forwards.Key)) continue;
            var sentence = string.Create(CultureInfo.InvariantCulture,
                $"{Printable.Escape(forwards.Key)} is no longer served; {forwards.Count()} forwards are out");
            yield return StructuredData.Append(
                sentence,
                [
                    (StructuredData.Kind, "gone"),
                    ("guest", forwards.Key),
                    .. forwards.Select(f => (StructuredData.Removed, f.Describe())),
                ]);
        }
    }
}
