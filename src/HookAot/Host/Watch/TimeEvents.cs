using System.Runtime.InteropServices;

namespace HookAot.Host;

/// <summary>
/// A time of day that comes, or a clock that was set meanwhile (timerfd_create(2)). Also after a suspend, which a
/// timeout of poll(2) would sleep through. As long as none is set, nothing wakes up.
/// </summary>
internal sealed unsafe partial class TimeEvents : WatchSource
{
    private const int CLOCK_REALTIME = 0; // include/uapi/linux/time.h
    private const int TFD_TIMER_ABSTIME = 1, TFD_TIMER_CANCEL_ON_SET = 2; // include/linux/timerfd.h

    private long? next;

    /// <summary>Begins without a time.</summary>
    /// <exception cref="IOException">There is no timer to be had.</exception>
    public TimeEvents()
    {
        Fd = timerfd_create(CLOCK_REALTIME, Libc.O_NONBLOCK | Libc.O_CLOEXEC);
        if (Fd < 0) throw new IOException(Libc.LastError());
    }

    /// <inheritdoc/>
    public override int Fd { get; }

    /// <summary>Sets the time, in seconds since 1970; null: none.</summary>
    public void Set(long? time)
    {
        if (time == next) return;
        next = time;
        // struct itimerspec: the interval, then the time, each seconds and nanoseconds. All zero: no time.
        var spec = stackalloc long[4] { 0, 0, time ?? 0, 0 };
        _ = timerfd_settime(Fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, spec, null);
    }

    /// <inheritdoc/>
    public override void Drain(Changes changes)
    {
        var expired = 0L;
        // ECANCELED: the clock was set.
        if (Libc.read(Fd, (byte*)&expired, sizeof(long)) < 0 && Libc.LastErrorNumber == Libc.EAGAIN) return;
        next = null;
        changes.Add(Change.Time);
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int timerfd_create(int clock, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int timerfd_settime(int fd, int flags, long* time, long* before);
}
