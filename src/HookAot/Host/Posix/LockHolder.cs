using System.Globalization;
using System.Text;
using HookAot.Model;

namespace HookAot.Host;

/// <summary>
/// Finds out which process has a lock of flock(2), or a socket, for an administrator who has to decide what to do.
/// </summary>
internal static class LockHolder
{
    private const int MaxBytes = 16 * 1024 * 1024;
    private const string Unknown = "another process";

    /// <summary>The process that has the lock on an open file: "iptables-restore (pid 812)".</summary>
    public static string Of(int fd)
    {
        if (FileStatus.Of(fd) is not { } file || Target($"/proc/self/fd/{fd}") is not { } target) return Unknown;

        // /proc/locks names who took the lock. That may be a hook that was killed while its tool, which inherited the
        // lock, runs on.
        var takers = Takers(file).ToList();
        if (takers.FirstOrDefault(pid => Has(pid, target) == true) is > 0 and var taker) return Name(taker);
        if (Processes().FirstOrDefault(pid => Has(pid, target) == true) is > 0 and var heir) return Name(heir);
        return takers.FirstOrDefault(pid => Has(pid, target) is null) is > 0 and var likely ? Name(likely) : Unknown;
    }

    /// <summary>Whether some process has the lock on a file.</summary>
    public static bool IsHeld(string path) => FileStatus.Of(path) is { } file && Takers(file).Any();

    /// <summary>The process that has a socket: "sshd (pid 812)"; null where none can be seen to.</summary>
    /// <param name="inode">The socket's number, as /proc/net has it.</param>
    public static string? OfSocket(string inode)
    {
        foreach (var pid in Processes())
            if (HasSocket(pid, $"socket:[{inode}]")) return Name(pid);
        return null;
    }

    private static bool HasSocket(int pid, string target)
    {
        try
        {
            foreach (var information in Directory.EnumerateFiles($"/proc/{pid}/fdinfo"))
                if (Target($"/proc/{pid}/fd/{Path.GetFileName(information)}") == target) return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It has ended, or we may not look.
        }

        return false;
    }

    // "1: FLOCK  ADVISORY  WRITE 812 00:1a:1234 0 EOF", the device in hexadecimal; who waits for it is a line with "->"
    // (proc(5)).
    private static IEnumerable<int> Takers(FileStatus file)
    {
        var place = string.Create(
            CultureInfo.InvariantCulture, $"{file.DeviceMajor:x2}:{file.DeviceMinor:x2}:{file.Inode}");
        foreach (var line in Text("/proc/locks").Split('\n'))
        {
            var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length >= 6 && fields[1] == "FLOCK" && fields[5] == place && Number(fields[4]) is { } pid)
                yield return pid;
        }
    }

    private static IEnumerable<int> Processes()
    {
        foreach (var directory in Directory.EnumerateDirectories("/proc"))
            if (Number(Path.GetFileName(directory)) is { } pid) yield return pid;
    }

    /// <summary>Whether a process has the file open as the one that carries the lock; null: we may not look.</summary>
    private static bool? Has(int pid, string target)
    {
        try
        {
            // Not by listing fd, whose links would be followed: a file on a server that is gone would hold us up.
            foreach (var information in Directory.EnumerateFiles($"/proc/{pid}/fdinfo"))
            {
                if (Target($"/proc/{pid}/fd/{Path.GetFileName(information)}") != target) continue;
                if (Text(information).Contains("FLOCK", StringComparison.Ordinal)) return true;
            }
        }
        catch (DirectoryNotFoundException)
        {
            return false; // it has ended
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }

        return false;
    }

    private static string? Target(string link)
    {
        try
        {
            return new FileInfo(link).LinkTarget;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null; // closed meanwhile
        }
    }

    private static string Name(int pid) => $"{Printable.Escape(Text($"/proc/{pid}/comm").Trim())} (pid {pid})";

    private static string Text(string path) => Encoding.UTF8.GetString(SmallFile.TryRead(path, MaxBytes) ?? []);

    private static int? Number(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
