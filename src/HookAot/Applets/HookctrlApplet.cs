using System.CommandLine;
using System.Net;
using HookAot.Config;
using HookAot.Host;
using HookAot.Model;

namespace HookAot.Applets;

/// <summary>
/// hookctrl: the ancestor's flags, and verbs. Messages go to stderr. Exit codes: 0 done, 1 refused or failed, 2 wrong usage.
/// </summary>
internal static class HookctrlApplet
{
    private const int Done = 0, Refused = 1, WrongUsage = 2;

    private static readonly string[] Commands = ["add_machine", "remove_machine", "add_network", "remove_network", "add_port", "remove_port"];

    /// <summary>Handles one command line.</summary>
    public static int Run(string[] arguments)
    {
        var root = CommandLine();
        // A guest may be called "@web": that is no file of arguments.
        var parsed = root.Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Errors.Count > 0)
        {
            foreach (var error in parsed.Errors) Error(error.Message);
            Error("'hookctrl --help' lists the commands");
            return WrongUsage;
        }

        try
        {
            return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Error(e.Message);
            return Refused;
        }
    }

    private static RootCommand CommandLine()
    {
        var debug = new Option<string>("--debug") { Description = "Log every command that the hook runs: true or false.", HelpName = "BOOL" };
        var publicIp = new Option<string>("--public_ip") { Description = "The host's public address; \"\" for every address of the host.", HelpName = "IP" };
        var command = new Option<string>("--cmd") { Description = $"What to do with an entry: {string.Join(", ", Commands)}.", HelpName = "COMMAND" };
        var name = new Option<string>("--name") { Description = "The machine's or the network's name.", HelpName = "NAME" };
        var privateIp = new Option<string>("--private_ip") { Description = "The machine's own address.", HelpName = "IP" };
        var publicPort = new Option<string>("--public_port") { Description = "The port on the host, or a range.", HelpName = "PORT" };
        var vmPort = new Option<string>("--vm-port") { Description = "The port on the machine, or a range.", HelpName = "PORT" };
        var network = new Option<string>("--network") { Description = "The network's addresses, such as 192.168.122.0/24.", HelpName = "NET" };
        var root = new RootCommand("Adds and removes port forwards to NAT-ed libvirt guests.") { debug, publicIp, command, name, privateIp, publicPort, vmPort, network };
        root.SetAction(parsed =>
        {
            var values = new Values(
                parsed.GetValue(debug), parsed.GetValue(publicIp), parsed.GetValue(command), parsed.GetValue(name) ?? "",
                parsed.GetValue(privateIp) ?? "", parsed.GetValue(publicPort) ?? "", parsed.GetValue(vmPort) ?? "", parsed.GetValue(network) ?? "");
            var (edits, mistakes) = Edits(values);
            if (edits.Count == 0 && mistakes.Count == 0) mistakes = ["nothing to do; 'hookctrl --help' lists the commands"];
            foreach (var mistake in mistakes) Error(mistake);
            return mistakes.Count > 0 ? WrongUsage : ChangeAndApply(edits);
        });

        var stopAll = new Option<bool>("--stop-all") { Description = "Take all rules out instead, as if no guest were active." };
        var apply = new Command("apply", "Put the rules for everything that runs in place now.") { stopAll };
        apply.SetAction(parsed => Apply(parsed.GetValue(stopAll)));
        root.Add(apply);

        var check = new Command("check", "Show every mistake in config.json.");
        check.SetAction(_ => Check());
        root.Add(check);
        return root;
    }

    private sealed record Values(string? Debug, string? PublicIp, string? Command, string Name, string PrivateIp, string PublicPort, string VmPort, string Network);

    /// <summary>The edits that the ancestor's flags stand for, or what is wrong with the flags.</summary>
    private static (List<ConfigEdit> Edits, List<string> Mistakes) Edits(Values values)
    {
        var edits = new List<ConfigEdit>();
        var mistakes = new List<string>();
        if (values.Command is { } command)
        {
            if (!Commands.Contains(command))
                mistakes.Add($"--cmd: found '{Printable.Escape(command)}'; expected one of {string.Join(", ", Commands)}{(Suggestion.For(command, Commands) is { } near ? $"; did you mean {near}?" : "")}");
            else if (values.Name.Length == 0) mistakes.Add($"--cmd {command} needs --name NAME");
            else if (Entry(command, values, mistakes) is { } edit) edits.Add(edit);
        }

        if (values.Debug is { } debug)
        {
            if (Bool(debug) is { } value) edits.Add(new ConfigEdit.SetDebug(value));
            else mistakes.Add($"--debug: found '{Printable.Escape(debug)}'; expected true or false");
        }

        if (values.PublicIp is { } text)
        {
            if (text.Length == 0) edits.Add(new ConfigEdit.SetPublic([]));
            else if (Address("--public_ip", text, mistakes) is { } address) edits.Add(new ConfigEdit.SetPublic([address]));
        }

        return (edits, mistakes);
    }

    private static ConfigEdit? Entry(string command, Values values, List<string> mistakes)
    {
        switch (command)
        {
            case "add_machine":
                return Address("--private_ip", values.PrivateIp, mistakes) is { } address ? new ConfigEdit.AddMachine(values.Name, address) : null;
            case "remove_machine":
                return new ConfigEdit.RemoveMachine(values.Name);
            case "add_network":
                if (Addresses.TryParseNetwork(values.Network, out var range)) return new ConfigEdit.AddNetwork(values.Name, range);
                mistakes.Add($"--network: found '{Printable.Escape(values.Network)}'; expected {(Addresses.SuggestNetwork(values.Network) is { } meant ? meant : "a network such as 192.168.122.0/24")}");
                return null;
            case "remove_network":
                return new ConfigEdit.RemoveNetwork(values.Name);
            default:
                var (publicPorts, guestPorts) = (Ports("--public_port", values.PublicPort, mistakes), Ports("--vm-port", values.VmPort, mistakes));
                if (publicPorts is not { } from || guestPorts is not { } to) return null;
                return command == "add_port" ? new ConfigEdit.AddPort(values.Name, from, to) : new ConfigEdit.RemovePort(values.Name, from, to);
        }
    }

    private static bool? Bool(string text) => text.ToLowerInvariant() switch
    {
        "yes" or "true" or "t" or "y" or "1" => true,
        "no" or "false" or "f" or "n" or "0" => false,
        _ => null,
    };

    private static IPAddress? Address(string option, string text, List<string> mistakes)
    {
        if (Addresses.TryParse(text, out var address)) return address;
        mistakes.Add($"{option}: found '{Printable.Escape(text)}'; expected an address such as 192.168.122.2");
        return null;
    }

    private static PortRange? Ports(string option, string text, List<string> mistakes)
    {
        if (PortRange.TryParse(text, out var range)) return range;
        mistakes.Add($"{option}: found '{Printable.Escape(text)}'; expected a port from 1 to 65535, or a range 8000-8010");
        return null;
    }

    private static int ChangeAndApply(List<ConfigEdit> edits)
    {
        var paths = HostPaths.FromEnvironment();
        if (ConfigStore.Change(paths.Config, edits) is not { } refusals) return Apply(stopAll: false);
        foreach (var refusal in refusals) Error(refusal);
        return Refused;
    }

    private static int Apply(bool stopAll)
    {
        if (Libc.geteuid() != 0)
        {
            Error("the rules can be changed by root only: sudo hookctrl apply");
            return Refused;
        }

        var paths = HostPaths.FromEnvironment();
        var log = Syslog.OpenStandardError("hookctrl", debug: false);
        var cause = new Converger.Cause("hookctrl", "apply");
        return (stopAll ? Converger.RemoveAll(paths, cause, log) : Converger.Apply(paths, cause, log)) ? Done : Refused;
    }

    private static int Check()
    {
        var paths = HostPaths.FromEnvironment();
        var result = ConfigReader.Read(SmallFile.Read(paths.Config, ConfigFile.MaxBytes), paths.Config);
        foreach (var finding in result.Diagnostics) StandardError.WriteLine(finding.ToString());
        return result.Diagnostics.Any(d => d.Severity == Severity.Error) ? Refused : Done;
    }

    private static void Error(string message) => StandardError.WriteLine($"hookctrl: {message}");
}
