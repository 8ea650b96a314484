using System.Globalization;
using System.Net;
using HookAot.Config;
using HookAot.Model;

namespace HookAot.Host;

/// <summary>A port on which a service of the host waits, and which a forward takes while its guest runs.</summary>
/// <param name="guest">The forward's guest.</param>
/// <param name="protocol">The protocol.</param>
/// <param name="isLocal">Whether it is 127.0.0.1 that is taken.</param>
/// <param name="listener">The service.</param>
internal sealed class HostPort(string guest, Protocol protocol, bool isLocal, HostListener listener)
{
    /// <summary>What is taken, whoever takes it: "22/tcp" or "127.0.0.1:22/tcp".</summary>
    public string Place
    {
        get
        {
            var address = isLocal ? "127.0.0.1:" : "";
            return string.Create(CultureInfo.InvariantCulture, $"{address}{listener.Port}/{protocol.Name()}");
        }
    }

    /// <summary>Why an edit that brings it is refused.</summary>
    public string Refusal => $"{Danger}; say --force if that is meant";

    /// <summary>What an edit that brings it would do.</summary>
    public string Danger => $"{listener.Program()} of this host listens on {Place}: new connections "
        + $"{Whose} would go to \"{Printable.Shown(guest)}\" instead";

    /// <summary>The same as a doubt.</summary>
    public string Doubt => IsPassing
        ? $"a program of this host has {Place} now, perhaps as a client; what comes in there goes to "
            + $"\"{Printable.Shown(guest)}\" while it runs"
        : $"a service of this host listens on {Place}; connections {Whose}{(isLocal ? " to it" : "")} go to "
            + $"\"{Printable.Shown(guest)}\" while it runs";

    /// <summary>
    /// Whether it may be gone in a moment: a UDP socket of a client looks as that of a service does, and the kernel
    /// takes its port from a range of its own.
    /// </summary>
    private bool IsPassing => protocol == Protocol.Udp && EphemeralPorts.Contains(listener.Port);

    private string Whose => isLocal ? "of the host" : "from outside";

    /// <summary>What a change of the config takes, and the config before did not; what may pass is left away.</summary>
    /// <param name="paths">Where things are.</param>
    /// <param name="before">The config before.</param>
    /// <param name="now">The config that it becomes.</param>
    public static List<HostPort> NewlyTaken(HostPaths paths, ConfigResult before, ConfigResult now)
    {
        var taken = TakenBy(paths, now.Config ?? HookConfig.Empty);
        taken.RemoveAll(port => port.IsPassing);
        if (taken.Count == 0) return taken;
        var known = TakenBy(paths, before.Config ?? HookConfig.Empty).ConvertAll(port => port.Place);
        taken.RemoveAll(port => known.Contains(port.Place));
        return taken;
    }

    /// <summary>The ports of the host's services that a config takes, each once for a guest.</summary>
    public static List<HostPort> TakenBy(HostPaths paths, HookConfig config)
    {
        var listeners = new List<HostListener>?[3];
        IReadOnlyList<IPNetwork>? bridges = null;
        var taken = new List<HostPort>();
        foreach (var machine in config.Machines)
        {
            var places = new HashSet<string>(StringComparer.Ordinal);
            foreach (var forward in machine.Forwards)
            {
                foreach (var protocol in forward.Protocols)
                {
                    foreach (var listener in listeners[(int)protocol] ??= HostListener.Of(protocol))
                    {
                        if (listener.Port < forward.Public.First || listener.Port > forward.Public.Last) continue;
                        bridges ??= [.. LibvirtDefinitions.NetworkRanges(paths) ?? []];
                        foreach (var address in PortConflicts.AddressesOf(machine, forward))
                        {
                            if (!listener.IsHiddenBy(address, bridges)) continue;
                            var port = new HostPort(machine.Name, protocol, IPAddress.IsLoopback(address), listener);
                            if (places.Add(port.Place)) taken.Add(port);
                        }
                    }
                }
            }
        }

        return taken;
    }
}
