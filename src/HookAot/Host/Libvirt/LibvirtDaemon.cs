using System.Globalization;
using System.Text;

namespace HookAot.Host;

/// <summary>A daemon of libvirt's that runs, found by its pid file.</summary>
/// <param name="Name">libvirtd, virtqemud, ...</param>
/// <param name="Pid">Its process.</param>
internal sealed record LibvirtDaemon(string Name, int Pid)
{
    /// <summary>The daemons that run and that may call hooks of these drivers, libvirtd first.</summary>
    public static IEnumerable<LibvirtDaemon> Running(HostPaths paths, params IEnumerable<string> drivers)
    {
        var run = Path.GetDirectoryName(paths.LibvirtRun) ?? "/run";
        foreach (var name in drivers.Select(d => $"virt{d}d").Prepend("libvirtd"))
            if (ReadPid(Path.Combine(run, name + ".pid")) is { } pid) yield return new(name, pid);
    }

    /// <summary>When it started; null if that cannot be told.</summary>
    public DateTimeOffset? Started()
    {
        // From boot, in clock ticks, which are hundredths of a second wherever Linux shows them (proc(5), "starttime").
        const int StartTime = 22, AfterName = 3, TicksPerSecond = 100;
        const string BootTime = "btime ";
        try
        {
            var stat = File.ReadAllText($"/proc/{Pid}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            var ticks = long.Parse(fields[StartTime - AfterName], NumberStyles.None, CultureInfo.InvariantCulture);
            var boot = File.ReadLines("/proc/stat").First(l => l.StartsWith(BootTime, StringComparison.Ordinal));
            var seconds = long.Parse(boot[BootTime.Length..], NumberStyles.None, CultureInfo.InvariantCulture);
            return DateTimeOffset.FromUnixTimeSeconds(seconds + ticks / TicksPerSecond);
        }
        catch (Exception e) when (IsUnreadable(e) || e is FormatException or OverflowException)
        {
            return null;
        }
    }

    /// <summary>
    /// The environment that it was started with; null if it cannot be read, or the process is another program.
    /// </summary>
    public IReadOnlyDictionary<string, string>? Environment()
    {
        try
        {
            // A pid file may be older than the boot, or its process have died.
            if (File.ReadAllText($"/proc/{Pid}/comm").TrimEnd('\n') != Name) return null;
            var environment = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (var entry in Encoding.UTF8.GetString(File.ReadAllBytes($"/proc/{Pid}/environ")).Split('\0'))
                if (entry.IndexOf('=', StringComparison.Ordinal) is > 0 and var equals)
                    environment.TryAdd(entry[..equals], entry[(equals + 1)..]);
            return environment;
        }
        catch (Exception e) when (IsUnreadable(e))
        {
            return null;
        }
    }

    private static bool IsUnreadable(Exception e) => e is IOException or UnauthorizedAccessException;

    private static int? ReadPid(string file)
    {
        try
        {
            var text = File.Exists(file) ? Encoding.UTF8.GetString(SmallFile.Read(file, maxBytes: 64)) : "";
            return int.TryParse(text.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var pid) ? pid : null;
        }
        catch (Exception e) when (IsUnreadable(e))
        {
            return null;
        }
    }
}
