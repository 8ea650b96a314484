using System.CommandLine;
using HookAot.Config;

namespace HookAot.Applets.Hookctrl;

/// <summary>hookctrl set: what holds for all guests.</summary>
internal static class SetVerb
{
    /// <summary>set public_ip|backend|debug|strict.</summary>
    public static Command Make()
    {
        var key = new Argument<string>("KEY") { Description = "public_ip, backend, debug or strict." };
        key.AcceptOnlyFromAmong("public_ip", "backend", "debug", "strict");
        var values = new Argument<string[]>("VALUE")
        {
            Description = "An address, several, or \"\" for every one; auto, iptables or nftables; true or false.",
            Arity = ArgumentArity.OneOrMore,
        };
        var set = new Command("set", "Set what holds for all guests.") { key, values };
        set.SetAction(parsed => EditAndApply.Run(parsed, force: true, mistakes =>
        {
            var edit = Edit(parsed.GetValue(key)!, parsed.GetValue(values)!, mistakes);
            return edit is null ? [] : [edit];
        }));
        return set;
    }

    private static ConfigEdit? Edit(string key, string[] values, List<string> mistakes)
    {
        if (key == "public_ip")
        {
            var addresses = ArgumentParser.PublicAddresses(key, values, mistakes);
            return addresses is null ? null : new ConfigEdit.SetPublic(addresses.Value);
        }

        if (values is not [var value])
        {
            mistakes.Add($"{key}: found {values.Length} values; expected one");
            return null;
        }

        if (key == "backend")
        {
            if (value is "auto" or "iptables" or "nftables") return new ConfigEdit.SetBackend(value);
            mistakes.Add(ArgumentParser.Mistake("backend", value, "auto, iptables or nftables"));
            return null;
        }

        return ArgumentParser.Bool(key, value, mistakes) is { } flag ? new ConfigEdit.SetFlag(key, flag) : null;
    }
}
