using System.Text.Json;
using HookAot.Host;

namespace HookAot.Applets.Hookctrl;

/// <summary>
/// Which config the hook uses, so that hookctrl with another one (--config, or a shell whose CONFIG_FILENAME is not
/// libvirt's) does not replace the host's rules unasked.
/// </summary>
internal static class ConfigInUse
{
    /// <summary>What is said where the hook uses another config than this session; null where it uses the same.</summary>
    public static string? OtherThan(Session session)
    {
        string?[] known = [OfRecord(session.Paths), OfDaemon(session.Paths)];
        if (known.All(k => k is null))
        {
            // Nothing is known of the hook. A file that was named is compared with what the hook most likely uses.
            known = [session.DefaultConfig];
        }

        var ours = Resolved(session.Paths.Config);
        var others = known.OfType<string>().ToList();
        if (others.Exists(other => Resolved(other) == ours)) return null;
        return $"the hook uses {others[0]}, not {session.Paths.Config}";
    }

    /// <summary>The config that the hook used at its last event; null if there was none since boot.</summary>
    private static string? OfRecord(HostPaths paths)
    {
        const int MaxBytes = 64 * 1024 * 1024;
        try
        {
            using var record = JsonDocument.Parse(SmallFile.Read(paths.State, MaxBytes));
            return record.RootElement.TryGetProperty("ConfigPath", out var path) ? path.GetString() : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>The config that a hook of the running libvirt would use; null if none runs.</summary>
    private static string? OfDaemon(HostPaths paths) => null;

    /// <summary>The file itself, whatever links lead to it; the path as it is where there is no such file.</summary>
    private static string Resolved(string path)
    {
        const int O_PATH = 0x200000; // include/uapi/asm-generic/fcntl.h, and the same on arm64
        var full = Path.GetFullPath(path);
        var fd = Libc.open(full, O_PATH | Libc.O_CLOEXEC, 0);
        if (fd < 0) return full;
        var resolved = new FileInfo($"/proc/self/fd/{fd}").LinkTarget;
        _ = Libc.close(fd);
        return resolved ?? full;
    }
}
