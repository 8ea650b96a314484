using System.CommandLine;
using System.CommandLine.Completions;
using HookAot.Config;
using HookAot.Host;
using HookAot.Model;

namespace HookAot.Applets.Hookctrl;

/// <summary>hookctrl completion: scripts for shells, and the words that those ask for.</summary>
internal static class CompletionVerb
{
    private const string Bash = """
        # bash completion for hookctrl: source <(hookctrl completion bash)
        _hookctrl() {
          # COMP_WORDS is of no use: it is split at each colon of "8080:80".
          local line=${COMP_LINE:0:COMP_POINT} words word reply
          read -ra words <<<"$line"
          [[ $line == *[[:space:]] ]] && words+=("")
          word=${words[-1]}
          COMPREPLY=()
          while IFS= read -r reply; do
            printf -v reply %q "$reply"
            [[ $word == *:* && $COMP_WORDBREAKS == *:* ]] && reply=${reply#"${word%"${word##*:}"}"}
            COMPREPLY+=("$reply")
          done < <("${words[0]}" completion words "${words[@]:1}" 2>/dev/null)
        }
        complete -o bashdefault -o default -F _hookctrl hookctrl

        """;

    private const string Zsh = """
        #compdef hookctrl
        # zsh completion for hookctrl: source <(hookctrl completion zsh), or as the file _hookctrl in $fpath
        _hookctrl() {
          local -a replies
          replies=("${(@f)$("${words[1]}" completion words "${(@)words[2,CURRENT]}" 2>/dev/null)}")
          replies=("${(@)replies:#}")
          if (( ${#replies} )); then compadd -- "${(@)replies}"; else _files; fi
        }
        if [[ ${funcstack[1]} == _hookctrl ]]; then _hookctrl "$@"; else compdef _hookctrl hookctrl; fi

        """;

    private const string Fish = """
        # fish completion for hookctrl: hookctrl completion fish | source
        complete -c hookctrl -f -a '(hookctrl completion words (commandline -opc)[2..-1] (commandline -ct) 2>/dev/null)'
        complete -c hookctrl -n '__fish_seen_subcommand_from check import' -F

        """;

    /// <summary>The verb.</summary>
    public static Command Completion()
    {
        var shell = new Argument<string>("SHELL") { Description = "bash, zsh or fish." };
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        var completion = new Command("completion", "Print a script that completes hookctrl's words, guests and ports in a shell.") { shell };
        completion.SetAction(parsed =>
        {
            Output.Write(parsed.GetValue(shell) switch { "bash" => Bash, "zsh" => Zsh, _ => Fish });
            return Session.Done;
        });
        return completion;
    }

    /// <summary>Prints what the last of the words may become, a line each.</summary>
    public static int Words(Command root, string[] words)
    {
        var last = words.Length > 0 ? words[^1] : "";
        var parsed = root.Parse(words, new ParserConfiguration { ResponseFileTokenReplacer = null });
        // The library takes an option's half-written value for the next word.
        var option = words.Length > 1 ? parsed.CommandResult.Command.Options.FirstOrDefault(o => o.Name == words[^2] && o.Arity.MaximumNumberOfValues > 0) : null;
        var replies = (option?.CompletionSources.SelectMany(s => s(parsed.GetCompletionContext())) ?? parsed.GetCompletions())
            .Select(c => c.Label)
            // Options only when asked for: nobody looks for --help among the guests.
            .Where(l => l.StartsWith(last, StringComparison.Ordinal) && (last.StartsWith('-') || !l.StartsWith('-')))
            // Nothing that a terminal or a shell would take for something else.
            .Where(l => l.Length > 0 && l == Printable.Escape(l));
        Output.Write(string.Concat(replies.Distinct().Select(r => r + "\n")));
        return Session.Done;
    }

    /// <summary>Completes an argument with the guests of the config.</summary>
    /// <param name="name">The argument.</param>
    /// <param name="next">The argument after it, if there is one: once that is reached, this one is done.</param>
    public static Argument<string> WithMachines(this Argument<string> name, Argument? next = null) =>
        name.With(context => next is not null && context.ParseResult.GetResult(next)?.Tokens.Count > 0 ? [] : Config(context).Machines.Select(m => m.Name));

    /// <summary>Completes an argument with the guests that libvirt knows.</summary>
    public static Argument<string> WithDefinedGuests(this Argument<string> name) =>
        name.With(context => LibvirtFiles.DefinedGuests(Session.Of(context.ParseResult).Paths));

    /// <summary>Completes an argument with the networks of the config.</summary>
    public static Argument<string> WithNetworks(this Argument<string> name) => name.With(context => Config(context).Networks.Select(n => n.Name));

    /// <summary>Completes an argument with the forwards of the guest that is named before it.</summary>
    public static Argument<string[]> WithPorts(this Argument<string[]> ports, Argument<string> name) => ports.With(context =>
        context.ParseResult.GetResult(ports)?.Tokens.Count > 0
            ? Config(context).Machines.Where(m => m.Name == context.ParseResult.GetValue(name)).SelectMany(m => m.Forwards)
                .Select(f => new PortNotation(f.Public, f.Guest, f.Protocols).ToString())
            : []);

    private static T With<T>(this T argument, Func<CompletionContext, IEnumerable<string>> words) where T : Argument
    {
        // For an argument without this name --help would show all that it may become.
        argument.HelpName = argument.Name;
        argument.CompletionSources.Add(context => words(context).Select(w => new CompletionItem(w)));
        return argument;
    }

    private static HookConfig Config(CompletionContext context)
    {
        try
        {
            return ConfigFile.Load(Session.Of(context.ParseResult).Paths.Config).Config ?? HookConfig.Empty;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return HookConfig.Empty;
        }
    }
}
