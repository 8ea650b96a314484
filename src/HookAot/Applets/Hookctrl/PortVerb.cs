using System.CommandLine;
using System.Net;
using HookAot.Config;
using HookAot.Host;

namespace HookAot.Applets.Hookctrl;

/// <summary>hookctrl port: a guest's forwards.</summary>
internal static class PortVerb
{
    /// <summary>port add|set|enable|disable|remove.</summary>
    public static Command Make() => new("port", "Forwards.") { Add(), Set(), Enable(), Disable(), Remove() };

    private static Command Add()
    {
        var ports = EditArguments.Forwards();
        var name = EditArguments.MachineName().WithMachines(ports);
        var options = new ExtraOptions(isChange: false);
        var force = EditArguments.TakesHostPorts();
        var newGuest = new Option<bool>("--new-guest")
        {
            Description = "Also for a guest that neither the config nor libvirt knows.",
        };
        const string description = "Forward ports of the host to a guest, which is added where libvirt knows it.";
        var add = new Command("add", description) { name, ports };
        options.AddForForward(add);
        add.Add(force);
        add.Add(newGuest);
        add.SetAction(parsed => EditAndApply.Run(parsed, parsed.GetValue(force), mistakes =>
        {
            var machine = parsed.GetValue(name)!;
            var forwards = ArgumentParser.Forwards(parsed.GetValue(ports)!, mistakes);
            var extras = options.Read(parsed, mistakes);
            if (extras.PublicAddresses is not null && forwards.Exists(f => f.Address is not null))
                mistakes.Add("port add: found an address before a port and --public-ip; expected one of them");
            if (mistakes.Count > 0) return [];

            return
            [
                .. forwards.Select(f => new ConfigEdit.AddPort(machine, f.Port, WithAddress(extras, f.Address))
                {
                    MakesMachine = () => parsed.GetValue(newGuest) || IsDefined(parsed, machine),
                    Now = LocalTime.Now,
                }),
            ];
        }));
        return add;
    }

    private static Command Set()
    {
        var port = new Argument<string>("PORT") { Description = "The forward: its port on the host." };
        var name = EditArguments.MachineName().WithMachines(port);
        port.WithPorts(name);
        var to = new Option<string>("--to") { Description = "The port on the guest.", HelpName = "PORT" };
        var options = new ExtraOptions(isChange: true);
        var force = EditArguments.TakesHostPorts();
        const string description = "Change what a forward says, in its place and without a gap.";
        var set = new Command("set", description) { name, port, to };
        options.AddForForward(set);
        set.Add(force);
        set.SetAction(parsed => EditAndApply.Run(parsed, parsed.GetValue(force), mistakes =>
        {
            var forwards = ArgumentParser.Forwards([parsed.GetValue(port)!], mistakes);
            var target = parsed.GetValue(to) is { } text ? ArgumentParser.Ports("--to", text, mistakes) : null;
            var extras = options.Read(parsed, mistakes);
            if (mistakes.Count == 0 && target is null && extras.IsEmpty)
            {
                mistakes.Add("port set: expected at least one of --to, --public-ip, --source, --localhost, --snat, " +
                    "--comment, --for");
            }

            return [.. forwards.Select(f => Edit(parsed.GetValue(name)!, f, extras, target))];
        }));
        return set;
    }

    private static Command Enable()
    {
        var force = EditArguments.TakesHostPorts();
        var (enable, name, ports) = Named("enable", "Put forwards in force again that were disabled.");
        enable.Add(force);
        enable.SetAction(parsed => EditAndApply.Run(
            parsed, parsed.GetValue(force), mistakes => Switched(parsed, name, ports, mistakes, isOn: true)));
        return enable;
    }

    private static Command Disable()
    {
        var (disable, name, ports) = Named("disable", "End forwards, and keep them in the file for later.");
        disable.SetAction(parsed => EditAndApply.Run(
            parsed, force: true, mistakes => Switched(parsed, name, ports, mistakes, isOn: false)));
        return disable;
    }

    private static Command Remove()
    {
        var (remove, name, ports) = Named("remove", "End forwards to a guest.");
        remove.SetAction(parsed => EditAndApply.Run(parsed, force: true, mistakes =>
        {
            var machine = parsed.GetValue(name)!;
            var forwards = ArgumentParser.Forwards(parsed.GetValue(ports)!, mistakes);
            return [.. forwards.Select(f => new ConfigEdit.RemovePort(machine, f))];
        }));
        return remove;
    }

    private static (Command Command, Argument<string> Name, Argument<string[]> Ports) Named(
        string verb, string description)
    {
        var ports = EditArguments.Forwards();
        var name = EditArguments.MachineName().WithMachines(ports);
        ports.WithPorts(name);
        return (new Command(verb, description) { name, ports }, name, ports);
    }

    private static IReadOnlyList<ConfigEdit> Switched(
        ParseResult parsed, Argument<string> name, Argument<string[]> ports, List<string> mistakes, bool isOn)
    {
        var forwards = ArgumentParser.Forwards(parsed.GetValue(ports)!, mistakes);
        return [.. forwards.Select(f => Edit(parsed.GetValue(name)!, f, Extras.Switched(isOn), to: null))];
    }

    private static ConfigEdit.SetPort Edit(string machine, TypedPort port, Extras extras, Model.PortRange? to) =>
        new(machine, port, to, extras) { Now = LocalTime.Now };

    private static bool IsDefined(ParseResult parsed, string machine) =>
        LibvirtDefinitions.Guests(Session.Of(parsed).Paths).Names.Contains(machine);

    /// <summary>
    /// An address that was typed before the ports, as docker has it. 127.0.0.1 there means this host only, for which
    /// localhost has to be said too.
    /// </summary>
    private static Extras WithAddress(Extras extras, IPAddress? address) => address is null
        ? extras
        : new()
        {
            PublicAddresses = [address],
            Sources = extras.Sources,
            Localhost = extras.Localhost ?? (address.Equals(IPAddress.Loopback) ? true : null),
            Snat = extras.Snat,
            Comment = extras.Comment,
            Until = extras.Until,
        };
}
