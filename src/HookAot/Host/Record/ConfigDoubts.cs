using System.Collections.Immutable;
using System.Net;
using HookAot.Config;
using HookAot.Model;

namespace HookAot.Host;

/// <summary>What in a valid configuration does not do what it is meant to do on this host.</summary>
internal static class ConfigDoubts
{
    /// <summary>What is probably not meant so, as one line each.</summary>
    public static IEnumerable<string> Find(HostPaths paths, HookConfig config) =>
        [.. Guests(paths, config), .. PublicAddresses(config), .. Networks(paths, config), .. HostServices(config)];

    /// <summary>
    /// What cannot work: addresses that stand for a whole network, of libvirt's or among the host's routes. A line
    /// each.
    /// </summary>
    public static IEnumerable<string> Problems(HostPaths paths, HookConfig config)
    {
        ImmutableArray<IPNetwork> networks =
            [
            .. LibvirtDefinitions.NetworkRanges(paths) ?? [],
            .. (ConnectedRoutes.Read() ?? []).Select(r => r.Network),
            .. (ConnectedRoutes6.Read() ?? []).Select(r => r.Network),
        ];
        var problems = new List<string>();
        foreach (var machine in config.Machines)
        {
            foreach (var address in machine.PrivateAddresses)
                Add(problems, machine, AddressProblems.Of(address, networks), "the guest's own address");

            foreach (var forward in machine.Forwards)
            {
                foreach (var address in forward.PublicAddresses)
                    Add(problems, machine, AddressProblems.Of(address, networks), "a public address of this host");
            }
        }

        return problems.Distinct();
    }

    private static void Add(List<string> problems, Machine machine, string? problem, string expected)
    {
        if (problem is not null)
            problems.Add($"\"{Printable.Shown(machine.Name)}\": {problem}; expected {expected}");
    }

    /// <summary>Whom else the config and the record of what is active listen to, as one line each.</summary>
    public static IEnumerable<string> Permissions(HostPaths paths) => FilePermissions.Doubts(paths);

    private static IEnumerable<string> Guests(HostPaths paths, HookConfig config)
    {
        var known = LibvirtDefinitions.Guests(paths);
        if (known.Names.IsEmpty || !known.Complete) yield break; // no libvirt here, or none that we may look into

        var names = known.Names.ToHashSet(StringComparer.Ordinal);
        foreach (var machine in config.Machines)
        {
            if (names.Contains(machine.Name)) continue;
            var meant = Suggestion.Phrase(machine.Name, known.Names);
            yield return $"libvirt does not know a guest \"{Printable.Shown(machine.Name)}\"{meant}";
        }
    }

    private static IEnumerable<string> PublicAddresses(HookConfig config)
    {
        var local = HostNetwork.LocalAddresses();
        if (local.Count == 0) yield break;

        var addresses = config.Machines.SelectMany(m => m.Forwards).SelectMany(f => f.PublicAddresses).Distinct();
        foreach (var address in addresses)
        {
            if (IPAddress.IsLoopback(address) || local.Contains(address)) continue;
            yield return $"no interface of this host has the public address {address}; "
                + "only what is routed here with it is forwarded";
        }
    }

    private static IEnumerable<string> Networks(HostPaths paths, HookConfig config)
    {
        if (LibvirtDefinitions.NetworkRanges(paths) is not { IsEmpty: false } networks) yield break;

        var ranges = string.Join(", ", networks);
        foreach (var machine in config.Machines)
        {
            foreach (var address in machine.PrivateAddresses)
            {
                if (networks.Any(n => n.Contains(address))) continue;
                var name = Printable.Shown(machine.Name);
                yield return $"{address} of \"{name}\" is in none of libvirt's networks ({ranges})";
            }
        }
    }

    private static IEnumerable<string> HostServices(HookConfig config)
    {
        var listeners = new Dictionary<string, HashSet<ushort>>();
        foreach (var machine in config.Machines)
        {
            foreach (var forward in machine.Forwards)
            {
                foreach (var doubt in HostServices(machine, forward, listeners)) yield return doubt;
            }
        }
    }

    private static IEnumerable<string> HostServices(
        Machine machine, Forward forward, Dictionary<string, HashSet<ushort>> listeners)
    {
        var name = Printable.Shown(machine.Name);
        var outside = forward.PublicAddresses.IsEmpty || !forward.PublicAddresses.All(IPAddress.IsLoopback);
        foreach (var protocol in forward.Protocols)
        {
            foreach (var port in outside ? Listening(loopback: false) : [])
            {
                yield return $"a service of this host listens on {port}/{protocol.Name()}; connections from "
                    + $"outside go to \"{name}\" while it runs";
            }

            foreach (var port in forward.Localhost ? Listening(loopback: true) : [])
            {
                yield return $"a service of this host listens on 127.0.0.1:{port}/{protocol.Name()}; connections of "
                    + $"the host to it go to \"{name}\" while it runs";
            }

            IEnumerable<ushort> Listening(bool loopback)
            {
                var key = $"{protocol.Name()} {loopback}";
                if (!listeners.TryGetValue(key, out var ports))
                    listeners[key] = ports = HostNetwork.ListeningPorts(protocol, loopback);
                return Within(forward.Public, ports);
            }
        }
    }

    private static IEnumerable<ushort> Within(PortRange range, HashSet<ushort> ports) =>
        ports.Where(p => range.First <= p && p <= range.Last).Order();

    /// <summary>What libvirt's files say; nothing to a user who may not look into them.</summary>
    private static ImmutableArray<T> Known<T>(Func<ImmutableArray<T>> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
