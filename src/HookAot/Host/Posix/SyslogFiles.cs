namespace HookAot.Host;

/// <summary>
/// The files in which a syslog daemon keeps what system daemons say: /var/log/syslog (Debian, Ubuntu), messages (Red
/// Hat, SUSE, Alpine), daemon.log (Debian up to 11, which writes the same line into two of them).
/// </summary>
internal sealed class SyslogFiles : IDisposable
{
    private static readonly string[] Names = ["syslog", "messages", "daemon.log"];

    // Lines that were seen, to pass over the same line in another file. That stands a moment away.
    private const int MostRemembered = 10_000;

    private readonly List<SyslogFile> files = [];
    private readonly Dictionary<string, SyslogFile> seen = new(StringComparer.Ordinal);

    /// <summary>All of them, whether or not they are there.</summary>
    public SyslogFiles(HostPaths paths)
    {
        foreach (var name in Names) files.Add(new(Path.Combine(paths.Logs, name)));
    }

    /// <summary>Those that were read.</summary>
    public List<string> Found { get; } = [];

    /// <summary>Those that are there and cannot be read, and why.</summary>
    public List<string> Problems { get; } = [];

    /// <summary>Whether a file is there that is for root's eyes only.</summary>
    public bool IsDenied { get; private set; }

    /// <summary>Hands out the lines since then, those of a file in their order.</summary>
    public void Read(long since, Action<LogLine> take)
    {
        foreach (var file in files)
        {
            var isThere = Open(file);
            if (!isThere || !file.SkipTo(since)) ReadRotated(file, since, take);
            if (isThere) file.Read(since, line => TakeOnce(file, line, take));
        }
    }

    /// <summary>Hands out the lines that have come since, of files that have come since as well.</summary>
    public void ReadOn(Action<LogLine> take)
    {
        foreach (var file in files) file.ReadOn(line => TakeOnce(file, line, take));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var file in files) file.Dispose();
    }

    private void ReadRotated(SyslogFile file, long since, Action<LogLine> take)
    {
        using var rotated = new SyslogFile(file.Path + ".1");
        if (!Open(rotated)) return;
        rotated.SkipTo(since);
        rotated.Read(since, line => TakeOnce(file, line, take));
    }

    private bool Open(SyslogFile file)
    {
        var error = file.Open();
        if (error == 0) Found.Add(file.Path);
        if (error is 0 or Libc.ENOENT) return error == 0;
        IsDenied |= error == Libc.EACCES;
        Problems.Add(error switch
        {
            Libc.EINVAL => $"{file.Path} is not a file",
            Libc.ELOOP => $"{file.Path} is a symbolic link, which is not followed",
            _ => $"{file.Path} cannot be read: {Libc.Words(error)}",
        });
        return false;
    }

    private void TakeOnce(SyslogFile file, LogLine line, Action<LogLine> take)
    {
        if (seen.Count >= MostRemembered) seen.Clear();
        var key = $"{line.Time} {line.Tag} {line.Text}";
        if (seen.TryAdd(key, file) || seen[key] == file) take(line);
    }
}
