using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace HookAot.Host;

/// <summary>Whole files, read and written so that neither a reader nor a crash ever sees half of one.</summary>
internal static class SmallFile
{
    /// <summary>Reads a regular file. A FIFO does not block, a directory or a device is refused.</summary>
    /// <param name="path">The file; a symlink is followed.</param>
    /// <param name="maxBytes">More than that is refused before it is read.</param>
    /// <exception cref="IOException">What is wrong, as an administrator would say it.</exception>
    public static byte[] Read(string path, int maxBytes)
    {
        var fd = Libc.open(path, Libc.O_RDONLY | Libc.O_CLOEXEC | Libc.O_NONBLOCK, 0);
        if (fd < 0)
        {
            throw Marshal.GetLastPInvokeError() == 2 /* ENOENT */
                ? new FileNotFoundException($"{path} does not exist")
                : new IOException($"{path} cannot be read: {Libc.LastError()}");
        }

        using var handle = new SafeFileHandle(fd, ownsHandle: true);
        return Read(handle, path, maxBytes);
    }

    /// <summary>Reads a regular file that is open already; see <see cref="Read(string, int)"/>.</summary>
    /// <param name="handle">The file.</param>
    /// <param name="path">Its name, for the messages.</param>
    /// <param name="maxBytes">More than that is refused before it is read.</param>
    /// <exception cref="IOException">What is wrong, as an administrator would say it.</exception>
    public static byte[] Read(SafeFileHandle handle, string path, int maxBytes)
    {
        if (Libc.Status(handle) is { IsDirectory: true }) throw new IOException($"{path} is a directory; a file is expected");
        // A FIFO, a socket or a terminal cannot be sought in, and .NET says so.
        long length;
        try
        {
            length = RandomAccess.GetLength(handle);
        }
        catch (NotSupportedException)
        {
            throw new IOException($"{path} is not a regular file; one is expected");
        }

        if (length > maxBytes) throw new IOException($"{path} has {length} bytes; at most {maxBytes} are read");
        var bytes = new byte[length];
        var read = 0;
        while (read < bytes.Length && RandomAccess.Read(handle, bytes.AsSpan(read), read) is var count and > 0) read += count;
        return read == bytes.Length ? bytes : bytes[..read];
    }

    /// <summary>Whether a setting of the kernel's has a value; one that cannot be read has none.</summary>
    public static bool Says(string path, string value)
    {
        try
        {
            return File.ReadAllText(path).AsSpan().Trim().SequenceEqual(value);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>
    /// Replaces a file of ours (mode 0600) in one step. Not synced: what is in /run need not survive a power cut. Either under the lock,
    /// or to a name that no other process uses.
    /// </summary>
    public static void Replace(string path, ReadOnlySpan<byte> content)
    {
        var temporary = path + ".tmp";
        using (var file = File.OpenHandle(temporary, FileMode.Create, FileAccess.Write))
        {
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            RandomAccess.Write(file, content, 0);
        }

        File.Move(temporary, path, overwrite: true);
    }
}
