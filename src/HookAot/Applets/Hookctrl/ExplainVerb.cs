using System.CommandLine;
using HookAot.Backends;
using HookAot.Host;
using HookAot.Model;
using HookAot.Rules;

namespace HookAot.Applets.Hookctrl;

/// <summary>hookctrl explain: the rules of a forward, each with a sentence.</summary>
internal static class ExplainVerb
{
    /// <summary>The verb.</summary>
    public static Command Make()
    {
        var target = new Argument<string>("NAME[:PORT]")
        {
            Description = "A guest, and perhaps one of its public ports.",
        }.WithForwards();
        const string description = "Show the rules that a forward needs, in the order in which a packet meets them, " +
            "and what each of them does.";
        var explain = new Command("explain", description) { target };
        explain.SetAction(parsed => Run(Session.Of(parsed), parsed.GetValue(target)!));
        return explain;
    }

    private static int Run(Session session, string target)
    {
        if (!Session.IsRoot("see the rules")) return Session.Refused;
        var desired = Desired.Now(session.Paths);
        var asked = Patient.Of(session, desired, target);
        if (WhyNothing(asked) is { } reason)
        {
            Session.Say(reason);
            return Session.Refused;
        }

        var rules = new List<ExplainedRule>();
        var wanted = desired.Ruleset.OnlyFor(asked.Name, asked.Translations);
        foreach (var ipv4 in (bool[])[true, false])
        {
            if (wanted.OfFamily(ipv4).IsEmpty) continue;
            var (some, all) = (
                desired.Backend.ForIptables(wanted, ipv4), desired.Backend.ForIptables(desired.Ruleset, ipv4));
            rules.AddRange(Explanation.Iptables(some, all, ipv4));
            var ofNft = desired.Backend.ForNft(wanted).OfFamily(ipv4);
            rules.AddRange(Explanation.Nft(ofNft, ipv4, desired.Backend.LibvirtUsesNftables));
        }

        if (session.Json) HookctrlJson.Write(Rows(rules));
        else Print(asked, rules);
        return Session.Done;
    }

    private static string? WhyNothing(Patient asked)
    {
        var name = Printable.Shown(asked.Name);
        if (asked.Machine is not { } machine)
        {
            var names = asked.Desired.Config.Config?.Machines.Select(m => m.Name) ?? [];
            return $"\"{name}\" is not in \"machines\"{asked.NearestOf(names)}";
        }

        if (asked.Forwards.Count == 0)
        {
            return machine.Forwards.IsEmpty
                ? $"\"{name}\" has no forwards; hookctrl port add {asked.Word} 8080:80"
                : $"\"{name}\" does not forward {Printable.Shown(asked.Port ?? "")}; hookctrl show {asked.Word}";
        }

        if (asked.Active is null) return $"\"{name}\" does not run: its rules come when it starts";
        return asked.Translations.Count > 0 ? null : $"no rule is needed; hookctrl doctor {asked.Word} says why";
    }

    private static ExplainedRow[] Rows(List<ExplainedRule> rules)
    {
        var rows = new List<ExplainedRow>();
        foreach (var step in Enum.GetValues<PacketStep>())
        {
            foreach (var rule in rules)
                if (rule.Step == step) rows.Add(new(rule.Place, rule.Rule, rule.Sentence));
        }

        return [.. rows];
    }

    private static void Print(Patient asked, List<ExplainedRule> rules)
    {
        foreach (var translation in asked.Translations) Output.Write($"{Output.Bold(translation.Describe())}\n");
        var place = "";
        foreach (var row in Rows(rules))
        {
            if (row.Place != place) Output.Write($"\n{row.Place}\n");
            place = row.Place;
            foreach (var line in Wrapping.Hanging("  ", Printable.Escape(row.Rule), Terminal.Columns))
                Output.Write(line + "\n");
            foreach (var line in Wrapping.Hanging("    ", row.Sentence, Terminal.Columns)) Output.Write(line + "\n");
        }

        Output.Write("\nIn the kernel one rule may serve several forwards; 'hookctrl status' says what is there.\n");
    }
}
