using System.CommandLine;
using HookAot.Config;

namespace HookAot.Applets.Hookctrl;

/// <summary>The verbs that change config.json: machine, port, network, set.</summary>
internal static class EditVerbs
{
    /// <summary>machine add|set|remove|list.</summary>
    public static Command Machine()
    {
        var name = MachineName().WithMachines();
        var newName = MachineName().WithDefinedGuests();
        var addresses = new Option<string[]>("--private-ip", "--private_ip") { Description = "The guest's own address; learned from libvirt's DHCP without it.", HelpName = "IP", AllowMultipleArgumentsPerToken = true };
        var publicIp = PublicIp();
        var source = Source();
        var nic = new Option<string>("--interface") { Description = "The host's interface that leads to the guest.", HelpName = "NAME" };

        var add = new Command("add", "Add a guest.") { newName, addresses, publicIp, source, nic };
        add.SetAction(parsed => Edit(parsed, mistakes =>
        {
            var own = Own(parsed.GetValue(addresses), mistakes);
            return Words.Extras(parsed.GetValue(publicIp), parsed.GetValue(source), parsed.GetValue(nic), mistakes) is { } extras
                ? [new ConfigEdit.AddMachine(parsed.GetValue(newName)!, own ?? [], extras)] : [];
        }));

        var set = new Command("set", "Change a guest's address, sources, public address or interface.") { name, addresses, publicIp, source, nic };
        set.SetAction(parsed => Edit(parsed, mistakes =>
        {
            var own = Own(parsed.GetValue(addresses), mistakes);
            var extras = Words.Extras(parsed.GetValue(publicIp), parsed.GetValue(source), parsed.GetValue(nic), mistakes);
            if (own is null && extras == Config.Extras.None) mistakes.Add("machine set: expected at least one of --private-ip, --public-ip, --source, --interface");
            return extras is null ? [] : [new ConfigEdit.SetMachine(parsed.GetValue(name)!, own, extras)];
        }));

        var force = new Option<bool>("--force") { Description = "Also if the guest runs and has forwards." };
        var remove = new Command("remove", "Remove a guest with all its forwards.") { name, force };
        remove.SetAction(parsed =>
        {
            var session = Session.Of(parsed);
            var machine = parsed.GetValue(name)!;
            if (!parsed.GetValue(force) && Overview.IsActiveWithForwards(session, machine))
            {
                Session.Say($"\"{JsonValue.Shown(machine)}\" runs and has forwards, which end with its entry; say --force if that is meant");
                return Session.Refused;
            }

            return Changes.Make(session, [new ConfigEdit.RemoveMachine(machine)]);
        });

        var list = new Command("list", "List the guests that the config names.");
        list.SetAction(parsed => Overview.Machines(Session.Of(parsed)));
        return new Command("machine", "Guests.") { add, set, remove, list };
    }

    /// <summary>port add|remove.</summary>
    public static Command Port()
    {
        var name = MachineName();
        var newName = MachineName();
        var newPorts = Ports();
        var ports = Ports();
        ports.WithPorts(name.WithMachines(ports));
        newName.WithMachines(newPorts);
        var publicIp = PublicIp();
        var source = Source();
        var add = new Command("add", "Forward ports of the host to a guest.") { newName, newPorts, publicIp, source };
        add.SetAction(parsed => Edit(parsed, mistakes =>
        {
            var wanted = parsed.GetValue(newPorts)!.Select(p => Words.Port(p, mistakes)).ToList();
            var extras = Words.Extras(parsed.GetValue(publicIp), parsed.GetValue(source), null, mistakes);
            return [.. wanted.OfType<PortNotation>().Select(p => new ConfigEdit.AddPort(parsed.GetValue(newName)!, p, extras))];
        }));
        var remove = new Command("remove", "End forwards to a guest.") { name, ports };
        remove.SetAction(parsed => Edit(parsed, mistakes =>
            [.. parsed.GetValue(ports)!.Select(p => Words.Port(p, mistakes)).OfType<PortNotation>().Select(p => new ConfigEdit.RemovePort(parsed.GetValue(name)!, p))]));
        return new Command("port", "Forwards.") { add, remove };
    }

