using System.CommandLine;
using HookAot.Config;

namespace HookAot.Applets.Hookctrl;

/// <summary>The options that a machine and a forward share.</summary>
internal sealed class ExtraOptions
{
    private readonly Option<string[]> publicIp = new("--public-ip", "--public_ip")
    {
        Description = "The host's address, or several; \"\" for every one.",
        HelpName = "IP",
        AllowMultipleArgumentsPerToken = false,
    };

    private readonly Option<string[]> source = new("--source")
    {
        Description = "Who may connect, such as 10.0.0.0/8; may be given several times.",
        HelpName = "NET",
    };

    private readonly Option<string> localhost = new("--localhost")
    {
        Description = "Forward connections of the host to 127.0.0.1 too: true or false.",
        HelpName = "BOOL",
    };

    private readonly Option<string> snat = new("--snat")
    {
        Description = "Let what the guest opens itself leave with the public address: true or false.",
        HelpName = "BOOL",
    };

    /// <summary>Adds them to a command.</summary>
    public void AddTo(Command command)
    {
        command.Add(publicIp);
        command.Add(source);
        command.Add(localhost);
        command.Add(snat);
    }

    /// <summary>What they say; null where one of them is wrong.</summary>
    public Extras? Read(ParseResult parsed, List<string> mistakes)
    {
        var before = mistakes.Count;
        var extras = new Extras(
            parsed.GetValue(publicIp) is { Length: > 0 } publics
                ? ArgumentParser.PublicAddresses("--public-ip", publics, mistakes)
                : null,
            parsed.GetValue(source) is { Length: > 0 } sources
                ? ArgumentParser.Networks("--source", sources, mistakes)
                : null,
            Localhost: Flag("--localhost", parsed.GetValue(localhost), mistakes),
            Snat: Flag("--snat", parsed.GetValue(snat), mistakes));
        return mistakes.Count > before ? null : extras;
    }

    private static bool? Flag(string option, string? text, List<string> mistakes) =>
        text is null ? null : ArgumentParser.Bool(option, text, mistakes);
}
