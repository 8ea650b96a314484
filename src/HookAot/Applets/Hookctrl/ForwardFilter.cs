using System.CommandLine;
using HookAot.Config;
using HookAot.Model;
using HookAot.Rules;

namespace HookAot.Applets.Hookctrl;

/// <summary>Which forwards are asked for: all, a guest's, or those of a port.</summary>
internal sealed class ForwardFilter
{
    private ForwardFilter(string? guest, PortNotation? port) => (Guest, Port) = (guest, port);

    /// <summary>The guest; null: every one.</summary>
    public string? Guest { get; }

    /// <summary>Whether only some are asked for.</summary>
    public bool IsNarrow => Guest is not null || Port is not null;

    private PortNotation? Port { get; }

    /// <summary>The argument GUEST[:PORT].</summary>
    public static Argument<string> Argument() => new Argument<string>("GUEST[:PORT]")
    {
        Description = "Only the forwards of this guest, or its forwards of this port: web, web:8080, web:53/udp.",
        Arity = ArgumentArity.ZeroOrOne,
    }.WithMachines();

    /// <summary>The option --port.</summary>
    public static Option<string> PortOption() => new("--port")
    {
        Description = "Only the forwards of this port, whoever has it: 8080, 53/udp.",
        HelpName = "PORT",
    };

    /// <summary>Reads what was asked for.</summary>
    /// <param name="target">The argument; null: there is none.</param>
    /// <param name="port">The option; null: there is none.</param>
    /// <param name="names">The guests of the config, with mistakes or without.</param>
    /// <param name="problem">What is wrong with it; null if nothing is.</param>
    /// <param name="code">The exit code for that.</param>
    public static ForwardFilter? Read(
        string? target, string? port, IEnumerable<string> names, out string? problem, out int code)
    {
        (problem, code) = (null, Session.Refused);
        var guest = target;
        var known = names.ToList();
        // A guest's name may have colons of its own.
        if (target?.LastIndexOf(':') is { } colon and > 0 && !known.Contains(target))
        {
            guest = target[..colon];
            port ??= target[(colon + 1)..];
        }

        if (guest is not null && !known.Contains(guest))
        {
            if (guest.StartsWith('-'))
            {
                code = Session.WrongUsage;
                problem = $"Unrecognized command or argument '{Printable.Shown(guest)}'.";
                return null;
            }

            problem = $"\"{Printable.Shown(guest)}\" is not in \"machines\"{Suggestion.Phrase(guest, known)}";
            return null;
        }

        PortNotation? notation = null;
        if (port is null) return new(guest, notation);
        if (PortNotation.Parse(port, out notation) is null && notation!.Guest is null) return new(guest, notation);
        code = Session.WrongUsage;
        problem = $"found port '{Printable.Shown(port)}'; expected such as 8080, 8000-8010 or 53/udp";
        return null;
    }

    /// <summary>Whether a guest is asked for, with whichever of its forwards.</summary>
    public bool Takes(string guest) => Guest is null || Guest == guest;

    /// <summary>Whether a forward of a guest is asked for.</summary>
    public bool Takes(string guest, Forward forward)
    {
        if (!Takes(guest)) return false;
        if (Port is not { } port) return true;
        if (!forward.Public.Overlaps(port.Public)) return false;
        return port.Protocols.IsEmpty || forward.Protocols.Any(p => port.Protocols.Contains(p));
    }

    /// <summary>Whether a translation belongs to a forward that is asked for.</summary>
    public bool Takes(Translation translation)
    {
        if (!Takes(translation.Guest)) return false;
        if (Port is not { } port) return true;
        if (!translation.PublicPorts.Overlaps(port.Public)) return false;
        return port.Protocols.IsEmpty || port.Protocols.Contains(translation.Protocol);
    }

    /// <summary>What was asked for, as the end of a sentence: "of web:8080".</summary>
    public override string ToString()
    {
        var guest = Guest is null ? "" : $" of \"{Printable.Shown(Guest)}\"";
        return Port is null ? guest : $"{guest} with port {Port}";
    }
}
