using System.CommandLine;
using HookAot.Config;

namespace HookAot.Applets.Hookctrl;

/// <summary>hookctrl port: a guest's forwards.</summary>
internal static class PortVerb
{
    /// <summary>port add|remove.</summary>
    public static Command Make() => new("port", "Forwards.") { Add(), Remove() };

    private static Command Add()
    {
        var ports = EditArguments.Forwards();
        var name = EditArguments.MachineName().WithMachines(ports);
        var options = new ExtraOptions();
        var add = new Command("add", "Forward ports of the host to a guest.") { name, ports };
        options.AddTo(add);
        add.SetAction(parsed => EditAndApply.Run(parsed, mistakes =>
        {
            var machine = parsed.GetValue(name)!;
            var forwards = ArgumentParser.Forwards(parsed.GetValue(ports)!, mistakes);
            var extras = options.Read(parsed, mistakes);
            return [.. forwards.Select(f => new ConfigEdit.AddPort(machine, f, extras))];
        }));
        return add;
    }

    private static Command Remove()
    {
        var ports = EditArguments.Forwards();
        var name = EditArguments.MachineName().WithMachines(ports);
        ports.WithPorts(name);
        var remove = new Command("remove", "End forwards to a guest.") { name, ports };
        remove.SetAction(parsed => EditAndApply.Run(parsed, mistakes =>
        {
            var machine = parsed.GetValue(name)!;
            var forwards = ArgumentParser.Forwards(parsed.GetValue(ports)!, mistakes);
            return [.. forwards.Select(f => new ConfigEdit.RemovePort(machine, f))];
        }));
        return remove;
    }
}
