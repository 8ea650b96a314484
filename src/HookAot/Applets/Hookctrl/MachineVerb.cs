using System.CommandLine;
using HookAot.Config;
using HookAot.Host;
using HookAot.Model;

namespace HookAot.Applets.Hookctrl;

/// <summary>hookctrl machine: the guests that the config names.</summary>
internal static class MachineVerb
{
    /// <summary>machine add|set|remove|list.</summary>
    public static Command Make()
    {
        var options = new Options();
        return new Command("machine", "Guests.") { Add(options), Set(options), Remove(), List() };
    }

    /// <summary>The options that add and set share.</summary>
    private sealed class Options
    {
        private readonly Option<string[]> addresses = new("--private-ip", "--private_ip")
        {
            Description = "The guest's own address; learned from libvirt's DHCP without it.",
            HelpName = "IP",
            AllowMultipleArgumentsPerToken = true,
        };

        private readonly ExtraOptions shared = new();

        private readonly Option<string> interfaceName = new("--interface")
        {
            Description = "The host's interface that leads to the guest.",
            HelpName = "NAME",
        };

        public void AddTo(Command command)
        {
            command.Add(addresses);
            shared.AddTo(command);
            command.Add(interfaceName);
        }

        public Extras? Read(ParseResult parsed, List<string> mistakes)
        {
            var before = mistakes.Count;
            var name = ArgumentParser.Interface(parsed.GetValue(interfaceName), mistakes);
            var extras = shared.Read(parsed, mistakes);
            return mistakes.Count > before ? null : extras! with { Interface = name };
        }

        public System.Collections.Immutable.ImmutableArray<System.Net.IPAddress>? ReadAddresses(
            ParseResult parsed, List<string> mistakes) =>
            parsed.GetValue(addresses) is { Length: > 0 } texts
                ? ArgumentParser.Addresses("--private-ip", texts, mistakes)
                : null;
    }

    private static Command Add(Options options)
    {
        var name = EditArguments.MachineName().WithDefinedGuests();
        var add = new Command("add", "Add a guest.") { name };
        options.AddTo(add);
        add.SetAction(parsed => EditAndApply.Run(parsed, mistakes =>
        {
            var addresses = options.ReadAddresses(parsed, mistakes);
            if (options.Read(parsed, mistakes) is not { } extras) return [];
            return [new ConfigEdit.AddMachine(parsed.GetValue(name)!, addresses ?? [], extras)];
        }));
        return add;
    }

    private static Command Set(Options options)
    {
        var name = EditArguments.MachineName().WithMachines();
        var set = new Command("set", "Change what the config says about a guest; its forwards stay.") { name };
        options.AddTo(set);
        set.SetAction(parsed => EditAndApply.Run(parsed, mistakes =>
        {
            var addresses = options.ReadAddresses(parsed, mistakes);
            var extras = options.Read(parsed, mistakes);
            if (addresses is null && extras == Extras.None)
            {
                mistakes.Add("machine set: expected at least one of --private-ip, --public-ip, --source, " +
                    "--localhost, --snat, --interface");
            }

            return extras is null ? [] : [new ConfigEdit.SetMachine(parsed.GetValue(name)!, addresses, extras)];
        }));
        return set;
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
                Session.Say($"\"{Printable.Shown(machine)}\" runs and has forwards, which end with its entry; " +
                    "say --force if that is meant");
                return Session.Refused;
            }

            return EditAndApply.Run(session, [new ConfigEdit.RemoveMachine(machine)]);
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
