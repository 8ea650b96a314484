using System.Collections.Immutable;
using System.Xml;
using HookAot.Host;
using HookAot.Model;
using HookAot.Rules;
using Microsoft.Extensions.Logging;

namespace HookAot.Applets;

/// <summary>
/// The libvirt hook: <c>qemu|lxc|libxl|bhyve|network OBJECT OPERATION SUB-OPERATION EXTRA</c>, XML on stdin (libvirt's docs/hooks.rst). It never
/// writes to stdout, which libvirt takes for XML in some operations, and never fails, since libvirt kills a running guest when
/// the hook fails in "reconnect" or "started".
/// </summary>
internal static class HookApplet
{
    private const int Done = 0, Refused = 1, WrongUsage = 2;

    /// <summary>What an operation means to us.</summary>
    private enum Meaning { Nothing, Prepares, Active, Inactive }

    /// <summary>Whether the driver is one whose hook we are.</summary>
    public static bool Knows(string driver) => driver == "network" || LibvirtFiles.Drivers.Contains(driver);

    /// <summary>Handles one call.</summary>
    /// <param name="driver">The hook's name: qemu, lxc, libxl, bhyve or network.</param>
    /// <param name="arguments">OBJECT OPERATION SUB-OPERATION EXTRA.</param>
    /// <returns>The exit code.</returns>
    public static int Run(string driver, string[] arguments)
    {
        if (arguments.Length != 4)
        {
            StandardError.WriteLine($"usage: {driver} OBJECT OPERATION SUB-OPERATION EXTRA < XML   (libvirt calls it; to manage forwards, use hookctrl)");
            return WrongUsage;
        }

        var (name, operation) = (arguments[0], arguments[1]);
        var meaning = Of(driver, operation);
        // qemu:///session runs the same hook as an ordinary user, who may not and need not forward anything.
        if (meaning == Meaning.Nothing || Libc.geteuid() != 0) return Done;

        var paths = HostPaths.FromEnvironment();
        // Whatever happens to a network is news where guests are active; a guest only if it is ours.
        if (driver != "network" && !ConfigFile.MayConcern(paths, name)) return Done;

        ILogger? log = null;
        var mayRefuse = false;
        try
        {
            var config = ConfigFile.Read(paths);
            if (!IsConcerned(paths, config, driver, name, meaning)) return Done;
            log = Syslog.Open(paths.LogSocket, $"libvirt-hook-{driver}", config.Config?.Debug ?? false);
            mayRefuse = config.Config is { Strict: true } && (meaning == Meaning.Prepares || operation == "start") && driver != "network";
            var done = meaning == Meaning.Prepares
                ? !config.Broken && !config.LeftOutMachines.Contains(name)
                : Converger.Record(paths, Event(driver, name, meaning, paths, log), config, mayRefuse, new(name, operation), log);
            if (done || !mayRefuse) return Done;
            StandardError.WriteLine($"{driver} hook: {Printable.Escape(name)} is refused, since \"strict\" is on and its forwards are not in place: " +
                $"{(config.Errors.IsEmpty ? "see the log (journalctl -t libvirt-hook-" + driver + ")" : config.Errors[0])}");
            return Refused;
        }
#pragma warning disable CA1031 // Whatever it is, it must not reach libvirt: a hook that aborts in "reconnect" kills the guest.
        catch (Exception e)
#pragma warning restore CA1031
        {
            var known = e is IOException or UnauthorizedAccessException;
            Log.Failed(
                log ?? Syslog.Open(paths.LogSocket, $"libvirt-hook-{driver}", debug: false),
                $"{Printable.Escape(name)} {operation}: {Printable.Escape(known ? e.Message : e.ToString())}");
            return mayRefuse ? Refused : Done;
        }
    }

    private static Meaning Of(string driver, string operation) => (driver, operation) switch
    {
        ("network", "started" or "updated" or "port-created" or "plugged") => Meaning.Active,
        ("network", "stopped") => Meaning.Inactive,
        ("network", _) => Meaning.Nothing,
        // libvirt 9.0 names an LXC guest's host interface for the first time in "started": hairpin mode needs it.
        (_, "start" or "reconnect") or ("lxc", "started") => Meaning.Active,
        (_, "stopped" or "release") => Meaning.Inactive,
        (_, "prepare") => Meaning.Prepares,
        _ => Meaning.Nothing,
    };

    private static bool IsConcerned(HostPaths paths, ConfigFile config, string driver, string name, Meaning meaning)
    {
        if (meaning == Meaning.Prepares) return config.Config is { Strict: true };
        // With a mistake in its entry, or none that can be read, the guest is recorded all the same, and the mistake is logged.
        var leftOut = driver == "network" ? config.LeftOutNetworks : config.LeftOutMachines;
        if (config.Broken || leftOut.Contains(name)) return true;
        var named = driver == "network"
            ? config.Config!.Networks.Any(n => n.Name == name)
            : config.Config!.Machines.Any(m => m.Name == name);
        if (named) return true;
        // A guest that was taken out of the config while it ran; a network below active guests.
        return StateFiles.Read(paths) is { } state
            && (driver == "network" ? !state.IsIdle : meaning == Meaning.Inactive && state.Guests.Any(g => g.Name == name && g.Driver == driver));
    }

    private static HostEvent Event(string driver, string name, Meaning meaning, HostPaths paths, ILogger log)
    {
        ImmutableArray<GuestInterface> interfaces = [];
        if (meaning == Meaning.Active && driver != "network" && Libc.isatty(0) == 0)
        {
            try
            {
                using var handle = new Microsoft.Win32.SafeHandles.SafeFileHandle(0, ownsHandle: false);
                using var stdin = new FileStream(handle, FileAccess.Read, 1 << 16);
                interfaces = DomainXml.ReadInterfaces(stdin);
            }
            catch (Exception e) when (e is XmlException or IOException or UnauthorizedAccessException or ArgumentException)
            {
                Log.Warned(log, $"{Printable.Escape(name)}: its XML is not understood, so its address is not learned and hairpin mode is not set: {Printable.Escape(e.Message)}");
            }
        }

        return new HostEvent(driver, name, meaning == Meaning.Active, interfaces, LibvirtFiles.IsIsolated(paths, interfaces));
    }
}
