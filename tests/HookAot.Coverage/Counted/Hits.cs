using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace HookAot.Coverage;

/// <summary>
/// A byte for each statement of the product, not 0 once any process has run it. All processes share one file, mapped,
/// so that one that is killed has counted too.
/// </summary>
internal static unsafe partial class Hits
{
    /// <summary>Those bytes. The code that Instrumentation puts before each statement writes to it.</summary>
    public static byte* Bytes;

    private const int O_RDWR = 2, O_CLOEXEC = 0x80000;
    private const int PROT_READ = 1, PROT_WRITE = 2, MAP_SHARED = 1, MAP_PRIVATE = 2, MAP_ANONYMOUS = 0x20;
    private const nint Failed = -1;

#pragma warning disable CA2255 // before anything else of the product runs
    [ModuleInitializer]
#pragma warning restore CA2255
    internal static void Map()
    {
        fixed (byte* path = "@FILE@\0"u8)
        {
            var file = open(path, O_RDWR | O_CLOEXEC);
            var bytes = file < 0 ? Failed : mmap(0, @SIZE@, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
            if (file >= 0) _ = close(file);
            // A process that cannot reach the file runs as well, uncounted.
            if (bytes == Failed) bytes = mmap(0, @SIZE@, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
            Bytes = (byte*)bytes;
        }
    }

    [LibraryImport("libc")]
    private static partial int open(byte* path, int flags);

    [LibraryImport("libc")]
    private static partial int close(int fd);

    [LibraryImport("libc")]
    private static partial nint mmap(nint address, nint length, int protection, int flags, int fd, nint offset);
}