    /// <summary>network add|remove|list.</summary>
    public static Command Network()
    {
        var name = new Argument<string>("NAME") { Description = "libvirt's name of the network." };
        var known = new Argument<string>("NAME") { Description = name.Description };
        known.WithNetworks();
        var range = new Argument<string>("NET") { Description = "Its addresses, such as 192.168.122.0/24." };
        var add = new Command("add", "Accept every forwarded connection to a network's range while it is active.") { name, range };
        add.SetAction(parsed => Edit(parsed, mistakes =>
            Words.Network("NET", parsed.GetValue(range)!, mistakes) is { } network ? [new ConfigEdit.AddNetwork(parsed.GetValue(name)!, network)] : []));
        var remove = new Command("remove", "Remove a network.") { known };
        remove.SetAction(parsed => Edit(parsed, _ => [new ConfigEdit.RemoveNetwork(parsed.GetValue(known)!)]));
        var list = new Command("list", "List the networks that the config names.");
        list.SetAction(parsed => Overview.Networks(Session.Of(parsed)));
        return new Command("network", "Networks whose whole range accepts forwarded connections.") { add, remove, list };
    }

    /// <summary>set public_ip|backend|debug|strict.</summary>
    public static Command Set()
    {
        var key = new Argument<string>("KEY") { Description = "public_ip, backend, debug or strict." };
        key.AcceptOnlyFromAmong("public_ip", "backend", "debug", "strict");
        var values = new Argument<string[]>("VALUE") { Description = "An address, several, or \"\" for every one; auto, iptables or nftables; true or false.", Arity = ArgumentArity.OneOrMore };
        var set = new Command("set", "Set what holds for all guests.") { key, values };
        set.SetAction(parsed => Edit(parsed, mistakes =>
        {
            var (name, given) = (parsed.GetValue(key)!, parsed.GetValue(values)!);
            if (name == "public_ip") return Words.PublicAddresses(name, given, mistakes) is { } addresses ? [new ConfigEdit.SetPublic(addresses)] : [];
            if (given is not [var value]) mistakes.Add($"{name}: found {given.Length} values; expected one");
            else if (name == "backend" && value is not ("auto" or "iptables" or "nftables")) mistakes.Add($"backend: found '{JsonValue.Shown(value)}'; expected auto, iptables or nftables");
            else if (name == "backend") return [new ConfigEdit.SetBackend(value)];
            else if (Words.Bool(name, value, mistakes) is { } flag) return [new ConfigEdit.SetFlag(name, flag)];
            return [];
        }));
        return set;
    }

    private static int Edit(ParseResult parsed, Func<List<string>, List<ConfigEdit>> edits)
    {
        var mistakes = new List<string>();
        var wanted = edits(mistakes);
        return mistakes.Count > 0 ? Session.Wrong(mistakes) : Changes.Make(Session.Of(parsed), wanted);
    }

    private static System.Collections.Immutable.ImmutableArray<System.Net.IPAddress>? Own(string[]? texts, List<string> mistakes)
    {
        if (texts is null or []) return null;
        var addresses = texts.SelectMany(t => t.Split(',')).Select(t => Words.Address("--private-ip", t, mistakes)).ToList();
        return addresses.Contains(null) ? null : [.. addresses.Select(a => a!)];
    }

    private static Argument<string> MachineName() => new("NAME") { Description = "libvirt's name of the guest." };

    private static Argument<string[]> Ports() => new("PORT") { Description = "PUBLIC[:VM][/PROTOCOL]: 8080:80, 443, 53:53/udp, 5000-5010:6000-6010/tcp+udp.", Arity = ArgumentArity.OneOrMore };

    private static Option<string[]> PublicIp() => new("--public-ip", "--public_ip") { Description = "The host's address, or several; \"\" for every one.", HelpName = "IP", AllowMultipleArgumentsPerToken = false };

    private static Option<string[]> Source() => new("--source") { Description = "Who may connect, such as 10.0.0.0/8; may be given several times.", HelpName = "NET" };
}
