using System.CommandLine;
using HookAot.Config;
using HookAot.Host;
using HookAot.Model;

namespace HookAot.Applets.Hookctrl;

/// <summary>hookctrl machine: the guests that the config names.</summary>
internal static class MachineVerb
{
    /// <summary>machine add|set|rename|enable|disable|remove|list.</summary>
    public static Command Make() => new("machine", "Guests.")
    {
        Add(), Set(), Rename(), Enable(), Disable(), Remove(), List(),
    };

    /// <summary>The options that add and set share.</summary>
    private sealed class Options(bool isChange)
    {
        private readonly Option<string[]> addresses = new("--private-ip", "--private_ip")
        {
            Description = "The guest's own address; learned from libvirt's DHCP without it.",
            HelpName = "IP",
            AllowMultipleArgumentsPerToken = true,
        };

        private readonly ExtraOptions shared = new(isChange);

        public void AddTo(Command command)
        {
            command.Add(addresses);
            shared.AddForMachine(command);
        }

        public Extras Read(ParseResult parsed, List<string> mistakes) => shared.Read(parsed, mistakes);

        public System.Collections.Immutable.ImmutableArray<System.Net.IPAddress>? ReadAddresses(
            ParseResult parsed, List<string> mistakes) =>
            parsed.GetValue(addresses) is { Length: > 0 } texts
                ? ArgumentParser.Addresses("--private-ip", texts, mistakes)
                : null;
    }

    private static Command Add()
    {
        var options = new Options(isChange: false);
        var name = EditArguments.MachineName().WithDefinedGuests();
        var add = new Command("add", "Add a guest.") { name };
        options.AddTo(add);
        add.SetAction(parsed => EditAndApply.Run(parsed, force: true, mistakes =>
        {
            var addresses = options.ReadAddresses(parsed, mistakes);
            var extras = options.Read(parsed, mistakes);
            return [new ConfigEdit.AddMachine(parsed.GetValue(name)!, addresses ?? [], extras)];
        }));
        return add;
    }

    private static Command Set()
    {
        var options = new Options(isChange: true);
        var name = EditArguments.MachineName().WithMachines();
        var force = EditArguments.TakesHostPorts();
        var set = new Command("set", "Change what the config says about a guest; its forwards stay.") { name };
        options.AddTo(set);
        set.Add(force);
        set.SetAction(parsed => EditAndApply.Run(parsed, parsed.GetValue(force), mistakes =>
        {
            var addresses = options.ReadAddresses(parsed, mistakes);
            var extras = options.Read(parsed, mistakes);
            if (mistakes.Count == 0 && addresses is null && extras.IsEmpty)
            {
                mistakes.Add("machine set: expected at least one of --private-ip, --public-ip, --source, " +
                    "--localhost, --snat, --interface, --comment");
            }

            return [new ConfigEdit.SetMachine(parsed.GetValue(name)!, addresses, extras)];
        }));
        return set;
    }

    private static Command Rename()
    {
        var newName = new Argument<string>("NEW") { Description = "libvirt's new name of the guest." };
        newName.WithDefinedGuests(isSecond: true);
        var name = EditArguments.MachineName().WithMachines(newName);
        const string description = "Give a guest's entry another name, as 'virsh domrename' does; its forwards stay.";
        var rename = new Command("rename", description) { name, newName };
        rename.SetAction(parsed => EditAndApply.Run(parsed, force: true, mistakes =>
            [new ConfigEdit.RenameMachine(parsed.GetValue(name)!, parsed.GetValue(newName)!)]));
        return rename;
    }

    private static Command Enable()
    {
        var name = EditArguments.MachineName().WithMachines();
        var force = EditArguments.TakesHostPorts();
        const string description = "Put a guest's forwards in force again, after disable.";
        var enable = new Command("enable", description) { name, force };
        enable.SetAction(parsed => EditAndApply.Run(parsed, parsed.GetValue(force), mistakes =>
            [new ConfigEdit.SetMachine(parsed.GetValue(name)!, null, Extras.Switched(isOn: true))]));
        return enable;
    }

    private static Command Disable()
    {
        var name = EditArguments.MachineName().WithMachines();
        var disable = new Command("disable", "End a guest's forwards, and keep its entry for later.") { name };
        disable.SetAction(parsed => EditAndApply.Run(parsed, force: true, mistakes =>
            [new ConfigEdit.SetMachine(parsed.GetValue(name)!, null, Extras.Switched(isOn: false))]));
        return disable;
    }

    private static Command Remove()
    {
        var name = EditArguments.MachineName().WithMachines();
        var force = new Option<bool>("--force") { Description = "Also if the guest runs and has forwards." };
        var remove = new Command("remove", "Remove a guest with all its forwards.") { name, force };
        remove.SetAction(parsed =>
        {
            var session = Session.Of(parsed);
            var machine = parsed.GetValue(name)!;
            if (!parsed.GetValue(force) && IsActiveWithForwards(session, machine))
            {
                return EditAndApply.Refuse(session, $"\"{Printable.Shown(machine)}\" runs and has forwards, " +
                    "which end with its entry; say --force if that is meant");
            }

            return EditAndApply.Run(session, [new ConfigEdit.RemoveMachine(machine)], force: true);
        });
        return remove;
    }

    private static Command List()
    {
        var noHeaders = TableOptions.NoHeaders();
        var list = new Command("list", "List the guests that the config names.") { noHeaders };
        list.SetAction(parsed => ListVerbs.ListMachines(Session.Of(parsed), !parsed.GetValue(noHeaders)));
        return list;
    }

    /// <summary>Whether removing a guest's entry would cut off connections now.</summary>
    private static bool IsActiveWithForwards(Session session, string machine)
    {
        if (session.ReadConfig().Config is not { } config) return false;
        if (!config.Machines.Any(m => m.Name == machine && !m.Forwards.IsEmpty)) return false;
        return HostRecord.Read(session.Paths) is { } recorded
            ? recorded.Guests.Any(g => g.Name == machine)
            : !LibvirtStatus.RunningGuests(session.Paths, name => name == machine).Guests.IsEmpty;
    }
}
