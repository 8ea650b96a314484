using System.Text;

namespace HookAot.Host;

/// <summary>Whether libvirt finds our hook, can have seen it, and with which config it works.</summary>
internal static class InstalledHook
{
    private const UnixFileMode AnyExecute =
        UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    private const string Reload = "systemctl reload libvirtd (or virtqemud, virtlxcd)";

    /// <summary>
    /// The hook of ours for a driver: <c>hooks/qemu</c>, or a file in <c>hooks/qemu.d</c>; null if there is none.
    /// </summary>
    public static string? Find(HostPaths paths, string driver) => Candidates(paths, driver).FirstOrDefault(IsOurs);

    /// <summary>
    /// Whether libvirt may run it: it asks for an executable regular file (libvirt's src/util/virhook.c).
    /// </summary>
    public static bool IsExecutable(string hook)
    {
        try
        {
            return (File.GetUnixFileMode(hook) & AnyExecute) != 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false; // it went meanwhile, or is hidden
        }
    }

    /// <summary>Why libvirt does not call our hook for a driver; null if it does.</summary>
    public static HookProblem? Problem(HostPaths paths, string driver)
    {
        var main = Path.Combine(paths.Hooks, driver);
        var ours = Candidates(paths, driver).Where(IsOurs).ToList();
        if (ours.Exists(IsExecutable)) return null;
        if (ours is [var first, ..])
            return new($"{first} is not executable, so libvirt does not call it", $"chmod 755 {first}, and {Reload}");

        var link = $"ln -s hookaot {main}, and {Reload}";
        if (new FileInfo(main).LinkTarget is { } target && !IsReached(main, out var error))
        {
            return new(
                $"{main} leads to {target} ({error}), so libvirt calls no hook",
                $"ln -sf hookaot {main}, and {Reload}");
        }

        if (Directory.Exists(main))
            return new($"{main} is a directory; a link to hookaot is expected", $"move it away, {link}");
        if (!Path.Exists(main)) return new($"{main} does not exist, so libvirt calls no hook", link);
        return new(
            $"{main} is not hookaot, and nothing in {main}.d is",
            $"mkdir -p {main}.d && ln -s ../hookaot {main}.d/50-hookaot, and {Reload}");
    }

    /// <summary>
    /// Whether a daemon of libvirt that runs has been started before the hook was put there, so that it has to be told.
    /// </summary>
    public static bool IsNewerThanDaemon(HostPaths paths, string hook, string driver)
    {
        try
        {
            var placed = Libc.Placed(hook);
            return LibvirtDaemon.Running(paths, driver).Any(daemon => daemon.Started() < placed);
        }
        catch (IOException)
        {
            return false; // the hook went meanwhile
        }
    }

    /// <summary>
    /// The config that the environment of libvirt's daemon names; null where no daemon runs, or where its environment
    /// cannot be read. libvirt hands neither CONFIG_FILENAME nor CONFIG_PATH on to a hook (virCommandAddEnvPassCommon
    /// in its src/util/vircommand.c): a hook without a wrapper around it reads the usual one, whatever this says.
    /// </summary>
    public static string? DaemonConfig(HostPaths paths)
    {
        foreach (var daemon in LibvirtDaemon.Running(paths, "qemu", "lxc", "network"))
            if (daemon.Environment() is { } environment) return HostPaths.ConfigIn(environment.GetValueOrDefault);
        return null;
    }

    // File.Exists takes a link to nowhere for a file.
    private static bool IsReached(string link, out string error)
    {
        var fd = Libc.open(link, Libc.O_RDONLY | Libc.O_CLOEXEC | Libc.O_NONBLOCK, 0);
        error = fd < 0 ? Libc.LastError() : "";
        if (fd >= 0) _ = Libc.close(fd);
        return fd >= 0;
    }

    // In the order in which libvirt runs them: the main script, then the files of the folder by name.
    private static IEnumerable<string> Candidates(HostPaths paths, string driver)
    {
        var main = Path.Combine(paths.Hooks, driver);
        yield return main;
        foreach (var file in Folder(main + ".d")) yield return file;
    }

    private static string[] Folder(string directory)
    {
        try
        {
            var files = Directory.Exists(directory) ? Directory.GetFiles(directory) : [];
            Array.Sort(files, StringComparer.Ordinal);
            return files;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
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

/// <summary>Why libvirt calls no hook of ours.</summary>
/// <param name="Found">What is in the hook's place.</param>
/// <param name="Cure">What to do.</param>
internal sealed record HookProblem(string Found, string Cure)
{
    /// <summary>"found: cure".</summary>
    public override string ToString() => $"{Found}: {Cure}";
}
