using System.Collections.Immutable;
using System.CommandLine;
using HookAot.Config;
using HookAot.Model;

namespace HookAot.Applets.Hookctrl;

/// <summary>
/// The flags of the Python hookctrl, with their meaning there:
/// <c>--cmd add_port --name web --public_port 8080 --vm-port 80</c>.
/// </summary>
internal static class AncestorFlags
{
    private static readonly string[] Commands =
        ["add_machine", "remove_machine", "add_network", "remove_network", "add_port", "remove_port"];

    private static readonly Option<string> Debug = Flag(
        "--debug", "BOOL", "Log every command that the hook runs: true or false.");

    private static readonly Option<string> PublicIp = Flag(
        "--public_ip", "IP", "The host's public address; \"\" for every address of the host.");

    private static readonly Option<string> Command = Flag(
        "--cmd", "COMMAND", $"What to do with an entry: {string.Join(", ", Commands)}.");

    private static readonly Option<string> Name = Flag("--name", "NAME", "The machine's or the network's name.");
    private static readonly Option<string> PrivateIp = Flag("--private_ip", "IP", "The machine's own address.");

    private static readonly Option<string> PublicPort = Flag(
        "--public_port", "PORT", "The port on the host, or a range.");

    private static readonly Option<string> VmPort = Flag("--vm-port", "PORT", "The port on the machine, or a range.");

    private static readonly Option<string> Network = Flag(
        "--network", "NET", "The network's addresses, such as 192.168.122.0/24.");

    /// <summary>Adds the flags to the command line, and what they do without a verb.</summary>
    public static void AddTo(Command root)
    {
        Command.CompletionSources.Add(Commands);
        Option[] flags = [Debug, PublicIp, Command, Name, PrivateIp, PublicPort, VmPort, Network];
        foreach (var flag in flags) root.Add(flag);
        root.SetAction(Run);
    }

    private static int Run(ParseResult parsed) => EditAndApply.Run(parsed, force: true, mistakes =>
    {
        var edits = Edits(parsed, mistakes);
        if (edits.Count == 0 && mistakes.Count == 0)
            mistakes.Add("nothing to do; 'hookctrl --help' lists the commands");
        return edits;
    });

    private static List<ConfigEdit> Edits(ParseResult parsed, List<string> mistakes)
    {
        var edits = new List<ConfigEdit>();
        if (parsed.GetValue(Command) is { } command && OfCommand(command, parsed, mistakes) is { } edit)
            edits.Add(edit);

        if (parsed.GetValue(Debug) is { } debug && ArgumentParser.Bool("--debug", debug, mistakes) is { } value)
            edits.Add(new ConfigEdit.SetFlag("debug", value));

        if (parsed.GetValue(PublicIp) is { } ip
            && ArgumentParser.PublicAddresses("--public_ip", [ip], mistakes) is { } addresses)
            edits.Add(new ConfigEdit.SetPublic(addresses));
        return edits;
    }

    private static ConfigEdit? OfCommand(string command, ParseResult parsed, List<string> mistakes)
    {
        if (!Commands.Contains(command))
        {
            var near = Suggestion.Phrase(command, Commands);
            mistakes.Add(ArgumentParser.Mistake("--cmd", command, $"one of {string.Join(", ", Commands)}{near}"));
            return null;
        }

        if (parsed.GetValue(Name) is not { Length: > 0 } name)
        {
            mistakes.Add($"--cmd {command} needs --name NAME");
            return null;
        }

        return command switch
        {
            "add_machine" => Address(parsed, mistakes) is { } own
                ? new ConfigEdit.AddMachine(name, [own]) { IsStrict = true }
                : null,
            "remove_machine" => new ConfigEdit.RemoveMachine(name) { IsStrict = true },
            "add_network" => Range(parsed, mistakes) is { } range
                ? new ConfigEdit.AddNetwork(name, range) { IsStrict = true }
                : null,
            "remove_network" => new ConfigEdit.RemoveNetwork(name) { IsStrict = true },
            "add_port" => Forward(parsed, mistakes) is { } port
                ? new ConfigEdit.AddPort(name, port) { IsStrict = true }
                : null,
            _ => Forward(parsed, mistakes) is { } port
                ? new ConfigEdit.RemovePort(name, new(port)) { IsStrict = true }
                : null,
        };
    }

    private static System.Net.IPAddress? Address(ParseResult parsed, List<string> mistakes) =>
        ArgumentParser.Address("--private_ip", parsed.GetValue(PrivateIp) ?? "", mistakes);

    private static System.Net.IPNetwork? Range(ParseResult parsed, List<string> mistakes) =>
        ArgumentParser.Network("--network", parsed.GetValue(Network) ?? "", mistakes);

    private static PortNotation? Forward(ParseResult parsed, List<string> mistakes)
    {
        var publicPorts = ArgumentParser.Ports("--public_port", parsed.GetValue(PublicPort) ?? "", mistakes);
        var guestPorts = ArgumentParser.Ports("--vm-port", parsed.GetValue(VmPort) ?? "", mistakes);
        if (publicPorts is not { } from || guestPorts is not { } to) return null;
        return new PortNotation(from, to, ImmutableArray<Protocol>.Empty);
    }

    private static Option<string> Flag(string name, string value, string description) =>
        new(name) { Description = description, HelpName = value };
}
