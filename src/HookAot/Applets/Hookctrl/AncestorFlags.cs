using System.Collections.Immutable;
using System.CommandLine;
using HookAot.Config;

namespace HookAot.Applets.Hookctrl;

/// <summary>The flags of the Python hookctrl: <c>--cmd add_port --name web --public_port 8080 --vm-port 80</c>, with their meaning there.</summary>
internal static class AncestorFlags
{
    private static readonly string[] Commands = ["add_machine", "remove_machine", "add_network", "remove_network", "add_port", "remove_port"];

    private static readonly Option<string> Debug = new("--debug") { Description = "Log every command that the hook runs: true or false.", HelpName = "BOOL" };
    private static readonly Option<string> PublicIp = new("--public_ip") { Description = "The host's public address; \"\" for every address of the host.", HelpName = "IP" };
    private static readonly Option<string> Command = new("--cmd") { Description = $"What to do with an entry: {string.Join(", ", Commands)}.", HelpName = "COMMAND" };
    private static readonly Option<string> Name = new("--name") { Description = "The machine's or the network's name.", HelpName = "NAME" };
    private static readonly Option<string> PrivateIp = new("--private_ip") { Description = "The machine's own address.", HelpName = "IP" };
    private static readonly Option<string> PublicPort = new("--public_port") { Description = "The port on the host, or a range.", HelpName = "PORT" };
    private static readonly Option<string> VmPort = new("--vm-port") { Description = "The port on the machine, or a range.", HelpName = "PORT" };
    private static readonly Option<string> Network = new("--network") { Description = "The network's addresses, such as 192.168.122.0/24.", HelpName = "NET" };

    /// <summary>Adds the flags to the command line.</summary>
    public static void AddTo(Command root)
    {
        Command.CompletionSources.Add(Commands);
        foreach (var option in new[] { Debug, PublicIp, Command, Name, PrivateIp, PublicPort, VmPort, Network }) root.Add(option);
    }

    /// <summary>The edits that the flags stand for; what is wrong with them goes to <paramref name="mistakes"/>.</summary>
    public static List<ConfigEdit> Edits(ParseResult parsed, List<string> mistakes)
    {
        var edits = new List<ConfigEdit>();
        if (parsed.GetValue(Command) is { } command)
        {
            if (!Commands.Contains(command))
                mistakes.Add($"--cmd: found '{JsonValue.Shown(command)}'; expected one of {string.Join(", ", Commands)}{Suggestion.Phrase(command, Commands)}");
            else if (parsed.GetValue(Name) is not { Length: > 0 } name) mistakes.Add($"--cmd {command} needs --name NAME");
            else if (Entry(command, name, parsed, mistakes) is { } edit) edits.Add(edit);
        }

        if (parsed.GetValue(Debug) is { } debug && Words.Bool("--debug", debug, mistakes) is { } value) edits.Add(new ConfigEdit.SetFlag("debug", value));
        if (parsed.GetValue(PublicIp) is { } ip && Words.PublicAddresses("--public_ip", [ip], mistakes) is { } addresses) edits.Add(new ConfigEdit.SetPublic(addresses));
        return edits;
    }

    private static ConfigEdit? Entry(string command, string name, ParseResult parsed, List<string> mistakes)
    {
        switch (command)
        {
            case "add_machine":
                return Words.Address("--private_ip", parsed.GetValue(PrivateIp) ?? "", mistakes) is { } address ? new ConfigEdit.AddMachine(name, [address]) : null;
            case "remove_machine":
                return new ConfigEdit.RemoveMachine(name);
            case "add_network":
                return Words.Network("--network", parsed.GetValue(Network) ?? "", mistakes) is { } range ? new ConfigEdit.AddNetwork(name, range) : null;
            case "remove_network":
                return new ConfigEdit.RemoveNetwork(name);
            default:
                var publicPorts = Words.Ports("--public_port", parsed.GetValue(PublicPort) ?? "", mistakes);
                var guestPorts = Words.Ports("--vm-port", parsed.GetValue(VmPort) ?? "", mistakes);
                if (publicPorts is not { } from || guestPorts is not { } to) return null;
                var port = new PortNotation(from, to, ImmutableArray<Model.Protocol>.Empty);
                return command == "add_port" ? new ConfigEdit.AddPort(name, port) : new ConfigEdit.RemovePort(name, port);
        }
    }
}
