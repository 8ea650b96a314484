using System.CommandLine;
using HookAot.Config;
using HookAot.Host;

namespace HookAot.Applets.Hookctrl;

/// <summary>hookctrl set: what holds for all guests.</summary>
internal static class SetVerb
{
    private static readonly string[] Keys = ["public_ip", "backend", "debug", "strict"];

    /// <summary>set public_ip|backend|debug|strict.</summary>
    public static Command Make()
    {
        var key = new Argument<string>("KEY") { Description = "public_ip, backend, debug or strict." };
        var values = new Argument<string[]>("VALUE")
        {
            Description = "An address, several, or \"\" for every one; auto, iptables or nftables; true or false.",
            Arity = ArgumentArity.OneOrMore,
        };
        key.With(context => CompletedArguments.IsReached(values, context) ? [] : Keys);
        values.With(context => CompletedArguments.IsReached(values, context)
            ? Values(context.ParseResult.GetValue(key) ?? "")
            : []);
        var force = EditArguments.TakesHostPorts();
        var set = new Command("set", "Set what holds for all guests.") { key, values, force };
        set.SetAction(parsed => EditAndApply.Run(parsed, parsed.GetValue(force), mistakes =>
        {
            var edit = Edit(parsed.GetValue(key)!, parsed.GetValue(values)!, mistakes);
            return edit is null ? [] : [edit];
        }));
        return set;
    }

    private static IEnumerable<string> Values(string key) => key switch
    {
        "public_ip" => ["any", .. HostNetwork.LocalAddresses().Select(a => $"{a}")],
        "backend" => ["auto", "iptables", "nftables"],
        "debug" or "strict" => ["true", "false"],
        _ => [],
    };

    private static ConfigEdit? Edit(string key, string[] values, List<string> mistakes)
    {
        if (!Keys.Contains(key))
        {
            var expected = string.Join(", ", Keys) + Suggestion.Phrase(key, Keys);
            mistakes.Add(ArgumentParser.Mistake("set", key, expected));
            return null;
        }

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
