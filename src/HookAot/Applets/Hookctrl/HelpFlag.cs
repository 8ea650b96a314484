using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;

namespace HookAot.Applets.Hookctrl;

/// <summary>--help of every command.</summary>
internal static class HelpFlag
{
    /// <summary>The option.</summary>
    public static Option<bool> Option { get; } = new("--help", "-h")
    {
        Description = "Show this.",
        Recursive = true,
        Action = new Help(),
    };

    private sealed class Help : SynchronousCommandLineAction
    {
        // Who asks for help need not have typed the rest.
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            var command = parseResult.CommandResult;
            Option[] shared = [Option, .. Session.Options];
            Output.Write(HelpText.Of(command.Command, PathOf(command), shared));
            return Session.Done;
        }
    }

    /// <summary>The words of a command behind hookctrl: "port add"; empty for hookctrl itself.</summary>
    public static string PathOf(CommandResult command)
    {
        if (command.Parent is not CommandResult parent) return "";
        var before = PathOf(parent);
        return before.Length == 0 ? command.Command.Name : $"{before} {command.Command.Name}";
    }
}
