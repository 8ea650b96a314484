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
        [
        .. Guests(paths, config),
        .. Missing(paths, config),
        .. PublicAddresses(config),
        .. Networks(paths, config),
        .. HostPort.TakenBy(paths, config).Select(port => port.Doubt),
        ];

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

    /// <summary>What the config asks for and this host has not: a tool, or a family.</summary>
    private static IEnumerable<string> Missing(HostPaths paths, HookConfig config)
    {
        if (config.Backend != Backend.Auto && BackendChoice.Missing(paths, config.Backend) is { } problem)
            yield return problem;

        if (HostNetwork.HasIPv6) yield break;
        foreach (var machine in config.Machines)
        {
            var own = machine.PrivateAddresses.Concat(machine.Forwards.SelectMany(f => f.PublicAddresses));
            if (own.FirstOrDefault(a => !a.IsIPv4()) is not { } address) continue;
            yield return $"{address} of \"{Printable.Shown(machine.Name)}\" is not forwarded: this host has no IPv6";
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
}
