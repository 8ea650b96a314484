using System.CommandLine;
using System.CommandLine.Help;
using System.Reflection;
using HookAot.Config;
using HookAot.Host;
using HookAot.Model;

namespace HookAot.Applets.Hookctrl;

/// <summary>
/// hookctrl: the command line. Results go to stdout, messages to stderr. Exit codes: 0 done, 1 refused or failed, 2 wrong usage.
/// </summary>
internal static class HookctrlApplet
{
    private const string Overview = """
        hookctrl adds and removes port forwards to NAT-ed libvirt guests.

          hookctrl machine add web --private-ip 192.168.122.2     name a guest
          hookctrl port add web 8080:80 443 53:53/udp             forward ports of this host to it
          hookctrl port remove web 443                            end one
          hookctrl list                                           what is configured
          hookctrl status                                         what is in force, with counters
          hookctrl doctor web:8080                                why does it not forward?
          hookctrl check                                          every mistake in the config
          hookctrl apply                                          put all rules in place again

        'hookctrl --help' lists all commands, 'hookctrl COMMAND --help' explains one.

        """;

    /// <summary>Handles one command line.</summary>
    public static int Run(string[] arguments)
    {
        if (arguments.Length == 0)
        {
            Output.Write(Overview);
            return Session.Done;
        }

        if (arguments is ["completion", "words", .. var words]) return CompletionVerb.Words(CommandLine(), words);

        if (arguments is ["--version"]) return Version();

        // A guest may be called "@web": that is no file of arguments.
        var parsed = CommandLine().Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (Missing(parsed) is { } missing) return Session.Wrong([missing]);
        if (parsed.Errors.Count > 0) return Session.Wrong([.. parsed.Errors.Select(e => Printable.Escape(e.Message)), .. Meant(parsed), "'hookctrl --help' lists the commands"]);
        try
        {
            using var help = new StringWriter();
            var code = parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false, Output = help });
            Output.Write(help.ToString());
            return code;
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
        var root = new Command("hookctrl", "Adds and removes port forwards to NAT-ed libvirt guests.") { new HelpOption("--help", "-h") };
        AncestorFlags.AddTo(root);
        foreach (var option in Session.Options) root.Add(option);
        root.SetAction(parsed =>
        {
            var mistakes = new List<string>();
            var edits = AncestorFlags.Edits(parsed, mistakes);
            if (edits.Count == 0 && mistakes.Count == 0) mistakes.Add("nothing to do; 'hookctrl --help' lists the commands");
            return mistakes.Count > 0 ? Session.Wrong(mistakes) : Changes.Make(Session.Of(parsed), edits);
        });
        root.Add(EditVerbs.Machine());
        root.Add(EditVerbs.Port());
        root.Add(EditVerbs.Network());
        root.Add(EditVerbs.Set());

        var list = new Command("list", "List all forwards that the config names.");
        list.SetAction(parsed => Hookctrl.Overview.Forwards(Session.Of(parsed), null));
        root.Add(list);
        var name = new Argument<string>("NAME") { Description = "libvirt's name of the guest." }.WithMachines();
        var show = new Command("show", "List the forwards of one guest.") { name };
        show.SetAction(parsed => Hookctrl.Overview.Forwards(Session.Of(parsed), parsed.GetValue(name)));
        root.Add(show);

        root.Add(ApplyVerb.Apply());
        root.Add(ApplyVerb.Plan());
        root.Add(StatusVerb.Status());
        root.Add(DoctorVerb.Doctor());
        root.Add(ImportVerb.Import());
        root.Add(CompletionVerb.Completion());

        var file = new Argument<string>("FILE") { Description = "The file; config.json without it.", Arity = ArgumentArity.ZeroOrOne };
        var check = new Command("check", "Show every mistake and every doubt in the config.") { file };
        check.SetAction(parsed => Check(Session.Of(parsed), parsed.GetValue(file)));
        root.Add(check);

        var version = new Command("version", "Show the version, and what it was built from.");
        version.SetAction(_ => Version());
        root.Add(version);
        return root;
    }

    /// <summary>Shows "hookaot 0.1.0+SOURCE".</summary>
    public static int Version()
    {
        Output.Write($"hookaot {typeof(HookctrlApplet).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion}\n");
        return Session.Done;
    }

    private static int Check(Session session, string? file)
    {
        var path = file ?? session.Paths.Config;
        var paths = session.Paths with { Config = path };
        var result = ConfigFile.Load(path);
        foreach (var finding in result.Diagnostics) StandardError.WriteLine(finding.ToString());
        List<string> problems = result.Config is { } used ? [.. ConfigDoubts.Problems(paths, used)] : [];
        foreach (var problem in problems) StandardError.WriteLine($"{path}: error: {problem}");

        List<string> doubts = result.Config is { } config ? [.. ConfigDoubts.Find(paths, config)] : [];
        doubts.AddRange(ConfigDoubts.Permissions(paths));
        foreach (var doubt in doubts) StandardError.WriteLine($"{path}: warning: {doubt}");
        return result.Errors.Any() || problems.Count > 0 ? Session.Refused : Session.Done;
    }

    /// <summary>Which words the command lacks; the library would not say.</summary>
    private static string? Missing(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        if (parsed.Errors.Count == 0 || parsed.UnmatchedTokens.Count > 0 || command.Parents.OfType<Command>().FirstOrDefault() is not { } parent) return null;
        var name = parent.Name != "hookctrl" ? $"{parent.Name} {command.Name}" : command.Name;
        var lacks = command.Subcommands.Count > 0
            ? string.Join(" or ", command.Subcommands.Select(c => c.Name))
            : string.Join(" and ", command.Arguments.Where(a => a.Arity.MinimumNumberOfValues > 0 && parsed.GetResult(a) is not { Tokens.Count: > 0 }).Select(a => a.Name));
        return lacks.Length == 0 ? null : $"{name}: expected {lacks}; 'hookctrl {name} --help' explains";
    }

    private static IEnumerable<string> Meant(ParseResult parsed)
    {
        var verbs = parsed.CommandResult.Command.Subcommands.Select(c => c.Name).ToList();
        return parsed.UnmatchedTokens.Take(1).Select(t => Suggestion.For(t, verbs)).OfType<string>().Select(v => $"did you mean '{v}'?");
    }
}
