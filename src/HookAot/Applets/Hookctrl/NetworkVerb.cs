using System.CommandLine;
using HookAot.Config;

namespace HookAot.Applets.Hookctrl;

/// <summary>hookctrl network: the networks that the config names.</summary>
internal static class NetworkVerb
{
    /// <summary>network add|remove|list.</summary>
    public static Command Make() =>
        new("network", "Networks whose whole range accepts forwarded connections.") { Add(), Remove(), List() };

    private static Command Add()
    {
        var name = NetworkName();
        var range = new Argument<string>("NET") { Description = "Its addresses, such as 192.168.122.0/24." };
        var comment = new Option<string>("--comment") { Description = "What it is for.", HelpName = "TEXT" };
        var add = new Command("add", "Accept every forwarded connection to a network's range while it is active.")
        {
            name, range, comment,
        };
        add.SetAction(parsed => EditAndApply.Run(parsed, force: true, mistakes =>
        {
            var words = parsed.GetValue(comment) is { } text ? ArgumentParser.Comment(text, mistakes) : null;
            if (ArgumentParser.Network("NET", parsed.GetValue(range)!, mistakes) is not { } network) return [];
            return [new ConfigEdit.AddNetwork(parsed.GetValue(name)!, network, words)];
        }));
        return add;
    }

    private static Command Remove()
    {
        var name = NetworkName().WithNetworks();
        var remove = new Command("remove", "Remove a network.") { name };
        remove.SetAction(parsed =>
            EditAndApply.Run(parsed, force: true, _ => [new ConfigEdit.RemoveNetwork(parsed.GetValue(name)!)]));
        return remove;
    }

    private static Command List()
    {
        var noHeaders = TableOptions.NoHeaders();
        var list = new Command("list", "List the networks that the config names.") { noHeaders };
        list.SetAction(parsed => ListVerbs.ListNetworks(Session.Of(parsed), !parsed.GetValue(noHeaders)));
        return list;
    }

    private static Argument<string> NetworkName() => new("NAME") { Description = "libvirt's name of the network." };
}
