using System.CommandLine;
using System.CommandLine.Completions;
using HookAot.Model;

namespace HookAot.Applets.Hookctrl;

/// <summary>hookctrl completion: scripts for shells, and the words that those ask for.</summary>
internal static class CompletionVerb
{
    private static readonly string[] Shells = ["bash", "zsh", "fish"];

    /// <summary>The verb.</summary>
    public static Command Make()
    {
        var shell = new Argument<string>("SHELL") { Description = "bash, zsh or fish." };
        shell.With(_ => Shells);
        const string description = "Print a script that completes hookctrl's words, guests and ports in a shell.";
        var completion = new Command("completion", description) { shell };
        completion.SetAction(parsed => Run(Session.Of(parsed), parsed.GetValue(shell)!));
        return completion;
    }

    private static int Run(Session session, string shell)
    {
        if (!Shells.Contains(shell))
            return Session.RefuseUsage([ArgumentParser.Mistake("completion", shell, "bash, zsh or fish")]);

        // Where install.sh puts them.
        const string Share = "/usr/local/share";
        var (script, path) = shell switch
        {
            "bash" => (CompletionScripts.Bash, $"{Share}/bash-completion/completions/hookctrl"),
            "zsh" => (CompletionScripts.Zsh, $"{Share}/zsh/site-functions/_hookctrl"),
            _ => (CompletionScripts.Fish, $"{Share}/fish/vendor_completions.d/hookctrl.fish"),
        };
        if (session.Json) HookctrlJson.Write(new CompletionReport(shell, path, script));
        else Output.Write(script);
        return Session.Done;
    }

    /// <summary>Prints what the last of the words may become, a line each.</summary>
    public static int CompleteLast(ParseResult parsed, string[] words)
    {
        var last = words.Length > 0 ? words[^1] : "";
        var replies = Completions(parsed, words)
            .Select(c => c.Label)
            .Where(reply => reply.StartsWith(last, StringComparison.Ordinal))
            // Options only when asked for: --help is not looked for among the guests.
            .Where(reply => last.StartsWith('-') || !reply.StartsWith('-'))
            // Nothing that a terminal or a shell would take for something else.
            .Where(reply => reply.Length > 0 && reply == Printable.Escape(reply))
            .Distinct();
        Output.Write(string.Concat(replies.Select(reply => reply + "\n")));
        return Session.Done;
    }

    private static IEnumerable<CompletionItem> Completions(ParseResult parsed, string[] words)
    {
        // The library takes an option's half-written value for the next word.
        var before = words.Length > 1 ? words[^2] : "";
        var option = parsed.CommandResult.Command.Options
            .FirstOrDefault(o => o.Name == before && o.Arity.MaximumNumberOfValues > 0);
        return option is null
            ? parsed.GetCompletions()
            : option.CompletionSources.SelectMany(source => source(parsed.GetCompletionContext()));
    }
}
