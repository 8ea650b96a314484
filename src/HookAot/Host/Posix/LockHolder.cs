using System.Globalization;
using HookAot.Model;

namespace HookAot.Host;

/// <summary>Which process holds a lock (flock(2)), for a message to whom has to wait for it.</summary>
internal static class LockHolder
{
    /// <summary>The holder as "hookctrl (pid 123)"; "another process" where the kernel does not tell.</summary>
    public static string Of(FileStatus file)
    {
        const string unknown = "another process";
        if (Pid(file) is not { } pid) return unknown;

        var name = Lines($"/proc/{pid}/comm").FirstOrDefault() ?? "a process";
        return string.Create(CultureInfo.InvariantCulture, $"{Printable.Escape(name)} (pid {pid})");
    }

    /// <summary>
    /// From lines of /proc/locks such as "1: FLOCK  ADVISORY  WRITE 123 fd:01:4711 0 EOF" (proc(5)): the device in
    /// hexadecimal, the inode in decimal. A process that only waits has "->" in its line; one of another pid namespace
    /// is pid 0.
    /// </summary>
    private static int? Pid(FileStatus file)
    {
        var place = string.Create(
            CultureInfo.InvariantCulture, $"{file.Device.Major:x2}:{file.Device.Minor:x2}:{file.Inode}");
        foreach (var line in Lines("/proc/locks"))
        {
            var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words is not [_, "FLOCK", _, _, var holder, var locked, ..] || locked != place) continue;
            var isPid = int.TryParse(holder, NumberStyles.None, CultureInfo.InvariantCulture, out var pid);
            if (isPid && pid > 0) return pid;
        }

        return null;
    }

    private static string[] Lines(string file)
    {
        try
        {
            return File.ReadAllLines(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
