using System.Net;
using System.Runtime.InteropServices;

namespace HookAot.Host;

/// <summary>
/// Asks whether something answers on a TCP port. Through libc: System.Net.Sockets would be a tenth of the binary for
/// one call.
/// </summary>
internal static unsafe class TcpProbe
{
    /// <summary>Connects, and hangs up at once.</summary>
    /// <param name="address">An IPv4 address.</param>
    /// <param name="port">The port.</param>
    /// <param name="milliseconds">How long to wait for an answer.</param>
    /// <returns>0 if somebody answered, else the error: ECONNREFUSED, ETIMEDOUT, EHOSTUNREACH, ...</returns>
    public static int Connect(IPAddress address, ushort port, int milliseconds)
    {
        var fd = Libc.socket(Libc.AF_INET, Libc.SOCK_STREAM | Libc.SOCK_NONBLOCK | Libc.SOCK_CLOEXEC, 0);
        if (fd < 0) return Marshal.GetLastPInvokeError();
        try
        {
            var name = stackalloc byte[16]; // struct sockaddr_in
            new Span<byte>(name, 16).Clear();
            *(ushort*)name = Libc.AF_INET;
            (name[2], name[3]) = ((byte)(port >> 8), (byte)port);
            address.GetAddressBytes().CopyTo(new Span<byte>(name + 4, 4));
            if (Libc.connect(fd, name, 16) == 0) return 0;
            if (Marshal.GetLastPInvokeError() is var error and not Libc.EINPROGRESS) return error;
            var poll = new Libc.PollFd { Fd = fd, Events = Libc.POLLOUT };
            if (Libc.poll(&poll, 1, milliseconds) <= 0) return Libc.ETIMEDOUT;
            var size = (uint)sizeof(int);
            return Libc.getsockopt(fd, Libc.SOL_SOCKET, Libc.SO_ERROR, &error, &size) < 0 ? Marshal.GetLastPInvokeError() : error;
        }
        finally
        {
            _ = Libc.close(fd);
        }
    }
}
