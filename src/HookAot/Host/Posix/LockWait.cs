namespace HookAot.Host;

/// <summary>
/// Waits for a lock of flock(2), which knows no limit of its own: where another process has it, a thread of ours does
/// the waiting, and is left behind when the time is up. No polling, so that whoever came first is served first.
/// </summary>
internal sealed class LockWait
{
    private const int StackSize = 128 * 1024;
    private const int Waiting = 0, Ended = 1, Abandoned = 2;

    private readonly int fd;
    private int state = Waiting;
    private int error;

    private LockWait(int fd) => this.fd = fd;

    /// <summary>Locks an open file.</summary>
    /// <param name="fd">Its descriptor. It is ours to close unless the lock is taken.</param>
    /// <param name="deadline">When the waiting ends.</param>
    /// <param name="holder">Which process has the lock when the time is up.</param>
    /// <returns>0 if the lock is taken, ETIMEDOUT if another process still has it, else the error's number.</returns>
    public static int For(int fd, Deadline deadline, out string? holder)
    {
        holder = null;
        var error = Lock(fd, Libc.LOCK_EX | Libc.LOCK_NB);
        if (error == Libc.EAGAIN)
        {
            if (!deadline.HasPassed) return new LockWait(fd).Until(deadline, out holder);
            holder = LockHolder.Of(fd);
            error = Libc.ETIMEDOUT;
        }

        if (error != 0) _ = Libc.close(fd);
        return error;
    }

    private int Until(Deadline deadline, out string? holder)
    {
        holder = null;
        var thread = new Thread(Wait, StackSize) { IsBackground = true };
        thread.Start();
        if (!thread.Join(deadline.Remaining))
        {
            var found = LockHolder.Of(fd);
            // From here on the descriptor is the thread's, unless it has just got the lock.
            if (Interlocked.CompareExchange(ref state, Abandoned, Waiting) == Waiting)
            {
                holder = found;
                return Libc.ETIMEDOUT;
            }
        }

        var result = Volatile.Read(ref error);
        if (result != 0) _ = Libc.close(fd);
        return result;
    }

    private void Wait()
    {
        Volatile.Write(ref error, Lock(fd, Libc.LOCK_EX));
        if (Interlocked.CompareExchange(ref state, Ended, Waiting) == Abandoned) _ = Libc.close(fd);
    }

    private static int Lock(int fd, int operation)
    {
        while (Libc.flock(fd, operation) < 0)
            if (Libc.LastErrorNumber is var error and not Libc.EINTR) return error;
        return 0;
    }
}
