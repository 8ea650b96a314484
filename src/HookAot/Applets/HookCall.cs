using HookAot.Host;

namespace HookAot.Applets;

/// <summary>What an operation of libvirt's means to us.</summary>
internal enum HookMeaning
{
    /// <summary>Nothing.</summary>
    Nothing,

    /// <summary>A guest is about to start, and may still be refused.</summary>
    Prepares,

    /// <summary>A guest or a network is active, and libvirt has just made its own rules for it.</summary>
    Active,

    /// <summary>A network is active; libvirt's rules for it are as they were.</summary>
    StillActive,

    /// <summary>A guest or a network is not active any more.</summary>
    Inactive,
}

/// <summary>
/// One call by libvirt: <c>DRIVER OBJECT OPERATION SUB-OPERATION EXTRA</c> (libvirt's docs/hooks.rst).
/// </summary>
/// <param name="Driver">qemu, lxc, libxl, bhyve or network.</param>
/// <param name="Name">The guest or the network; any text.</param>
/// <param name="Operation">The operation.</param>
/// <param name="Meaning">What it means to us.</param>
internal sealed record HookCall(string Driver, string Name, string Operation, HookMeaning Meaning)
{
    private const int FewestArguments = 2;

    /// <summary>Whether it is about a network.</summary>
    public bool IsNetwork => Driver == HostEvent.NetworkDriver;

    /// <summary>
    /// Whether a failure may refuse the guest's start: libvirt ignores one after the guest's end, and kills a running
    /// guest for one in "started" and "reconnect".
    /// </summary>
    public bool MayRefuse => !IsNetwork && (Meaning == HookMeaning.Prepares || Operation == "start");

    /// <summary>
    /// Reads the arguments; null where too few are there. A later libvirt may pass more than today's four.
    /// </summary>
    public static HookCall? Parse(string driver, string[] arguments)
    {
        if (arguments.Length < FewestArguments) return null;
        return new(driver, arguments[0], arguments[1], MeaningOf(driver, arguments[1]));
    }

    private static HookMeaning MeaningOf(string driver, string operation) => (driver, operation) switch
    {
        (HostEvent.NetworkDriver, "started" or "updated") => HookMeaning.Active,
        // Before libvirt 5.2 "plugged" was the name of "port-created".
        (HostEvent.NetworkDriver, "port-created" or "plugged") => HookMeaning.StillActive,
        (HostEvent.NetworkDriver, "stopped") => HookMeaning.Inactive,
        (HostEvent.NetworkDriver, _) => HookMeaning.Nothing,
        // libvirt 9.0 names an LXC guest's host interface for the first time in "started": hairpin mode needs it.
        (_, "start" or "reconnect") or ("lxc", "started") => HookMeaning.Active,
        (_, "stopped" or "release") => HookMeaning.Inactive,
        (_, "prepare") => HookMeaning.Prepares,
        _ => HookMeaning.Nothing,
    };
}
