using System.Globalization;
using System.Text;

namespace HookAot.Host;

/// <summary>Whether libvirt finds our hook, and can have seen it.</summary>
internal static class InstalledHook
{
    /// <summary>The hook of ours for a driver: <c>hooks/qemu</c>, or a file in <c>hooks/qemu.d</c>; null if there is none.</summary>
    public static string? Find(HostPaths paths, string driver)
    {
        var main = Path.Combine(paths.Hooks, driver);
        var more = Directory.Exists(main + ".d") ? Directory.GetFiles(main + ".d") : [];
        return more.Prepend(main).FirstOrDefault(IsOurs);
    }

    /// <summary>Whether libvirt may run it: it asks for an executable regular file (libvirt's src/util/virhook.c).</summary>
    public static bool IsExecutable(string hook) =>
        (File.GetUnixFileMode(hook) & (UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute)) != 0;

    /// <summary>Whether a daemon of libvirt that runs has been started before the hook was put there, so that somebody has to tell it.</summary>
    public static bool IsNewerThanDaemon(HostPaths paths, string hook, string driver)
    {
        var run = Path.GetDirectoryName(paths.LibvirtRun) ?? "/run";
        foreach (var file in new[] { "libvirtd.pid", $"virt{driver}d.pid" })
        {
            try
            {
                var pid = int.Parse(File.ReadAllText(Path.Combine(run, file)).AsSpan().Trim(), NumberStyles.None, CultureInfo.InvariantCulture);
                if (Started(pid) < Libc.Placed(hook)) return true;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException or OverflowException)
            {
                continue; // no such daemon
            }
        }

        return false;
    }

    // From boot, in clock ticks, which are hundredths of a second wherever Linux shows them to programs (proc(5), "starttime").
    private static DateTimeOffset Started(int pid)
    {
        const int StartTime = 22, AfterName = 3;
        var stat = File.ReadAllText($"/proc/{pid}/stat");
        var ticks = long.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[StartTime - AfterName], NumberStyles.None, CultureInfo.InvariantCulture);
        var boot = File.ReadLines("/proc/stat").First(line => line.StartsWith("btime ", StringComparison.Ordinal))["btime ".Length..];
        return DateTimeOffset.FromUnixTimeSeconds(long.Parse(boot, NumberStyles.None, CultureInfo.InvariantCulture) + ticks / 100);
    }

    // A link, a hard link, or a copy, perhaps of another version: all contain the names of our chains as UTF-16.
    private static bool IsOurs(string file)
    {
        const int MaxBytes = 64 * 1024 * 1024;
        try
        {
            return SmallFile.Read(file, MaxBytes).AsSpan().IndexOf(Encoding.Unicode.GetBytes("HOOKAOT-DNAT")) >= 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
