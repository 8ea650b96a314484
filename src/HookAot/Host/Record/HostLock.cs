namespace HookAot.Host;

/// <summary>
/// One hook at a time: libvirt takes no lock around its hooks. The file is never deleted by us, since two holders of
/// two files of the same name would be the result; where it was deleted all the same, only the lock on the file that is
/// there now counts.
/// </summary>
internal sealed class HostLock : IDisposable
{
    private HostLock(int fd) => Fd = fd;

    /// <summary>The descriptor that carries the lock; a child may inherit it.</summary>
    public int Fd { get; }

    /// <summary>Waits for the lock, no longer than until the deadline.</summary>
    /// <param name="path">
    /// The lock file; it and its directory are made where they are missing. A link is not followed.
    /// </param>
    /// <param name="deadline">When the waiting ends.</param>
    /// <param name="problem">Why there is no lock: for one, which process has it. Null if there is one.</param>
    /// <returns>The lock; null if there is none.</returns>
    public static HostLock? Take(string path, Deadline deadline, out string? problem)
    {
        while (true)
        {
            var fd = Open(path);
            if (fd < 0)
            {
                problem = Libc.LastErrorNumber == Libc.ELOOP
                    ? $"the lock {path} is a symbolic link, which is not followed: remove it"
                    : $"the lock {path} cannot be opened: {Libc.LastError()}";
                return null;
            }

            var error = LockWait.For(fd, deadline, out var holder);
            if (error != 0)
            {
                problem = error == Libc.ETIMEDOUT
                    ? $"{path} is held by {holder}"
                    : $"{path} cannot be locked: {Libc.Words(error)}";
                return null;
            }

            // The file may have been deleted while we waited: the next hook would make another, and lock that.
            if (IsAt(fd, path))
            {
                problem = null;
                return new HostLock(fd);
            }

            _ = Libc.close(fd);
        }
    }

    /// <summary>
    /// Lets the next one in. The lock itself is given up, not only our descriptor: a process that our tool left in the
    /// background has inherited that.
    /// </summary>
    public void Dispose()
    {
        _ = Libc.flock(Fd, Libc.LOCK_UN);
        _ = Libc.close(Fd);
    }

    /// <summary>Whether the lock is still that of a path: what others who come now would wait for.</summary>
    public bool IsAt(string path) => IsAt(Fd, path);

    private static bool IsAt(int fd, string path) => FileStatus.Of(fd) is { } ours
        && FileStatus.OfLink(path) is { } there
        && ours.IsSameFile(there);

    private static int Open(string path)
    {
        const int Flags = Libc.O_CREAT | Libc.O_NONBLOCK;
        var fd = Descriptor.Open(path, Libc.O_RDWR | Flags | Libc.O_NOFOLLOW, Libc.Mode0600);
        if (fd >= 0 || Libc.LastErrorNumber == Libc.ELOOP) return fd;
        if (Libc.LastErrorNumber == Libc.ENOENT && Path.GetDirectoryName(path) is { } directory)
        {
            _ = Libc.mkdir(directory, Libc.Mode0700);
            return Descriptor.Open(path, Libc.O_RDWR | Flags | Libc.O_NOFOLLOW, Libc.Mode0600);
        }

        // On a file system that can no longer be written (EROFS), a file that is there can still be locked.
        var error = Libc.LastErrorNumber;
        fd = Descriptor.Open(path, Libc.O_RDONLY | Libc.O_NONBLOCK | Libc.O_NOFOLLOW);
        if (fd < 0) Libc.LastErrorNumber = error;
        return fd;
    }
}
