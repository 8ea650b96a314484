using Microsoft.Win32.SafeHandles;

namespace HookAot.Host;

/// <summary>
/// Whole files, read and written so that neither a reader nor a crash ever sees half of one. By open, read and write
/// themselves: .NET takes a lock of its own around a file (flock), so that a lock of any other user's makes its reading
/// fail.
/// </summary>
internal static class SmallFile
{
    private const int FirstBuffer = 4096;

    /// <summary>Reads a regular file. A FIFO does not block, a directory or a device is refused.</summary>
    /// <param name="path">The file; a symlink is followed.</param>
    /// <param name="maxBytes">More than that is refused before it is read.</param>
    /// <exception cref="IOException">What is wrong, as an administrator would say it.</exception>
    public static byte[] Read(string path, int maxBytes)
    {
        if (Read(path, maxBytes, out var fault) is { } content) return content;
        throw fault is { Kind: FaultKind.NotOpened, Error: Libc.ENOENT }
            ? new FileNotFoundException(Explain(path, maxBytes, fault))
            : new IOException(Explain(path, maxBytes, fault));
    }

    /// <summary>Reads a regular file that is open already, as <see cref="Read(string, int)"/> does.</summary>
    /// <param name="handle">The file.</param>
    /// <param name="path">Its name, for the messages.</param>
    /// <param name="maxBytes">More than that is refused before it is read.</param>
    /// <exception cref="IOException">What is wrong, as an administrator would say it.</exception>
    public static byte[] Read(SafeFileHandle handle, string path, int maxBytes) =>
        ReadOpen((int)handle.DangerousGetHandle(), maxBytes, out var fault)
        ?? throw new IOException(Explain(path, maxBytes, fault));

    /// <summary>Reads a regular file, as <see cref="Read(string, int)"/> does, but without an exception.</summary>
    /// <returns>Its content; null if it is not there or cannot be read.</returns>
    public static byte[]? TryRead(string path, int maxBytes) => Read(path, maxBytes, out _);

    /// <summary>Reads a regular file, as <see cref="Read(string, int)"/> does, but without an exception.</summary>
    /// <param name="path">The file; a symlink is followed.</param>
    /// <param name="maxBytes">More than that is refused before it is read.</param>
    /// <param name="problem">Why a file that is there cannot be read; null if it was read, or is not there.</param>
    /// <returns>Its content; null if it is not there or cannot be read.</returns>
    public static byte[]? TryRead(string path, int maxBytes, out string? problem)
    {
        var content = Read(path, maxBytes, out var fault);
        var absent = fault is { Kind: FaultKind.NotOpened, Error: Libc.ENOENT };
        problem = content is not null || absent ? null : Explain(path, maxBytes, fault);
        return content;
    }

    /// <summary>
    /// Replaces a file of ours (mode 0600) in one step. Not synced: what is in /run need not survive a power cut.
    /// Either under the lock, or to a name that no other process uses.
    /// </summary>
    /// <exception cref="IOException">It cannot be written; the file is as it was before.</exception>
    public static void Replace(string path, ReadOnlySpan<byte> content)
    {
        if (TryReplace(path, content) is { } problem) throw new IOException(problem);
    }

    /// <summary>Replaces a file of ours, as <see cref="Replace"/> does, but without an exception.</summary>
    /// <returns>Why it cannot be written; null if it is.</returns>
    public static string? TryReplace(string path, ReadOnlySpan<byte> content)
    {
        var temporary = path + ".tmp";
        var fd = Create(temporary);
        if (fd < 0) return $"{temporary} cannot be created: {Libc.LastError()}";

        var error = Descriptor.WriteAll(fd, content);
        // A file system may report only here that it has no room.
        if (Libc.close(fd) < 0 && error == 0 && Libc.LastErrorNumber != Libc.EINTR) error = Libc.LastErrorNumber;
        if (error != 0)
        {
            _ = Libc.unlink(temporary);
            return $"{temporary} cannot be written: {Libc.Words(error)}";
        }

        if (Libc.rename(temporary, path) == 0) return null;
        var reason = Libc.LastError();
        _ = Libc.unlink(temporary);
        return $"{path} cannot be replaced: {reason}";
    }

