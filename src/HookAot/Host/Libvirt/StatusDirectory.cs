using System.Runtime.InteropServices;

namespace HookAot.Host;

/// <summary>A directory of libvirt's in which each guest or network has a file NAME.xml.</summary>
internal static class StatusDirectory
{
    private const string Extension = ".xml";

    /// <summary>The names in a directory: none where it is missing.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="problem">Why it cannot be listed; null where it can, or where it is missing.</param>
    /// <returns>The names; null where the directory is there and cannot be listed.</returns>
    public static IReadOnlyList<string>? Names(string directory, out string? problem)
    {
        const int ENOENT = 2;
        problem = null;
        // Not Directory.Exists, for which a directory that is hidden from an ordinary user is a missing one.
        var fd = Libc.open(directory, Libc.O_RDONLY | Libc.O_CLOEXEC | Libc.O_NONBLOCK, 0);
        if (fd < 0)
        {
            if (Marshal.GetLastPInvokeError() == ENOENT) return [];
            problem = $"{directory} cannot be listed: {Libc.LastError()}";
            return null;
        }

        _ = Libc.close(fd);
        try
        {
            var names = new List<string>();
            foreach (var file in Directory.EnumerateFiles(directory, "*" + Extension))
                names.Add(Path.GetFileNameWithoutExtension(file));
            return names;
        }
        catch (DirectoryNotFoundException) when (!Path.Exists(directory))
        {
            return []; // it went meanwhile
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            problem = $"{directory} cannot be listed: {e.Message}";
            return null;
        }
    }

    /// <summary>
    /// The file of a name; null for a name that is none of libvirt's, since it becomes part of a path: libvirt forbids
    /// '/' in the names of guests and networks.
    /// </summary>
    public static string? File(string directory, string name)
    {
        const int MaxName = 255; // NAME_MAX, in bytes, of which a character is at least one
        if (name.Length is 0 || name.Length > MaxName - Extension.Length) return null;
        return name.AsSpan().ContainsAny('/', '\0') ? null : Path.Combine(directory, name + Extension);
    }
}
