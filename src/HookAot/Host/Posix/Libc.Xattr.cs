using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace HookAot.Host;

/// <summary>Extended attributes, access lists among them (xattr(7)).</summary>
internal static unsafe partial class Libc
{
    [LibraryImport("libc", SetLastError = true)]
    public static partial nint flistxattr(SafeFileHandle file, byte* names, nint size);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint fgetxattr(SafeFileHandle file, string name, byte* value, nint size);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int fsetxattr(SafeFileHandle file, string name, byte* value, nint size, int flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int fremovexattr(SafeFileHandle file, string name);
}
