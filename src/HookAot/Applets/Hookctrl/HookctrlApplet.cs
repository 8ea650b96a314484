using System.CommandLine;
using System.CommandLine.Help;
using HookAot.Config;
using HookAot.Model;

namespace HookAot.Applets.Hookctrl;

/// <summary>
/// hookctrl: the command line. Results go to stdout, messages to stderr. Exit codes: 0 done, 1 refused or failed,
/// 2 wrong usage.
/// </summary>
internal static class HookctrlApplet
{
    private const string FirstSteps = """
        hookctrl adds and removes port forwards to NAT-ed libvirt guests.

          hookctrl machine add web --private-ip 192.168.122.2     name a guest
          hookctrl port add web 8080:80 443 5060/udp             forward ports of this host to it
          hookctrl port remove web 443                            end one
          hookctrl list                                           what is configured
          hookctrl status                                         what is in force, with counters
          hookctrl doctor web:8080                                why does it not forward?
          hookctrl check                                          every mistake in the config
          hookctrl apply                                          put all rules in place again

        'hookctrl --help' lists all commands, 'hookctrl COMMAND --help' explains one.

        """;

    // A guest may be called "@web": that is no file of arguments.
    private static readonly ParserConfiguration NoResponseFiles = new() { ResponseFileTokenReplacer = null };

    /// <summary>Handles one command line.</summary>
    /// <returns>The exit code.</returns>
    public static int Run(string[] arguments)
    {
        try
        {
            return arguments switch
            {
                [] => ShowFirstSteps(),
                ["--version"] => VersionVerb.Run(),
                ["completion", "words", .. var words] =>
                    CompletionVerb.CompleteLast(CommandLine().Parse(words, NoResponseFiles), words),
                _ => Run(CommandLine().Parse(arguments, NoResponseFiles)),
            };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Session.Say(Printable.Escape(e.Message));
            return Session.Refused;
        }
    }

    /// <summary>The whole command line.</summary>
    internal static Command CommandLine()
    {
        // Not a RootCommand, which is called as the file is: hookaot.
        var root = new Command("hookctrl", "Adds and removes port forwards to NAT-ed libvirt guests.")
        {
            new HelpOption("--help", "-h"),
        };
        AncestorFlags.AddTo(root);
        foreach (var option in Session.Options) root.Add(option);

        root.Add(MachineVerb.Make());
        root.Add(PortVerb.Make());
        root.Add(NetworkVerb.Make());
        root.Add(SetVerb.Make());
        root.Add(ListVerbs.List());
        root.Add(ListVerbs.Show());
        root.Add(ApplyVerb.Make());
        root.Add(PlanVerb.Make());
        root.Add(StatusVerb.Make());
        root.Add(WatchVerb.Make());
        root.Add(DoctorVerb.Make());
        root.Add(ImportVerb.Make());
        root.Add(CompletionVerb.Make());
        root.Add(CheckVerb.Make());
        root.Add(VersionVerb.Make());
        return root;
    }

    private static int ShowFirstSteps()
    {
        Output.Write(FirstSteps);
        return Session.Done;
    }

    private static int Run(ParseResult parsed)
    {
        if (MissingArguments(parsed) is { } missing) return Session.RefuseUsage([missing]);
        if (parsed.Errors.Count > 0)
        {
            var mistakes = parsed.Errors.Select(e => Printable.Escape(e.Message));
            return Session.RefuseUsage([.. mistakes, .. NearestVerb(parsed), "'hookctrl --help' lists the commands"]);
        }

        using var help = new StringWriter();
        var code = parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false, Output = help });
        Output.Write(help.ToString());
        return code;
    }

    /// <summary>Which arguments the command lacks; the library would not say.</summary>
    private static string? MissingArguments(ParseResult parsed)
    {
        if (parsed.Errors.Count == 0 || parsed.UnmatchedTokens.Count > 0) return null;
        var command = parsed.CommandResult.Command;
        if (command.Parents.OfType<Command>().FirstOrDefault() is not { } parent) return null;

        var lacks = command.Subcommands.Count > 0
            ? string.Join(" or ", command.Subcommands.Select(c => c.Name))
            : string.Join(" and ", command.Arguments.Where(a => IsMissing(a, parsed)).Select(a => a.Name));
        if (lacks.Length == 0) return null;

        var name = parent.Name == "hookctrl" ? command.Name : $"{parent.Name} {command.Name}";
        return $"{name}: expected {lacks}; 'hookctrl {name} --help' explains";
    }

    private static bool IsMissing(Argument argument, ParseResult parsed) =>
        argument.Arity.MinimumNumberOfValues > 0 && parsed.GetResult(argument) is not { Tokens.Count: > 0 };

    private static string[] NearestVerb(ParseResult parsed)
    {
        if (parsed.UnmatchedTokens is not [var word, ..]) return [];
        var verbs = parsed.CommandResult.Command.Subcommands.Select(c => c.Name);
        return Suggestion.For(word, verbs) is { } near ? [$"did you mean '{near}'?"] : [];
    }
}