    // Exclusively, and not through a link: what is there was left by a process that was killed, or laid out by another
    // user.
    private static int Create(string temporary)
    {
        var flags = Libc.O_WRONLY | Libc.O_CREAT | Libc.O_EXCL | Libc.O_NOFOLLOW;
        var fd = Descriptor.Open(temporary, flags, Libc.Mode0600);
        if (fd >= 0 || Libc.LastErrorNumber != Libc.EEXIST) return fd;
        return Libc.unlink(temporary) < 0 ? -1 : Descriptor.Open(temporary, flags, Libc.Mode0600);
    }

    private enum FaultKind { None, NotOpened, Directory, NotRegular, TooLarge, NotRead }

    private readonly record struct Fault(FaultKind Kind, int Error = 0, long Size = 0);

    private static string Explain(string path, int maxBytes, Fault fault) => fault.Kind switch
    {
        FaultKind.NotOpened when fault.Error == Libc.ENOENT => $"{path} does not exist",
        FaultKind.NotOpened or FaultKind.NotRead => $"{path} cannot be read: {Libc.Words(fault.Error)}",
        FaultKind.Directory => $"{path} is a directory; a file is expected",
        FaultKind.NotRegular => $"{path} is not a regular file; one is expected",
        FaultKind.TooLarge => $"{path} has {fault.Size} bytes; at most {maxBytes} are read",
        FaultKind.None => "",
        _ => throw new ArgumentOutOfRangeException(nameof(fault)),
    };

    private static byte[]? Read(string path, int maxBytes, out Fault fault)
    {
        // O_NONBLOCK: a FIFO without a writer would be waited for.
        var fd = Descriptor.Open(path, Libc.O_RDONLY | Libc.O_NONBLOCK);
        if (fd < 0)
        {
            fault = new(FaultKind.NotOpened, Libc.LastErrorNumber);
            return null;
        }

        var content = ReadOpen(fd, maxBytes, out fault);
        _ = Libc.close(fd);
        return content;
    }

    private static byte[]? ReadOpen(int fd, int maxBytes, out Fault fault)
    {
        fault = Judge(fd, maxBytes, out var size);
        return fault.Kind == FaultKind.None ? Content(fd, size, maxBytes, out fault) : null;
    }

    private static Fault Judge(int fd, int maxBytes, out int size)
    {
        size = 0;
        if (FileStatus.Of(fd) is not { } status) return new(FaultKind.NotRead, Libc.LastErrorNumber);
        if (status.IsDirectory) return new(FaultKind.Directory);
        if (!status.IsRegular) return new(FaultKind.NotRegular);
        if (status.Size > maxBytes) return new(FaultKind.TooLarge, Size: status.Size);
        size = (int)status.Size;
        return default;
    }

    // A file of the kernel's has size 0, whatever is in it: that one is read up to its end.
    private static byte[]? Content(int fd, int size, int maxBytes, out Fault fault)
    {
        fault = default;
        var content = new byte[size > 0 ? size : Math.Min(FirstBuffer, maxBytes)];
        var length = 0;
        while (true)
        {
            if (length == content.Length)
            {
                if (size > 0) return content;
                if (length == maxBytes)
                {
                    fault = new(FaultKind.TooLarge, Size: (long)length + 1);
                    return null;
                }

                Array.Resize(ref content, (int)Math.Min(2L * length, maxBytes));
            }

            var count = Descriptor.Read(fd, content.AsSpan(length));
            if (count < 0)
            {
                fault = new(FaultKind.NotRead, Libc.LastErrorNumber);
                return null;
            }

            if (count == 0) return length == content.Length ? content : content[..length];
            length += count;
        }
    }
}
