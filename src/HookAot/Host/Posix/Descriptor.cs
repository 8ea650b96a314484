namespace HookAot.Host;

/// <summary>
/// Opening, reading and writing by file descriptor: interrupted calls are repeated, and no error is an exception.
/// </summary>
internal static unsafe class Descriptor
{
    /// <summary>Opens a file, not to be inherited by children.</summary>
    /// <returns>The descriptor, or -1; <see cref="Libc.LastErrorNumber"/> says why.</returns>
    public static int Open(string path, int flags, int mode = 0)
    {
        int fd;
        do fd = Libc.open(path, flags | Libc.O_CLOEXEC, mode);
        while (fd < 0 && Libc.LastErrorNumber == Libc.EINTR);
        return fd;
    }

    /// <summary>Reads once.</summary>
    /// <returns>How many bytes; 0 at the end, -1 after an error.</returns>
    public static int Read(int fd, Span<byte> buffer)
    {
        fixed (byte* p = buffer)
        {
            nint count;
            do count = Libc.read(fd, p, buffer.Length);
            while (count < 0 && Libc.LastErrorNumber == Libc.EINTR);
            return (int)count;
        }
    }

    /// <summary>Writes everything, however many calls it takes.</summary>
    /// <param name="fd">Where to; if it does not block, it is waited for.</param>
    /// <param name="bytes">What to write.</param>
    /// <param name="patience">How long to wait each time that it takes nothing, in milliseconds; -1: for ever.</param>
    /// <returns>0 if everything is written, else the error's number.</returns>
    public static int WriteAll(int fd, ReadOnlySpan<byte> bytes, int patience = -1)
    {
        while (!bytes.IsEmpty)
        {
            nint written;
            fixed (byte* p = bytes) written = Libc.write(fd, p, bytes.Length);
            if (written > 0)
            {
                bytes = bytes[(int)written..];
                continue;
            }

            // write(2) gives 0 for no regular file, pipe or socket; a device that does would be asked for ever.
            var error = written == 0 ? EIO : Libc.LastErrorNumber;
            if (error == Libc.EINTR) continue;
            if (error != Libc.EAGAIN || !IsReady(fd, Libc.POLLOUT, patience)) return error;
        }

        return 0;
    }

    /// <summary>Waits until a descriptor can be read or written, or has failed.</summary>
    /// <param name="fd">The descriptor.</param>
    /// <param name="events"><see cref="Libc.POLLIN"/> or <see cref="Libc.POLLOUT"/>.</param>
    /// <param name="milliseconds">How long to wait; -1: for ever.</param>
    /// <returns>Whether it can, so that the next call does not block.</returns>
    public static bool IsReady(int fd, short events, int milliseconds)
    {
        var poll = new Libc.PollFd { Fd = fd, Events = events };
        var deadline = Deadline.In(Math.Max(milliseconds, 0));
        while (true)
        {
            var ready = Libc.poll(&poll, 1, milliseconds < 0 ? -1 : deadline.Remaining);
            if (ready >= 0 || Libc.LastErrorNumber != Libc.EINTR) return ready > 0;
        }
    }

    private const int EIO = 5;
}
