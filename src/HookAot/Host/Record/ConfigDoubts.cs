using System.Collections.Immutable;
using System.Net;
using HookAot.Config;
using HookAot.Model;

namespace HookAot.Host;

/// <summary>What in a valid configuration probably does not do what it is meant to do on this host.</summary>
internal static class ConfigDoubts
{
    /// <summary>Every doubt, as one line each.</summary>
    public static IEnumerable<string> Find(HostPaths paths, HookConfig config) =>
        [.. Guests(paths, config), .. PublicAddresses(config), .. Networks(paths, config), .. HostServices(config)];

    private static IEnumerable<string> Guests(HostPaths paths, HookConfig config)
    {
        var known = LibvirtDefinitions.Guests(paths);
        var names = known.Names;
        if (names.IsEmpty || !known.Complete) yield break; // no libvirt here, or none that we may look into
        foreach (var machine in config.Machines.Where(m => !names.Contains(m.Name)))
        {
            var near = Suggestion.For(machine.Name, names) is { } name ? $"; did you mean \"{JsonValue.Shown(name)}\"?" : "";
            yield return $"libvirt does not know a guest \"{JsonValue.Shown(machine.Name)}\"{near}";
        }
    }

    private static IEnumerable<string> PublicAddresses(HookConfig config)
    {
        var local = HostNetwork.LocalAddresses();
        if (local.Count == 0) yield break;
        foreach (var address in config.Machines.SelectMany(m => m.Forwards).SelectMany(f => f.PublicAddresses).Where(a => a.IsIPv4()).Distinct())
            if (!local.Contains(address)) yield return $"no interface of this host has the public address {address}; only what is routed here with it is forwarded";
    }

    private static IEnumerable<string> Networks(HostPaths paths, HookConfig config)
    {
        if (LibvirtDefinitions.NetworkRanges(paths) is not { IsEmpty: false } networks) yield break;
        foreach (var machine in config.Machines)
            foreach (var address in machine.PrivateAddresses.Where(a => !networks.Any(n => n.Contains(a))))
                yield return $"{address} of \"{JsonValue.Shown(machine.Name)}\" is in none of libvirt's networks ({string.Join(", ", networks)})";
    }

    private static IEnumerable<string> HostServices(HookConfig config)
    {
        var listeners = new Dictionary<Protocol, HashSet<ushort>>();
        foreach (var machine in config.Machines)
        {
            foreach (var forward in machine.Forwards)
            {
                foreach (var protocol in forward.Protocols)
                {
                    if (!listeners.TryGetValue(protocol, out var ports)) listeners[protocol] = ports = HostNetwork.ListeningPorts(protocol);
                    foreach (var port in ports.Where(p => forward.Public.First <= p && p <= forward.Public.Last).Order())
                        yield return $"a service of this host listens on {port}/{protocol.Name()}; connections from outside go to \"{JsonValue.Shown(machine.Name)}\" while it runs";
                }
            }
        }
    }
}
