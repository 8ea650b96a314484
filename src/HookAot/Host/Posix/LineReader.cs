namespace HookAot.Host;

/// <summary>Cuts what a descriptor gives into lines, however long it goes on.</summary>
internal sealed class LineReader
{
    // The longest line of ours as journalctl prints it, with all that the journal knows about it, has 20 kB at most.
    private const int MaxLine = 256 * 1024;

    private readonly byte[] buffer = new byte[MaxLine];
    private int length;
    private bool isTooLong;

    /// <summary>Takes a line, without its end.</summary>
    internal delegate void Taker(ReadOnlySpan<byte> line);

    /// <summary>Forgets the line that has no end yet.</summary>
    public void Restart() => (length, isTooLong) = (0, false);

    /// <summary>Reads once, and hands out the lines that are whole. One that is too long is left out.</summary>
    /// <returns>How many bytes were read; 0 at the end, -1 after an error.</returns>
    public int Read(int fd, Taker take)
    {
        var count = Descriptor.Read(fd, buffer.AsSpan(length));
        if (count <= 0) return count;

        length += count;
        var rest = new ReadOnlySpan<byte>(buffer, 0, length);
        while (rest.IndexOf((byte)'\n') is >= 0 and var end)
        {
            if (!isTooLong) take(rest[..end]);
            isTooLong = false;
            rest = rest[(end + 1)..];
        }

        isTooLong |= rest.Length == buffer.Length;
        length = isTooLong ? 0 : rest.Length;
        rest[..length].CopyTo(buffer);
        return count;
    }
}
