using System.Collections.Immutable;
using System.Xml;
using HookAot.Host;
using HookAot.Model;
using HookAot.Rules;
using Microsoft.Extensions.Logging;

namespace HookAot.Applets;

/// <summary>
/// The libvirt hook. It never writes to stdout, which libvirt takes for XML in some operations, and never fails, since
/// libvirt kills a running guest when the hook fails in "reconnect" or "started".
/// </summary>
internal static class HookApplet
{
    private const int Done = 0, Refused = 1, WrongUsage = 2;

    /// <summary>Whether the driver is one whose hook we are.</summary>
    public static bool Knows(string driver) =>
        driver == HostEvent.NetworkDriver || LibvirtStatus.Drivers.Contains(driver);

    /// <summary>Handles one call.</summary>
    /// <param name="driver">The hook's name: qemu, lxc, libxl, bhyve or network.</param>
    /// <param name="arguments">OBJECT OPERATION SUB-OPERATION EXTRA.</param>
    /// <returns>The exit code.</returns>
    public static int Run(string driver, string[] arguments)
    {
        if (HookCall.Parse(driver, arguments) is not { } call)
        {
            StandardError.WriteLine($"usage: {driver} OBJECT OPERATION SUB-OPERATION EXTRA < XML   " +
                "(libvirt calls it; to manage forwards, use hookctrl)");
            return WrongUsage;
        }

        // qemu:///session runs the same hook as an ordinary user, who may not and need not forward anything.
        if (call.Meaning == HookMeaning.Nothing || Libc.geteuid() != 0) return Done;

        ILogger? log = null;
        var mayRefuse = false;
        var paths = HostPaths.FromEnvironment();
        try
        {
            if (!call.IsNetwork && !ConfigFile.MayConcern(paths, call.Name)) return Done;
            // Before a guest's start only "strict" has something to say.
            if (call.Meaning == HookMeaning.Prepares && !ConfigFile.MayConcern(paths, "strict")) return Done;
            var config = ConfigFile.Read(paths);
            if (!IsConcerned(paths, config, call)) return Done;

            log = OpenLog(paths, call, config.Config?.Debug ?? false);
            mayRefuse = call.MayRefuse && config.Config is { Strict: true };
            if (Handle(call, paths, config, log) || !mayRefuse) return Done;

            SayRefusal(call, config);
            return Refused;
        }
        // Whatever it is, it must not reach libvirt: a hook that aborts in "reconnect" kills the guest.
#pragma warning disable CA1031
        catch (Exception e)
#pragma warning restore CA1031
        {
            var known = e is IOException or UnauthorizedAccessException;
            var words = Printable.Escape(known ? e.Message : e.ToString());
            var cause = new ConvergeCause(call.Name, call.Operation);
            Log.Failed(log ?? OpenLog(paths, call, debug: false), $"{cause}: {words}");
            return mayRefuse ? Refused : Done;
        }
    }

    private static ILogger OpenLog(HostPaths paths, HookCall call, bool debug) =>
        Syslog.Open(paths.LogSocket, $"libvirt-hook-{call.Driver}", debug);

    private static bool Handle(HookCall call, HostPaths paths, ConfigFile config, ILogger log)
    {
        if (call.Meaning == HookMeaning.Prepares)
            return !config.Broken && !config.LeftOutMachines.Contains(call.Name);

        var deadline = Deadline.In(Limits.All);
        var converger = new Converger(paths, deadline, new(call.Name, call.Operation), log);
        return converger.Record(Event(call, deadline, log), config);
    }

    private static void SayRefusal(HookCall call, ConfigFile config)
    {
        var reason = config.Errors.IsEmpty
            ? $"see the log (journalctl -t libvirt-hook-{call.Driver})"
            : config.Errors[0];
        var guest = Printable.Escape(call.Name);
        StandardError.WriteLine($"{call.Driver} hook: {guest} is refused, since \"strict\" is on and its forwards " +
            $"are not in place: {reason}");
    }

    private static bool IsConcerned(HostPaths paths, ConfigFile config, HookCall call)
    {
        if (call.Meaning == HookMeaning.Prepares) return config.Config is { Strict: true };
        if (call.IsNetwork) return IsNetworkConcerned(paths, config, call);

        // With a mistake in its entry, or none that can be read, the guest is recorded all the same, and the mistake is
        // logged.
        if (config.Broken || config.LeftOutMachines.Contains(call.Name)) return true;
        if (config.Config!.Machines.Any(m => m.Name == call.Name)) return true;

        // A guest that was taken out of the config while it ran.
        return call.Meaning == HookMeaning.Inactive && (HostRecord.Read(paths)?.Has(call.Driver, call.Name) ?? false);
    }

    /// <summary>
    /// Whatever happens to a network is news where guests are active: libvirt may have put its rules above ours. That
    /// one is still active is news only where nobody knows it.
    /// </summary>
    private static bool IsNetworkConcerned(HostPaths paths, ConfigFile config, HookCall call)
    {
        var record = HostRecord.Read(paths);
        var isRecorded = record?.HasNetwork(call.Name) ?? false;
        if (call.Meaning == HookMeaning.Inactive && isRecorded) return true;
        if (call.Meaning == HookMeaning.StillActive && isRecorded) return false;

        var isNamed = config.Config?.Networks.Any(n => n.Name == call.Name) ?? false;
        return isNamed || config.LeftOutNetworks.Contains(call.Name) || record is { Guests.IsEmpty: false };
    }

    private static HostEvent Event(HookCall call, Deadline deadline, ILogger log)
    {
        var active = call.Meaning is HookMeaning.Active or HookMeaning.StillActive;
        var interfaces = active && !call.IsNetwork ? Interfaces(call, deadline, log) : [];
        return new(call.Driver, call.Name, active, interfaces);
    }

    private static ImmutableArray<GuestInterface> Interfaces(HookCall call, Deadline deadline, ILogger log)
    {
        const int MaxBytes = 4 * DomainXml.MaxCharacters; // UTF-8's longest
        var xml = StandardInput.Read(MaxBytes, deadline.AtMost(Limits.StandardInput), out var problem);
        if (xml is not null)
        {
            try
            {
                return DomainXml.ReadInterfaces(new MemoryStream(xml));
            }
            catch (XmlException e)
            {
                problem = Printable.Escape(e.Message);
            }
        }

        var guest = Printable.Escape(call.Name);
        Log.Warned(log, $"{guest}: its XML is not understood, so its address is not learned and hairpin mode is not " +
            $"set: {problem}");
        return [];
    }
}
