using System.CommandLine;
using System.CommandLine.Parsing;
using HookAot.Config;
using HookAot.Model;

namespace HookAot.Applets.Hookctrl;

/// <summary>
/// What is wrong with the words of a command line, a line a mistake: which word, what is expected, and the nearest word
/// that would be understood. The library's own messages say less.
/// </summary>
internal sealed class UsageMistakes
{
    private readonly ParseResult parsed;
    private readonly Command command;
    private readonly string name;

    private UsageMistakes(ParseResult parsed)
    {
        this.parsed = parsed;
        command = parsed.CommandResult.Command;
        var path = HelpFlag.PathOf(parsed.CommandResult);
        name = path.Length == 0 ? "" : path + " ";
    }

    /// <summary>The mistakes; empty if there is none.</summary>
    public static List<string> Of(ParseResult parsed) => new UsageMistakes(parsed).Find();

    private List<string> Find()
    {
        List<string> mistakes = [.. UnknownOptions()];
        if (mistakes.Count > 0) return mistakes;
        if (SwappedWords() is { } swapped) return [swapped];
        if (parsed.Errors.Count == 0) return [];
        if (parsed.UnmatchedTokens is [var word, ..]) return [Unknown(word)];
        if (MissingArguments() is { } missing) return [missing];
        foreach (var error in parsed.Errors) mistakes.Add(Printable.Escape(error.Message));
        mistakes.Add(HowToGoOn());
        return mistakes;
    }

    /// <summary>Words that begin as options do, and are none: a port or a guest is not called so.</summary>
    private IEnumerable<string> UnknownOptions()
    {
        var values = new HashSet<Token>(ReferenceEqualityComparer.Instance);
        for (var result = parsed.CommandResult; result is not null; result = result.Parent as CommandResult)
        {
            foreach (var option in result.Children.OfType<OptionResult>()) values.UnionWith(option.Tokens);
        }

        foreach (var token in parsed.Tokens)
        {
            if (token.Type == TokenType.DoubleDash) yield break;
            if (token.Type != TokenType.Argument || values.Contains(token)) continue;
            if (token.Value is not ['-', _, ..]) continue;

            var option = token.Value.Split('=')[0];
            var near = Suggestion.For(option, KnownOptions());
            var meant = near is null ? HowToGoOn() : $"did you mean {near}?";
            yield return $"unknown option {Printable.Shown(option)}; {meant}";
        }
    }

    private IEnumerable<string> KnownOptions()
    {
        for (var result = parsed.CommandResult; result is not null; result = result.Parent as CommandResult)
        {
            foreach (var option in result.Command.Options)
                if (option.Recursive || result == parsed.CommandResult) yield return option.Name;
        }
    }

    /// <summary>"port web add 8080:80" and "port add 8080:80 web"; null if the words are in order.</summary>
    private string? SwappedWords()
    {
        string[] unmatched = [.. parsed.UnmatchedTokens];
        if (Array.FindIndex(unmatched, IsSubcommand) is > 0 and var at)
        {
            string[] sorted = [unmatched[at], .. unmatched[..at], .. unmatched[(at + 1)..]];
            var shown = Printable.Shown(unmatched[0]);
            return $"unknown command '{shown}'; did you mean: hookctrl {name}{Quoted(sorted)}";
        }

        if (unmatched.Length > 0 && command.Arguments.Count > 0 && StandsBeforeTheVerb(unmatched[0]))
        {
            string[] sorted = [.. unmatched, .. command.Arguments.SelectMany(Words)];
            var shown = Printable.Shown(unmatched[0]);
            return $"unknown command '{shown}'; did you mean: hookctrl {name}{Quoted(sorted)}";
        }

        if (command.Arguments is not [Argument<string> guest, Argument<string[]> ports]) return null;
        string[] words = [.. Words(guest), .. Words(ports)];
        if (words.Length < 2 || !IsPort(words[0]) || IsPort(words[^1])) return null;
        return $"the guest comes before the ports; did you mean: hookctrl {name}{Quoted([words[^1], .. words[..^1]])}";
    }

    private bool StandsBeforeTheVerb(string word)
    {
        var tokens = parsed.Tokens.ToList();
        return tokens.FindIndex(t => t.Value == word) < tokens.FindLastIndex(t => t.Type == TokenType.Command);
    }

    private IEnumerable<string> Words(Argument argument) =>
        parsed.GetResult(argument)?.Tokens.Select(token => token.Value) ?? [];

    private bool IsSubcommand(string word) => command.Subcommands.Any(c => c.Name == Aliases.Meant(word));

    private static bool IsPort(string word) => PortNotation.Parse(word, out _) is null;

    private static string Quoted(IEnumerable<string> words) => string.Join(' ', words.Select(ShellWord.Quote));

    private string Unknown(string word)
    {
        var shown = Printable.Shown(word);
        if (command.Subcommands.Count == 0) return $"{name.TrimEnd()}: unexpected '{shown}'; {HowToGoOn()}";
        if (Suggestion.For(word, command.Subcommands.Select(c => c.Name)) is { } near)
            return $"unknown command '{shown}'; did you mean 'hookctrl {name}{near}'?";

        // "add" and "remove" say what is done, and not to what.
        var groups = command.Subcommands
            .Where(group => group.Subcommands.Any(c => c.Name == Aliases.Meant(word)))
            .Select(group => $"'hookctrl {group.Name} {shown}'");
        var meant = string.Join(" or ", groups);
        return meant.Length > 0
            ? $"unknown command '{shown}'; did you mean {meant}?"
            : $"unknown command '{shown}'; {HowToGoOn()}";
    }

    /// <summary>Which arguments the command lacks; null if it lacks none.</summary>
    private string? MissingArguments()
    {
        if (name.Length == 0) return null;
        var lacks = command.Subcommands.Count > 0
            ? string.Join(" or ", command.Subcommands.Select(c => c.Name))
            : string.Join(" and ", command.Arguments.Where(IsMissing).Select(a => a.Name));
        return lacks.Length == 0 ? null : $"{name.TrimEnd()}: expected {lacks}; {HowToGoOn()}";
    }

    private bool IsMissing(Argument argument) =>
        argument.Arity.MinimumNumberOfValues > 0 && parsed.GetResult(argument) is not { Tokens.Count: > 0 };

    private string HowToGoOn() => name.Length == 0
        ? "'hookctrl --help' lists the commands"
        : $"'hookctrl {name}--help' explains";

}
