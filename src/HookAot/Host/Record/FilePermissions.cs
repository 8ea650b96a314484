namespace HookAot.Host;

/// <summary>
/// Whether users other than root decide what is forwarded: config.json, and the record in /run/hookaot.
/// </summary>
internal static class FilePermissions
{
    /// <summary>What others may change, a sentence each, with the command that ends it.</summary>
    public static IEnumerable<string> Doubts(HostPaths paths)
    {
        var doubts = new List<string>();
        Look(paths.Config, "so that they decide what is forwarded", doubts);
        Look(Directory(paths.Config), "so that they can put another config in place", doubts);
        Look(paths.Run, "so that they decide what counts as active", doubts);
        return doubts;
    }

    /// <summary>The directory that really holds a file; empty for a link that leads nowhere.</summary>
    private static string Directory(string file)
    {
        try
        {
            var target = File.Exists(file) ? File.ResolveLinkTarget(file, returnFinalTarget: true)?.FullName : null;
            return Path.GetDirectoryName(target ?? Path.GetFullPath(file)) ?? "/";
        }
        catch (IOException)
        {
            return "";
        }
    }

    private static void Look(string path, string consequence, List<string> doubts)
    {
        if (Libc.Status(Libc.AT_FDCWD, path, follow: true) is not { } status) return;

        if (!status.IsTrusted)
            doubts.Add($"{path} belongs to the user {status.Owner}, {consequence}; chown root {path}");

        // In a sticky directory, as /tmp is, others may add files, and not replace ours.
        if (status is { IsDirectory: true, IsSticky: true }) return;
        var mode = "0" + Convert.ToString(status.Permissions, 8);
        if (status.IsWorldWritable)
            doubts.Add($"{path} may be written by every user (mode {mode}), {consequence}; chmod go-w {path}");
        else if (status.IsGroupWritable)
            doubts.Add($"{path} may be written by its group (mode {mode}), {consequence}; chmod g-w {path}");
    }
}
