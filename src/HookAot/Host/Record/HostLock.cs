namespace HookAot.Host;

/// <summary>
/// One hook at a time: libvirt takes no lock around its hooks. The file is never deleted, since two holders of two files of the
/// same name would be the result.
/// </summary>
internal sealed class HostLock : IDisposable
{
    private HostLock(int fd) => Fd = fd;

    /// <summary>The descriptor that carries the lock; a child may inherit it.</summary>
    public int Fd { get; }

    /// <summary>Waits for the lock. Holders end by themselves: each tool they run has a time limit.</summary>
    /// <exception cref="IOException">The lock file cannot be opened.</exception>
    public static HostLock Take(string path)
    {
        var fd = Libc.open(path, Libc.O_RDWR | Libc.O_CREAT | Libc.O_CLOEXEC, 0x180 /* 0600 */);
        if (fd < 0) throw new IOException($"opening the lock {path}: {Libc.LastError()}");
        while (Libc.flock(fd, Libc.LOCK_EX) < 0)
        {
            if (System.Runtime.InteropServices.Marshal.GetLastPInvokeError() == Libc.EINTR) continue;
            var reason = Libc.LastError();
            _ = Libc.close(fd);
            throw new IOException($"locking {path}: {reason}");
        }

        return new HostLock(fd);
    }

    /// <summary>Lets the next one in.</summary>
    public void Dispose() => _ = Libc.close(Fd);
}
