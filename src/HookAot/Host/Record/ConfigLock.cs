using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace HookAot.Host;

/// <summary>
/// One edit of config.json at a time. Any user may lock a file or a directory that they may read (flock(2) asks for no
/// more), so root's lock is a file that only root can open. An ordinary user, who edits a file of their own, locks the
/// directory that it is in: there is no file to leave behind.
/// </summary>
internal sealed class ConfigLock : IDisposable
{
    /// <summary>How long is waited for another edit, which takes milliseconds.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private const int PollMilliseconds = 50;
    private const int OwnerOnly = 0x180; // 0600

    private readonly SafeFileHandle? owned;

    private ConfigLock(SafeFileHandle? owned) => this.owned = owned;

    /// <summary>Takes root's lock.</summary>
    /// <param name="path">The lock file, made where it is missing, and its directory too.</param>
    /// <param name="config">What is changed under the lock, for the messages.</param>
    /// <param name="limit">How long to wait.</param>
    /// <param name="say">Takes the message that it has to be waited for.</param>
    /// <exception cref="IOException">
    /// It cannot be opened, or it is held for too long; the message names the holder.
    /// </exception>
    public static ConfigLock Take(string path, string config, TimeSpan limit, Action<string> say)
    {
        const UnixFileMode rootOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        while (true)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!, rootOnly);
            var flags = Libc.O_RDWR | Libc.O_CREAT | Libc.O_NOFOLLOW | Libc.O_CLOEXEC;
            var fd = Libc.open(path, flags, OwnerOnly);
            if (fd < 0) throw new IOException($"the lock {path} cannot be opened: {Libc.LastError()}");

            var handle = new SafeFileHandle(fd, ownsHandle: true);
            try
            {
                Wait(handle, config, limit, say);
                // The file may have been deleted while it was waited for, and another process may hold a new one.
                var named = Libc.Status(Libc.AT_FDCWD, path, follow: false);
                if (named is { } now && now.Inode == Libc.Status(handle)?.Inode) return new ConfigLock(handle);
            }
            catch
            {
                handle.Dispose();
                throw;
            }

            handle.Dispose();
        }
    }

    /// <summary>Locks a directory that is open already.</summary>
    /// <param name="directory">The directory; closing it ends the lock.</param>
    /// <param name="config">What is changed under the lock, for the messages.</param>
    /// <param name="limit">How long to wait.</param>
    /// <param name="say">Takes the message that it has to be waited for.</param>
    /// <exception cref="IOException">It is held for too long; the message names the holder.</exception>
    public static ConfigLock Take(SafeFileHandle directory, string config, TimeSpan limit, Action<string> say)
    {
        Wait(directory, config, limit, say);
        return new ConfigLock(null);
    }

    /// <summary>Lets the next one in.</summary>
    public void Dispose() => owned?.Dispose();

    private static unsafe void Wait(SafeFileHandle handle, string config, TimeSpan limit, Action<string> say)
    {
        var deadline = Environment.TickCount64 + (long)limit.TotalMilliseconds;
        var isSaid = false;
        while (Libc.flock(handle, Libc.LOCK_EX | Libc.LOCK_NB) < 0)
        {
            var error = Marshal.GetLastPInvokeError();
            if (error == Libc.EINTR) continue;
            if (error != Libc.EAGAIN) throw new IOException($"{config} cannot be locked: {Libc.LastError()}");

            var holder = Libc.Status(handle) is { } status ? LockHolder.Of(status) : "another process";
            if (Environment.TickCount64 >= deadline)
            {
                var seconds = limit.TotalSeconds.ToString(CultureInfo.InvariantCulture);
                throw new IOException(
                    $"{config} is being changed by {holder}, which has not ended within {seconds} s; "
                    + "nothing was changed: try again, or end that process first");
            }

            if (!isSaid) say($"waiting for {holder}, which is changing {config}");
            isSaid = true;
            _ = Libc.poll(null, 0, PollMilliseconds);
        }
    }
}
