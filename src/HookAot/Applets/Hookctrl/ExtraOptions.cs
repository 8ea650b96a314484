using System.Collections.Immutable;
using System.CommandLine;
using HookAot.Config;
using HookAot.Host;

namespace HookAot.Applets.Hookctrl;

/// <summary>
/// The options that a machine and a forward share, and what only one of them has. Where an entry is there already, ""
/// takes its key out.
/// </summary>
/// <param name="isChange">Whether the entry is there already.</param>
internal sealed class ExtraOptions(bool isChange)
{
    private readonly string orNone = isChange ? "; \"\" takes it out" : "";

    private readonly Option<string[]> publicIp = new("--public-ip", "--public_ip")
    {
        Description = "The host's address, or several; \"\" for every one.",
        HelpName = "IP",
        AllowMultipleArgumentsPerToken = false,
    };

    private readonly Option<string> localhost = new("--localhost")
    {
        Description = "Forward connections of the host to 127.0.0.1 too: true or false.",
        HelpName = "BOOL",
    };

    private readonly Option<string> snat = new("--snat")
    {
        Description = "Let what the guest opens itself leave with the public address: true or false.",
        HelpName = "BOOL",
    };

    private Option<string[]>? source;
    private Option<string>? comment;
    private Option<string>? interfaceName;
    private Option<string>? duration;

    /// <summary>Adds those of a machine to a command.</summary>
    public void AddForMachine(Command command)
    {
        AddTo(command);
        interfaceName = new("--interface")
        {
            Description = $"The host's interface that leads to the guest{orNone}.",
            HelpName = "NAME",
        };
        command.Add(interfaceName);
    }

    /// <summary>Adds those of a forward to a command.</summary>
    public void AddForForward(Command command)
    {
        AddTo(command);
        duration = new("--for")
        {
            Description = $"How long it lasts, such as 30s, 15m, 2h or 3d, over reboots too{orNone}.",
            HelpName = "TIME",
        };
        command.Add(duration);
    }

    /// <summary>What they say.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="mistakes">Receives what is wrong.</param>
    public Extras Read(ParseResult parsed, List<string> mistakes)
    {
        var unset = ImmutableArray.CreateBuilder<string>();
        return new()
        {
            PublicAddresses = parsed.GetValue(publicIp) is { Length: > 0 } publics
                ? ArgumentParser.PublicAddresses("--public-ip", publics, mistakes)
                : null,
            Sources = parsed.GetValue(source!) is { Length: > 0 } sources && !IsUnset(sources[0], "source", unset)
                ? ArgumentParser.Networks("--source", sources, mistakes)
                : null,
            Localhost = Said(parsed, localhost, "localhost", unset) is { } local
                ? ArgumentParser.Bool("--localhost", local, mistakes)
                : null,
            Snat = Said(parsed, snat, "snat", unset) is { } leaves
                ? ArgumentParser.Bool("--snat", leaves, mistakes)
                : null,
            Interface = Said(parsed, interfaceName, "interface", unset) is { } name
                ? ArgumentParser.Interface(name, mistakes)
                : null,
            Comment = Said(parsed, comment, "comment", unset) is { } words
                ? ArgumentParser.Comment(words, mistakes)
                : null,
            Until = Said(parsed, duration, "until", unset) is { } time ? End(time, mistakes) : null,
            Unset = unset.ToImmutable(),
        };
    }

    private void AddTo(Command command)
    {
        source = new("--source")
        {
            Description = $"Who may connect, such as 10.0.0.0/8; may be given several times{orNone}.",
            HelpName = "NET",
        };
        comment = new("--comment") { Description = $"What it is for{orNone}.", HelpName = "TEXT" };
        command.Add(publicIp);
        command.Add(source);
        command.Add(localhost);
        command.Add(snat);
        command.Add(comment);
    }

    /// <summary>What an option says; null where it says nothing, or takes the key out.</summary>
    private string? Said(
        ParseResult parsed, Option<string>? option, string key, ImmutableArray<string>.Builder unset)
    {
        if (option is null || parsed.GetValue(option) is not { } text) return null;
        return IsUnset(text, key, unset) ? null : text;
    }

    private bool IsUnset(string text, string key, ImmutableArray<string>.Builder unset)
    {
        if (text.Length > 0 || !isChange) return false;
        unset.Add(key);
        return true;
    }

    private static long? End(string text, List<string> mistakes)
    {
        if (LocalTime.Duration(text) is { } seconds) return LocalTime.Now + seconds;
        mistakes.Add(ArgumentParser.Mistake("--for", text, "a time such as 30s, 15m, 2h or 3d"));
        return null;
    }
}
