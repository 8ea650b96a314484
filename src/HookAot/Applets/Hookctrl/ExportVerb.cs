using System.CommandLine;
using System.Globalization;
using System.Text;
using HookAot.Config;
using HookAot.Host;
using HookAot.Model;

namespace HookAot.Applets.Hookctrl;

/// <summary>hookctrl export: the config as commands that make it anew.</summary>
internal static class ExportVerb
{
    /// <summary>The verb.</summary>
    public static Command Make()
    {
        const string description = "Print the config as commands that make it anew, for a shell.";
        var export = new Command("export", description);
        export.SetAction(parsed => Run(Session.Of(parsed)));
        return export;
    }

    private static int Run(Session session)
    {
        if (session.UsableConfig() is not { } config) return Session.Refused;
        var script = new StringBuilder();
        if (config.Backend != Backend.Auto) script.Append($"hookctrl set backend {config.Backend.Name()}\n");
        if (config.Debug) script.Append("hookctrl set debug true\n");
        if (config.Strict) script.Append("hookctrl set strict true\n");
        foreach (var network in config.Networks)
        {
            script.Append($"hookctrl network add {ShellWord.Quote(network.Name)} {network.Range}");
            AppendComment(script, network.Comment);
            script.Append('\n');
        }

        foreach (var machine in config.Machines) Append(script, machine);
        var text = script.ToString();
        if (session.Json) HookctrlJson.Write(new ExportReport(text.Split('\n', StringSplitOptions.RemoveEmptyEntries)));
        else Output.Write(text);
        return Session.Done;
    }

    private static void Append(StringBuilder script, Machine machine)
    {
        var name = ShellWord.Quote(machine.Name);
        script.Append($"hookctrl machine add {name}");
        foreach (var address in machine.PrivateAddresses) script.Append($" --private-ip {address}");
        if (machine.Interface is { } leads) script.Append($" --interface {ShellWord.Quote(leads)}");
        AppendComment(script, machine.Comment);
        script.Append('\n');

        // Forwards that differ in nothing but their ports are one command, in the file's order.
        string? options = null;
        foreach (var forward in machine.Entries)
        {
            if (StatusBuilder.IsEnded(forward)) continue;
            var these = Options(forward);
            if (these != options)
            {
                if (options is not null) script.Append(options).Append('\n');
                script.Append($"hookctrl port add {name}");
                options = these;
            }

            script.Append(' ').Append(Notation(forward));
        }

        if (options is not null) script.Append(options).Append('\n');
        if (!machine.Enabled) script.Append($"hookctrl machine disable {name}\n");
        foreach (var idle in machine.Idle)
            if (idle.IsSwitchedOff) script.Append($"hookctrl port disable {name} {Notation(idle)}\n");
    }

    private static PortNotation Notation(Forward forward) => new(forward.Public, forward.Guest, forward.Protocols);

    private static void AppendComment(StringBuilder script, string? comment)
    {
        if (comment is not null) script.Append($" --comment {ShellWord.Quote(comment)}");
    }

    private static string Options(Forward forward)
    {
        var options = new StringBuilder();
        foreach (var address in forward.PublicAddresses) options.Append($" --public-ip {address}");
        foreach (var source in forward.Sources) options.Append($" --source {source}");
        if (forward.Localhost) options.Append(" --localhost true");
        if (forward.Snat) options.Append(" --snat true");
        if (forward.Until is { } until)
            options.Append(CultureInfo.InvariantCulture, $" --for {until - LocalTime.Now}s");
        AppendComment(options, forward.Comment);
        return options.ToString();
    }
}
