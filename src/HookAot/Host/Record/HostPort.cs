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
    public string Refusal => $"{listener.Program()} of this host listens on {Place}: new connections "
        + $"{(isLocal ? "of the host" : "from outside")} would go to \"{Printable.Shown(guest)}\" instead; "
        + "say --force if that is meant";

    /// <summary>The same as a doubt.</summary>
    public string Doubt => isLocal
        ? $"a service of this host listens on {Place}; connections of the host to it go to "
            + $"\"{Printable.Shown(guest)}\" while it runs"
        : $"a service of this host listens on {Place}; connections from outside go to "
            + $"\"{Printable.Shown(guest)}\" while it runs";

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
