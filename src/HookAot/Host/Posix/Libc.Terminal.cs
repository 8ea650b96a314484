using System.Runtime.InteropServices;

namespace HookAot.Host;

/// <summary>What terminals have besides a descriptor.</summary>
internal static unsafe partial class Libc
{
    // Variadic in C, but an ordinary call on both architectures.
    [LibraryImport("libc", SetLastError = true)]
    public static partial int ioctl(int fd, nuint request, void* argument);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int raise(int signal);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int tcgetattr(int fd, byte* settings);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int tcsetattr(int fd, int when, byte* settings);
}
