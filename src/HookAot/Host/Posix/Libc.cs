using System.Runtime.InteropServices;

namespace HookAot.Host;

/// <summary>
/// The libc calls that .NET has no equivalent of, or only one that costs more than the hook's path can bear
/// (System.Net.Sockets 0.4 ms, Process 0.4 ms). glibc on x86-64 and arm64; sizes from its headers.
/// </summary>
internal static unsafe partial class Libc
{
    public const int ENOENT = 2, EINTR = 4, EAGAIN = 11, EACCES = 13, EEXIST = 17;
    public const int ENOTDIR = 20, EINVAL = 22, EFBIG = 27, ENOSYS = 38, ELOOP = 40;
    public const int EPROTONOSUPPORT = 93, ENOBUFS = 105, ETIMEDOUT = 110, ECONNREFUSED = 111, EINPROGRESS = 115;
    public const int O_RDONLY = 0, O_WRONLY = 1, O_RDWR = 2, O_CREAT = 0x40, O_EXCL = 0x80;
    public const int O_NONBLOCK = 0x800, O_CLOEXEC = 0x80000;
    public const int LOCK_EX = 2, LOCK_NB = 4, LOCK_UN = 8;
    public const int SIGKILL = 9, SIGPIPE = 13, SIGCHLD = 17, SIGSTOP = 19, SIGXFSZ = 25;
    public const int WNOHANG = 1;
    public const short POLLIN = 1, POLLOUT = 4;
    public const short POSIX_SPAWN_SETPGROUP = 2, POSIX_SPAWN_SETSIGDEF = 4, POSIX_SPAWN_SETSIGMASK = 8;
    public const int AF_UNIX = 1, AF_INET = 2, AF_INET6 = 10, AF_NETLINK = 16;
    public const int SOCK_STREAM = 1, SOCK_DGRAM = 2, SOCK_RAW = 3, SOCK_NONBLOCK = 0x800, SOCK_CLOEXEC = 0x80000;
    public const int SOL_SOCKET = 1, SO_ERROR = 4;
    public const int MSG_NOSIGNAL = 0x4000, MSG_DONTWAIT = 0x40;
    public const uint MFD_CLOEXEC = 1;

    /// <summary>Owner may read and write, nobody else anything.</summary>
    public const int Mode0600 = 0x180;

    /// <summary>Owner may do everything, nobody else anything.</summary>
    public const int Mode0700 = 0x1c0;

    /// <summary>The flag differs: arm64 has one of its own (asm/fcntl.h).</summary>
    public static readonly int O_NOFOLLOW =
        RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x8000 : 0x20000;

    /// <summary>More than posix_spawn_file_actions_t (80), posix_spawnattr_t (336) and sigset_t (128) need.</summary>
    public const int OpaqueSize = 512;

    [StructLayout(LayoutKind.Sequential)]
    internal struct PollFd
    {
        public int Fd;
        public short Events;
        public short Revents;
    }

    [LibraryImport("libc")]
    public static partial uint geteuid();

    [LibraryImport("libc")]
    public static partial uint getuid();

    [LibraryImport("libc")]
    public static partial int isatty(int fd);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int open(string path, int flags, int mode);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int close(int fd);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint read(int fd, byte* buffer, nint count);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint write(int fd, byte* buffer, nint count);

