using HookAot.Host;

namespace HookAot.Applets.Hookctrl;

/// <summary>
/// Which config the hook uses, so that hookctrl with another one (--config, or a shell whose CONFIG_FILENAME is not
/// libvirt's) does not replace the host's rules unasked.
/// </summary>
internal static class ConfigInUse
{
    /// <summary>
    /// What is said where the hook uses another config than this session; null where it uses the same.
    /// </summary>
    public static string? OtherThan(Session session)
    {
        var ours = Resolved(session.Paths.Config);
        var known = Known(session);
        return Array.Exists(known, config => Resolved(config) == ours)
            ? null
            : $"the hook uses {known[0]}, not {session.Paths.Config}";
    }

    /// <summary>The configs that the hook may use, the likeliest first.</summary>
    private static string[] Known(Session session)
    {
        if (HostRecord.Read(session.Paths)?.ConfigPath is { } recorded) return [recorded];

        // No event since boot. libvirt's daemon may have a variable that names a config, but hands it on to no hook
        // that is not in a wrapper: that one uses the usual config.
        if (InstalledHook.DaemonConfig(session.Paths) is { } configured)
            return [configured, HostPaths.ConfigIn(variable => null)];

        // Nothing is known of the hook: only a file that --config names can be another one.
        return [session.DefaultConfig];
    }

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
