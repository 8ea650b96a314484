using System.Collections.Immutable;
using System.Xml;
using HookAot.Model;
using HookAot.Rules;

namespace HookAot.Host;

/// <summary>The guests that run, as far as libvirt's status files tell.</summary>
/// <param name="Guests">Guests that run.</param>
/// <param name="HiddenDrivers">
/// Drivers whose directory is there and cannot be listed: whether a guest of theirs runs cannot be told.
/// </param>
/// <param name="Unread">
/// Guests among <paramref name="Guests"/> whose file cannot be read or is not understood: they run, and their
/// interfaces are empty because they are not known.
/// </param>
/// <param name="Problems">What could not be read, a sentence each.</param>
internal sealed record RunningGuests(
    ImmutableArray<ObservedGuest> Guests,
    ImmutableArray<string> HiddenDrivers,
    ImmutableArray<ObservedGuest> Unread,
    ImmutableArray<string> Problems);

/// <summary>The networks that are active, as far as libvirt's status files tell.</summary>
/// <param name="Networks">Active networks; of one whose file is not understood only the name is known.</param>
/// <param name="Hidden">
/// Whether the directory is there and cannot be listed, so that of no network it can be told that it is inactive.
/// </param>
/// <param name="Problems">What could not be read, a sentence each.</param>
internal sealed record ActiveNetworks(
    ImmutableArray<ObservedNetwork> Networks, bool Hidden, ImmutableArray<string> Problems);

/// <summary>
/// What libvirt's live status files say about what runs, since asking libvirt from a hook would deadlock. Their format
/// is private to libvirt and read leniently.
/// </summary>
internal static class LibvirtStatus
{
    private const int MaxBytes = DomainXml.MaxCharacters;

    /// <summary>The drivers of guests, as libvirt names their hooks and their folders in /run/libvirt.</summary>
    public static readonly ImmutableArray<string> Drivers = ["qemu", "lxc", "libxl", "bhyve"];

    /// <summary>The guests that run now and that are wanted. A guest that is shut off is not one of them.</summary>
    public static RunningGuests RunningGuests(HostPaths paths, Func<string, bool> wanted)
    {
        var guests = ImmutableArray.CreateBuilder<ObservedGuest>();
        var unread = ImmutableArray.CreateBuilder<ObservedGuest>();
        var hidden = ImmutableArray.CreateBuilder<string>();
        var problems = ImmutableArray.CreateBuilder<string>();

        foreach (var driver in Drivers)
        {
            var directory = Path.Combine(paths.LibvirtRun, driver);
            if (StatusDirectory.Names(directory, out var problem) is not { } names)
            {
                hidden.Add(driver);
                problems.Add($"{problem}; whether a guest of {driver} runs cannot be told");
                continue;
            }

            foreach (var name in names)
            {
                if (!wanted(name)) continue;
                var guest = Guest(directory, driver, name, out problem);
                if (guest is null) continue;
                guests.Add(guest);
                if (problem is null) continue;
                unread.Add(guest);
                problems.Add($"{problem}; the interfaces of this guest are not known");
            }
        }

        return new(guests.ToImmutable(), hidden.ToImmutable(), unread.ToImmutable(), problems.ToImmutable());
    }

    /// <summary>
    /// The networks that are active now. libvirt writes the file after the hook "started", and deletes it before
    /// "stopped".
    /// </summary>
    public static ActiveNetworks ActiveNetworks(HostPaths paths)
    {
        var directory = NetworkDirectory(paths);
        if (StatusDirectory.Names(directory, out var problem) is not { } names)
            return new([], Hidden: true, [$"{problem}; whether a network is active cannot be told"]);

        var networks = ImmutableArray.CreateBuilder<ObservedNetwork>();
        var problems = ImmutableArray.CreateBuilder<string>();
        foreach (var name in names)
        {
            var network = ReadNetwork(directory, name, out problem);
            if (network is null && problem is null) continue; // it stopped meanwhile
            if (problem is not null) problems.Add($"{problem}; the addresses of this network are not known");
            networks.Add(network ?? new(name, null, false, [], [], []));
        }

        return new(networks.ToImmutable(), Hidden: false, problems.ToImmutable());
    }

    /// <summary>An active network; null where it is not active, or its file is not understood.</summary>
    public static ObservedNetwork? Network(HostPaths paths, string name) =>
        ReadNetwork(NetworkDirectory(paths), name, out _);

    /// <summary>Whether a guest has a status file. Where the directory is hidden, it seems to have none.</summary>
    /// <param name="paths">Where things are.</param>
    /// <param name="driver">One of <see cref="Drivers"/>.</param>
    /// <param name="name">The guest's name, from wherever it is.</param>
    public static bool IsRunning(HostPaths paths, string driver, string name) =>
        Drivers.Contains(driver)
        && StatusDirectory.File(Path.Combine(paths.LibvirtRun, driver), name) is { } file
        && File.Exists(file);

    private static string NetworkDirectory(HostPaths paths) => Path.Combine(paths.LibvirtRun, "network");

    private static ObservedGuest? Guest(string directory, string driver, string name, out string? problem)
    {
        problem = null;
        var path = Path.Combine(directory, name + ".xml");
        try
        {
            var domain = DomainXml.Read(new MemoryStream(SmallFile.Read(path, MaxBytes)));
            // "crashed", "paused" and "shutdown" still have a process, and their address.
            return domain.State == "shutoff" ? null : new(driver, name, domain.Interfaces, Evidence.StatusFile);
        }
        catch (FileNotFoundException)
        {
            return null; // it stopped meanwhile
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or XmlException)
        {
            problem = Problem(path, e);
            return new(driver, name, [], Evidence.StatusFile);
        }
    }

    private static ObservedNetwork? ReadNetwork(string directory, string name, out string? problem)
    {
        problem = null;
        if (StatusDirectory.File(directory, name) is not { } path || !Path.Exists(path)) return null;
        try
        {
            var network = NetworkXml.Read(new MemoryStream(SmallFile.Read(path, MaxBytes)));
            if (network is null) problem = $"{Printable.Escape(path)} has no <network> with a name";
            return network;
        }
        catch (FileNotFoundException)
        {
            return null; // it stopped meanwhile
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or XmlException)
        {
            problem = Problem(path, e);
            return null;
        }
    }

    // The name of a file, and what an XML has, may be anything.
    private static string Problem(string path, Exception e) =>
        Printable.Escape(e is XmlException ? $"{path} is not understood: {e.Message}" : e.Message);
}