    [LibraryImport("libc", SetLastError = true)]
    public static partial long lseek(int fd, long offset, int whence);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int flock(int fd, int operation);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int fsync(int fd);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int fchown(int fd, uint owner, uint group);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int unlink(string path);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int rename(string from, string to);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int mkdir(string path, int mode);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int inotify_init1(int flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int inotify_add_watch(int fd, string path, uint mask);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int inotify_rm_watch(int fd, int watch);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int pipe2(int* ends, int flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int memfd_create(string name, uint flags);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int poll(PollFd* fds, nuint count, int milliseconds);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int kill(int pid, int signal);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int waitpid(int pid, int* status, int options);

    [LibraryImport("libc", EntryPoint = "signal")]
    private static partial nint SetSignal(int signal, nint handler);

    // Variadic in C, but an ordinary call on both architectures. glibc has a function of its own only since 2.36.
    [LibraryImport("libc", SetLastError = true)]
    private static partial nint syscall(nint number, nint first, nint second);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int posix_spawn(
        int* pid, string path, byte* actions, byte* attributes, byte** argv, byte** environment);

    [LibraryImport("libc")]
    public static partial int posix_spawn_file_actions_init(byte* actions);

    [LibraryImport("libc")]
    public static partial int posix_spawn_file_actions_destroy(byte* actions);

    [LibraryImport("libc")]
    public static partial int posix_spawn_file_actions_adddup2(byte* actions, int fd, int asFd);

    [LibraryImport("libc")]
    public static partial int posix_spawnattr_init(byte* attributes);

    [LibraryImport("libc")]
    public static partial int posix_spawnattr_destroy(byte* attributes);

    [LibraryImport("libc")]
    public static partial int posix_spawnattr_setflags(byte* attributes, short flags);

    [LibraryImport("libc")]
    public static partial int posix_spawnattr_setpgroup(byte* attributes, int group);

    [LibraryImport("libc")]
    public static partial int posix_spawnattr_setsigdefault(byte* attributes, byte* signals);

    [LibraryImport("libc")]
    public static partial int posix_spawnattr_setsigmask(byte* attributes, byte* signals);

    [LibraryImport("libc")]
    public static partial int sigemptyset(byte* signals);

    [LibraryImport("libc")]
    public static partial int sigaddset(byte* signals, int signal);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int socket(int domain, int type, int protocol);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int connect(int fd, byte* address, uint length);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int bind(int fd, byte* address, uint length);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int madvise(void* address, nuint length, int advice);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int setsockopt(int fd, int level, int option, void* value, uint length);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int getsockopt(int fd, int level, int option, int* value, uint* length);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint recv(int fd, byte* buffer, nint length, int flags);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint send(int fd, byte* buffer, nint length, int flags);

    /// <summary>
    /// A write beyond the limit of file sizes (ulimit -f) fails with EFBIG from now on, instead of ending the process.
    /// .NET does the same for SIGPIPE.
    /// </summary>
    public static void IgnoreFileSizeSignal() => _ = SetSignal(SIGXFSZ, 1 /* SIG_IGN */);

    /// <summary>
    /// A child's exit code can be asked for from now on: with SIGCHLD ignored, as a parent may have left it, the kernel
    /// forgets it (wait(2)).
    /// </summary>
    public static void KeepExitCodes() => _ = SetSignal(SIGCHLD, 0 /* SIG_DFL */);

    /// <summary>A descriptor that poll(2) finds readable once the child has ended; -1 before Linux 5.3.</summary>
    public static int PidDescriptor(int pid) => (int)syscall(434 /* pidfd_open, on every architecture */, pid, 0);

    /// <summary>
    /// When a file, or a link itself, was put where it is: its change time (unlike the modification time, cp -p does
    /// not keep it).
    /// </summary>
    /// <exception cref="IOException">The file cannot be looked at.</exception>
    public static DateTimeOffset Placed(string path)
    {
        var status = FileStatus.OfLink(path) ?? throw new IOException($"{path}: {LastError()}");
        return DateTimeOffset.FromUnixTimeSeconds(status.ChangedAt);
    }

    /// <summary>The number of the last error.</summary>
    public static int LastErrorNumber
    {
        get => Marshal.GetLastPInvokeError();
        set => Marshal.SetLastPInvokeError(value);
    }

    /// <summary>The system's own words for the last error.</summary>
    public static string LastError() => Words(LastErrorNumber);

    /// <summary>The system's own words for an error.</summary>
    public static string Words(int error) => Marshal.GetPInvokeErrorMessage(error);
}
