using System.Runtime.InteropServices;

namespace HookAot.Host;

/// <summary>
/// The libc calls that .NET has no equivalent of, or only one that costs more than the hook's path can bear
/// (System.Net.Sockets 0.4 ms, Process 0.4 ms). glibc on x86-64 and arm64; sizes from its headers.
/// </summary>
internal static unsafe partial class Libc
{
    public const int EINTR = 4, EAGAIN = 11, EINPROGRESS = 115, ETIMEDOUT = 110, ECONNREFUSED = 111;
    public const int O_RDONLY = 0, O_RDWR = 2, O_CREAT = 0x40, O_NONBLOCK = 0x800, O_CLOEXEC = 0x80000;
    public const int LOCK_EX = 2;
    public const int SIGKILL = 9, SIGPIPE = 13;
    public const short POLLIN = 1, POLLOUT = 4;
    public const short POSIX_SPAWN_SETSIGDEF = 4, POSIX_SPAWN_SETSIGMASK = 8;
    public const int AF_UNIX = 1, AF_INET = 2, AF_NETLINK = 16, SOCK_STREAM = 1, SOCK_DGRAM = 2, SOCK_RAW = 3, SOCK_NONBLOCK = 0x800, SOCK_CLOEXEC = 0x80000;
    public const int SOL_SOCKET = 1, SO_ERROR = 4;
    public const int MSG_NOSIGNAL = 0x4000, MSG_DONTWAIT = 0x40;
    public const uint MFD_CLOEXEC = 1;

    /// <summary>More than posix_spawn_file_actions_t (80), posix_spawnattr_t (336) and sigset_t (128) need.</summary>
    public const int OpaqueSize = 512;

    [StructLayout(LayoutKind.Sequential)]
    public struct PollFd
    {
        public int Fd;
        public short Events;
        public short Revents;
    }

    [LibraryImport("libc")] public static partial uint geteuid();
    [LibraryImport("libc")] public static partial int isatty(int fd);
    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)] public static partial int open(string path, int flags, int mode);
    [LibraryImport("libc", SetLastError = true)] public static partial int close(int fd);
    [LibraryImport("libc", SetLastError = true)] public static partial nint read(int fd, byte* buffer, nint count);
    [LibraryImport("libc", SetLastError = true)] public static partial nint write(int fd, byte* buffer, nint count);
    [LibraryImport("libc", SetLastError = true)] public static partial long lseek(int fd, long offset, int whence);
    [LibraryImport("libc", SetLastError = true)] public static partial int flock(int fd, int operation);
    [LibraryImport("libc", SetLastError = true)] public static partial int fsync(int fd);
    [LibraryImport("libc", SetLastError = true)] public static partial int fchown(int fd, uint owner, uint group);
    [LibraryImport("libc", SetLastError = true)] public static partial int pipe2(int* ends, int flags);
    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)] public static partial int memfd_create(string name, uint flags);
    [LibraryImport("libc", SetLastError = true)] public static partial int poll(PollFd* fds, nuint count, int milliseconds);
    [LibraryImport("libc", SetLastError = true)] public static partial int kill(int pid, int signal);
    [LibraryImport("libc", SetLastError = true)] public static partial int waitpid(int pid, int* status, int options);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int posix_spawn(int* pid, string path, byte* actions, byte* attributes, byte** argv, byte** environment);
    [LibraryImport("libc")] public static partial int posix_spawn_file_actions_init(byte* actions);
    [LibraryImport("libc")] public static partial int posix_spawn_file_actions_destroy(byte* actions);
    [LibraryImport("libc")] public static partial int posix_spawn_file_actions_adddup2(byte* actions, int fd, int asFd);
    [LibraryImport("libc")] public static partial int posix_spawnattr_init(byte* attributes);
    [LibraryImport("libc")] public static partial int posix_spawnattr_destroy(byte* attributes);
    [LibraryImport("libc")] public static partial int posix_spawnattr_setflags(byte* attributes, short flags);
    [LibraryImport("libc")] public static partial int posix_spawnattr_setsigdefault(byte* attributes, byte* signals);
    [LibraryImport("libc")] public static partial int posix_spawnattr_setsigmask(byte* attributes, byte* signals);
    [LibraryImport("libc")] public static partial int sigemptyset(byte* signals);
    [LibraryImport("libc")] public static partial int sigaddset(byte* signals, int signal);

    [LibraryImport("libc", SetLastError = true)] public static partial int socket(int domain, int type, int protocol);
    [LibraryImport("libc", SetLastError = true)] public static partial int connect(int fd, byte* address, uint length);
    [LibraryImport("libc", SetLastError = true)] public static partial int getsockopt(int fd, int level, int option, int* value, uint* length);
    [LibraryImport("libc", SetLastError = true)] public static partial nint recv(int fd, byte* buffer, nint length, int flags);
    [LibraryImport("libc", SetLastError = true)] public static partial nint send(int fd, byte* buffer, nint length, int flags);

    /// <summary>The owner and group of a file.</summary>
    /// <exception cref="IOException">The file cannot be looked at.</exception>
    public static (uint Owner, uint Group) Owner(string path)
    {
        var buffer = stackalloc byte[StatxSize];
        Look(path, 0, buffer);
        return (*(uint*)(buffer + 20), *(uint*)(buffer + 24));
    }

    /// <summary>When a file, or a link itself, was put where it is: its change time (unlike the modification time, cp -p does not keep it).</summary>
    /// <exception cref="IOException">The file cannot be looked at.</exception>
    public static DateTimeOffset Placed(string path)
    {
        const int NoFollow = 0x100;
        var buffer = stackalloc byte[StatxSize];
        Look(path, NoFollow, buffer);
        return DateTimeOffset.FromUnixTimeSeconds(*(long*)(buffer + 96));
    }

    // statx's layout is the same on every architecture (linux/stat.h).
    private const int StatxSize = 256;

    private static void Look(string path, int flags, byte* buffer)
    {
        const int AtFdCwd = -100;
        const uint BasicStats = 0x7ff;
        if (statx(AtFdCwd, path, flags, BasicStats, buffer) < 0) throw new IOException($"{path}: {LastError()}");
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int statx(int directory, string path, int flags, uint mask, byte* buffer);

    /// <summary>The system's own words for the last error.</summary>
    public static string LastError() => Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError());
}
