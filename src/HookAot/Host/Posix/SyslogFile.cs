using System.Text;
using HookAot.Model;

namespace HookAot.Host;

/// <summary>
/// A file that a syslog daemon writes. It may have gigabytes: it is read from where the lines are that are asked for.
/// </summary>
internal sealed class SyslogFile(string path) : IDisposable
{
    private const int Block = 64 * 1024;

    // Lines of other hosts and of clocks that were set stand a little out of order.
    private const int Disorder = 60 * 60;

    private static readonly byte[] Mark = Encoding.ASCII.GetBytes(StructuredData.Begin);

    private readonly LineReader lines = new();
    private int fd = -1;
    private long offset;

    /// <summary>Where it is.</summary>
    public string Path => path;

    /// <summary>Opens the file. A link is not followed: the directory may belong to the daemon's user.</summary>
    /// <returns>0; else the error's number, ENOENT where it is not there.</returns>
    public int Open()
    {
        Dispose();
        fd = Descriptor.Open(path, Libc.O_RDONLY | Libc.O_NONBLOCK | Libc.O_NOFOLLOW);
        if (fd < 0) return Libc.LastErrorNumber;
        lines.Restart();
        offset = 0;
        if (FileStatus.Of(fd) is { IsRegular: true }) return 0;

        Dispose();
        return Libc.EINVAL;
    }

    /// <summary>Goes to the first line that may be of that time, from the end backwards.</summary>
    /// <returns>Whether there are older ones before it; else the file before this one may have some, too.</returns>
    public bool SkipTo(long since)
    {
        var block = new byte[Block];
        for (var position = FileStatus.Of(fd)?.Size ?? 0; position > 0;)
        {
            position = Math.Max(position - Block, 0);
            if (Libc.lseek(fd, position, 0) < 0) return false;
            var read = Descriptor.Read(fd, block);
            if (read <= 0) return false;
            if (OldLine(block.AsSpan(0, read), position == 0, since - Disorder) is not (>= 0 and var at)) continue;

            offset = Libc.lseek(fd, position + at, 0);
            return true;
        }

        offset = Libc.lseek(fd, 0, 0);
        return false;
    }

    /// <summary>Hands out the lines of ours from here to the end that are not older than that.</summary>
    public void Read(long since, Action<LogLine> take)
    {
        int count;
        do
        {
            count = fd < 0 ? 0 : lines.Read(fd, line => Take(line, since, take));
            offset += Math.Max(count, 0);
        }
        while (count > 0);
    }

    /// <summary>
    /// Hands out what has come since. Where the file was renamed or cut, as by logrotate, the one that has taken its
    /// place is read from its beginning.
    /// </summary>
    public void ReadOn(Action<LogLine> take)
    {
        Read(0, take);
        if (FileStatus.OfLink(path) is not { } there) return; // it will be made anew
        var isSame = fd >= 0 && FileStatus.Of(fd) is { } ours && ours.IsSameFile(there);
        if (isSame && there.Size >= offset) return;

        Read(0, take); // what came between the look and the renaming
        if (Open() == 0) Read(0, take);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (fd >= 0) _ = Libc.close(fd);
        fd = -1;
    }

    private static void Take(ReadOnlySpan<byte> line, long since, Action<LogLine> take)
    {
        if (line.IndexOf(Mark) < 0) return;
        if (LogLine.Parse(Encoding.UTF8.GetString(line)) is { } ours && ours.Time >= since) take(ours);
    }

    /// <summary>Where a line begins that is older than a time; -1: none does.</summary>
    private static int OldLine(ReadOnlySpan<byte> block, bool isWhole, long before)
    {
        const int LongestStamp = 40;
        Span<char> stamp = stackalloc char[LongestStamp];
        for (var at = isWhole ? 0 : block.IndexOf((byte)'\n') + 1; at < block.Length;)
        {
            // A block in the middle of a long line has no beginning of one.
            if (at == 0 && !isWhole) return -1;
            var line = block[at..];
            var length = Encoding.Latin1.GetChars(line[..Math.Min(line.Length, LongestStamp)], stamp);
            // Only the first line with a time counts: in front of it none is younger.
            if (LocalTime.Stamp(stamp[..length], out _) is { } time) return time < before ? at : -1;
            var end = line.IndexOf((byte)'\n');
            if (end < 0) return -1;
            at += end + 1;
        }

        return -1;
    }
}
