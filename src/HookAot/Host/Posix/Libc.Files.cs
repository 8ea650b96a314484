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

    public const int ENODATA = 61, ENOTSUP = 95;

    // asm-generic/fcntl.h and arm64's own.
    private static readonly bool IsArm = RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

    /// <summary>Open a directory, and nothing else.</summary>
    public static int O_DIRECTORY => IsArm ? 0x4000 : 0x10000;

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int openat(SafeFileHandle directory, string name, int flags, int mode);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int renameat(
        SafeFileHandle directory, string name, SafeFileHandle newDirectory, string newName);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int linkat(
        SafeFileHandle directory, string name, SafeFileHandle newDirectory, string newName, int flags);

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
    public static FileStatus? Status(SafeFileHandle file) => FileStatus.Of((int)file.DangerousGetHandle());
}
