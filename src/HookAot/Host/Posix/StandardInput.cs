namespace HookAot.Host;

/// <summary>The hook's standard input: libvirt's XML, or whatever a person or a broken pipe puts there.</summary>
internal static class StandardInput
{
    private const int StdinFd = 0;
    private const int FirstBuffer = 16 * 1024;

    /// <summary>Reads all of it. A terminal, and a descriptor that is closed, have nothing.</summary>
    /// <param name="maxBytes">More than that is refused.</param>
    /// <param name="deadline">When the other side has to have closed it.</param>
    /// <param name="problem">Why it was not read to its end; null if it was.</param>
    /// <returns>What was read; null if it was not read to its end.</returns>
    public static byte[]? Read(int maxBytes, Deadline deadline, out string? problem)
    {
        problem = null;
        if (Libc.isatty(StdinFd) != 0) return [];

        var buffer = new byte[FirstBuffer];
        var length = 0;
        while (true)
        {
            if (length == buffer.Length) Array.Resize(ref buffer, 2 * length);
            if (!Descriptor.IsReady(StdinFd, Libc.POLLIN, deadline.Remaining))
            {
                problem = "standard input does not end";
                return null;
            }

            var count = Descriptor.Read(StdinFd, buffer.AsSpan(length));
            if (count < 0)
            {
                problem = $"standard input cannot be read: {Libc.LastError()}";
                return null;
            }

            if (count == 0) return buffer[..length];
            length += count;
            if (length > maxBytes)
            {
                problem = $"standard input has more than {maxBytes} bytes";
                return null;
            }
        }
    }
}
