namespace HookAot.Host;

/// <summary>
/// A file, or a directory's files of a kind, that is watched wherever it leads, and also before it is there.
/// </summary>
/// <param name="Path">Its absolute path.</param>
/// <param name="Means">What has changed when it changes.</param>
/// <param name="Suffix">How the names in a directory end that matter; null: it is a file.</param>
internal sealed record WatchedPath(string Path, Change Means, string? Suffix = null)
{
    // As the kernel's own (linux/namei.h, MAXSYMLINKS).
    private const int MostLinks = 40;

    /// <summary>
    /// Every name on the way to it, links followed: whichever of them is made, replaced or deleted, it may lead
    /// elsewhere since. The way ends where a name is missing.
    /// </summary>
    /// <returns>
    /// Directories with the name in them; the name begins with '*' where it is only the end of one, and is empty where
    /// it is the directory itself that may be moved or deleted.
    /// </returns>
    public IReadOnlyList<(string Directory, string Name)> Way()
    {
        var way = new List<(string, string)>();
        var at = "/";
        var ahead = new Stack<string>();
        Push(ahead, Path);
        for (var links = 0; ahead.Count > 0;)
        {
            var name = ahead.Pop();
            if (name == "..")
            {
                at = System.IO.Path.GetDirectoryName(at) ?? "/";
                continue;
            }

            var next = System.IO.Path.Combine(at, name);
            var status = FileStatus.OfLink(next);
            if (status is { IsDirectory: true })
            {
                at = next;
                way.Add((at, ""));
                continue;
            }

            way.Add((at, name));
            if (status is not { IsLink: true }) return way;

            if (++links > MostLinks || new FileInfo(next).LinkTarget is not { } target) return way;
            if (target.StartsWith('/')) at = "/";
            Push(ahead, target);
        }

        if (Suffix is not null) way.Add((at, "*" + Suffix));
        return way;
    }

    private static void Push(Stack<string> ahead, string path)
    {
        var names = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        for (var i = names.Length - 1; i >= 0; i--)
            if (names[i] != ".") ahead.Push(names[i]);
    }
}
