using System.CommandLine;
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

          hookctrl port add web 8080:80 443 5060/udp   forward ports of this host to a guest
          hookctrl port remove web 443                 end one
          hookctrl list                                what is configured
          hookctrl status                              what is in force, with counters
          hookctrl doctor web:8080                     why does it not forward?
          hookctrl log                                 who changed what, and when
          hookctrl edit                                the config, in an editor
          hookctrl undo                                the last change, taken back

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
            var code = arguments switch
            {
                [] => ShowFirstSteps(),
                ["--version"] => VersionVerb.Run(),
                ["help", .. var about] => RunWords([.. about, "--help"]),
                ["completion", "words", .. var words] =>
                    CompletionVerb.CompleteLast(CommandLine().Parse(words, NoResponseFiles), words),
                _ => RunWords(arguments),
            };
            return Session.End(code, AsksForJson(arguments));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Session.Say(Printable.Escape(e.Message));
            return Session.End(Session.Refused, AsksForJson(arguments));
        }
    }

    // The words themselves are asked, since they may be no command line at all.
    private static bool AsksForJson(string[] arguments) =>
        arguments.TakeWhile(word => word != "--").Contains("--json");

    /// <summary>The whole command line.</summary>
    internal static Command CommandLine()
    {
        // Not a RootCommand, which is called as the file is: hookaot.
        var root = new Command("hookctrl", "Adds and removes port forwards to NAT-ed libvirt guests.")
        {
            HelpFlag.Option,
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
        root.Add(ExplainVerb.Make());
        root.Add(LogVerb.Make());
        root.Add(EditVerb.Make());
        root.Add(UndoVerb.Make());
        root.Add(ImportVerb.Make());
        root.Add(ExportVerb.Make());
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

    private static int RunWords(string[] words)
    {
        var root = CommandLine();
        var parsed = root.Parse(Aliases.Resolved(root, words), NoResponseFiles);
        var mistakes = UsageMistakes.Of(parsed);
        if (mistakes.Count > 0 && EditAndApply.IsEdit(parsed.CommandResult.Command))
            return EditAndApply.RefuseUsage(parsed, mistakes);
        if (mistakes.Count > 0) return Session.RefuseUsage(mistakes);
        return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
    }
}
