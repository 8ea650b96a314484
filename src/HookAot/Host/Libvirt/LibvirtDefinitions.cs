using System.Collections.Immutable;
using System.Net;
using System.Xml;
using HookAot.Rules;

namespace HookAot.Host;

/// <summary>The guests that libvirt knows, running or not.</summary>
/// <param name="Names">Their names, each once.</param>
/// <param name="Complete">
/// Whether every directory could be listed; /etc/libvirt/qemu is often closed to ordinary users.
/// </param>
internal sealed record DefinedGuests(ImmutableArray<string> Names, bool Complete);

/// <summary>
/// What libvirt has been told about guests and networks, in its definitions and its live status files.
/// </summary>
internal static class LibvirtDefinitions
{
    private const int MaxBytes = DomainXml.MaxCharacters;

    /// <summary>The names of all guests that libvirt knows, running or not.</summary>
    public static DefinedGuests Guests(HostPaths paths)
    {
        var all = new HashSet<string>(StringComparer.Ordinal);
        var complete = true;
        foreach (var driver in LibvirtStatus.Drivers)
        {
            foreach (var parent in (ReadOnlySpan<string>)[paths.LibvirtEtc, paths.LibvirtRun])
            {
                var names = StatusDirectory.Names(Path.Combine(parent, driver), out _);
                complete &= names is not null;
                all.UnionWith(names ?? []);
            }
        }

        return new([.. all], complete);
    }

    /// <summary>Whether libvirt has been told of a guest of a driver's.</summary>
    public static bool Has(HostPaths paths, string driver, string guest) =>
        StatusDirectory.File(Path.Combine(paths.LibvirtEtc, driver), guest) is { } file && File.Exists(file);

    /// <summary>
    /// The IPv4 and IPv6 ranges of all networks that libvirt knows, active or not; null where some of them cannot be
    /// read, so that nothing can be said about an address that is in none of the others.
    /// </summary>
    public static ImmutableArray<IPNetwork>? NetworkRanges(HostPaths paths)
    {
        var ranges = ImmutableArray.CreateBuilder<IPNetwork>();
        string[] directories =
            [Path.Combine(paths.LibvirtRun, "network"), Path.Combine(paths.LibvirtEtc, "qemu", "networks")];
        foreach (var directory in directories)
        {
            if (StatusDirectory.Names(directory, out _) is not { } names) return null;
            foreach (var name in names)
            {
                if (Ranges(Path.Combine(directory, name + ".xml")) is not { } found) return null;
                foreach (var range in found)
                    if (!ranges.Contains(range)) ranges.Add(range);
            }
        }

        return ranges.ToImmutable();
    }

    /// <summary>A persistent network as it is defined; null where it is not, or its file is not understood.</summary>
    public static ObservedNetwork? Network(HostPaths paths, string name)
    {
        if (StatusDirectory.File(Path.Combine(paths.LibvirtEtc, "qemu", "networks"), name) is not { } file) return null;
        if (SmallFile.TryRead(file, MaxBytes) is not { } xml) return null;
        try
        {
            return NetworkXml.Read(new MemoryStream(xml));
        }
        catch (XmlException)
        {
            return null;
        }
    }

    private static ImmutableArray<IPNetwork>? Ranges(string path)
    {
        try
        {
            return NetworkXml.Read(new MemoryStream(SmallFile.Read(path, MaxBytes)))?.Ranges ?? [];
        }
        catch (Exception e) when (e is FileNotFoundException or XmlException)
        {
            return []; // it went meanwhile, or libvirt does not understand it either
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
