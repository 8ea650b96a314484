using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace HookAot.Host;

/// <summary>
/// Files by descriptor and by name within an open directory, so that no link on the way can be exchanged.
/// </summary>
internal static unsafe partial class Libc
{
    /// <summary>In place of a directory's descriptor: the working directory.</summary>
    public const int AT_FDCWD = -100;

    public const int ENOENT = 2, EEXIST = 17, ENODATA = 61, ENOTSUP = 95;
    public const int O_WRONLY = 1, O_EXCL = 0x80, LOCK_NB = 4;

    // asm-generic/fcntl.h and arm64's own.
    private static readonly bool IsArm = RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

    /// <summary>Open a directory, and nothing else.</summary>
    public static int O_DIRECTORY => IsArm ? 0x4000 : 0x10000;

    /// <summary>Refuse a link.</summary>
    public static int O_NOFOLLOW => IsArm ? 0x8000 : 0x20000;

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int openat(SafeFileHandle directory, string name, int flags, int mode);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int renameat(
        SafeFileHandle directory, string name, SafeFileHandle newDirectory, string newName);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int unlinkat(SafeFileHandle directory, string name, int flags);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int fchmod(SafeFileHandle file, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int fchown(SafeFileHandle file, uint owner, uint group);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int fsync(SafeFileHandle file);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int flock(SafeFileHandle file, int operation);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint getrandom(byte* buffer, nint count, uint flags);

    /// <summary>The status of an open file; null if the kernel does not tell.</summary>
    public static FileStatus? Status(SafeFileHandle file) => Status((int)file.DangerousGetHandle(), "", follow: true);

    /// <summary>The status of a file; null if there is none, or none that may be looked at.</summary>
    /// <param name="directory">An open directory, or <see cref="AT_FDCWD"/>.</param>
    /// <param name="name">The name in it, or a path; empty: the directory's own status.</param>
    /// <param name="follow">Whether a link means the file that it leads to.</param>
    public static FileStatus? Status(int directory, string name, bool follow)
    {
        const int noFollow = 0x100, emptyPath = 0x1000;
        const uint basicStats = 0x7ff;
        var buffer = stackalloc byte[StatxSize];
        if (statx(directory, name, (follow ? 0 : noFollow) | emptyPath, basicStats, buffer) < 0) return null;

        // struct statx in linux/stat.h.
        uint At(int offset) => *(uint*)(buffer + offset);
        return new(At(20), At(24), *(ushort*)(buffer + 28), At(16), (At(136), At(140)), *(ulong*)(buffer + 32));
    }
}
