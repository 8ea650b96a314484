using System.Text;

namespace HookAot.Host;

/// <summary>
/// A datagram to a program that listens on a path of the file system, without System.Net.Sockets, which costs 0.4 ms.
/// </summary>
internal static unsafe class UnixDatagram
{
    private const int MaxName = 107; // sizeof(sun_path) - 1

    /// <summary>Connects to a listener.</summary>
    /// <param name="path">Its path; with '@' in front a name that is in no file system (unix(7)).</param>
    /// <returns>The socket; -1 if nobody listens there.</returns>
    public static int Connect(string path)
    {
        var name = Encoding.UTF8.GetBytes(path);
        if (name.Length is 0 or > MaxName) return -1;
        var address = stackalloc byte[2 + MaxName + 1];
        new Span<byte>(address, 2 + MaxName + 1).Clear();
        address[0] = Libc.AF_UNIX; // little-endian on both architectures
        name.CopyTo(new Span<byte>(address + 2, MaxName));
        // A path ends with a zero; a name of no file system begins with one, and is as long as it says.
        var isAbstract = name[0] == (byte)'@';
        if (isAbstract) address[2] = 0;

        var fd = Libc.socket(Libc.AF_UNIX, Libc.SOCK_DGRAM | Libc.SOCK_CLOEXEC, 0);
        if (fd < 0 || Libc.connect(fd, address, (uint)(2 + name.Length + (isAbstract ? 0 : 1))) == 0) return fd;
        _ = Libc.close(fd);
        return -1;
    }

    /// <summary>Sends a text, and does not wait.</summary>
    /// <returns>Whether it was taken.</returns>
    public static bool Send(int socket, string text) => Send(socket, Encoding.UTF8.GetBytes(text));

    /// <summary>Sends bytes, and does not wait.</summary>
    /// <returns>Whether they were taken.</returns>
    public static bool Send(int socket, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* p = bytes)
            return Libc.send(socket, p, bytes.Length, Libc.MSG_NOSIGNAL | Libc.MSG_DONTWAIT) >= 0;
    }
}
