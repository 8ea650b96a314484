using System.Buffers.Binary;
using System.Net;
using HookAot.Model;

namespace HookAot.Host;

/// <summary>
/// Asks whether a program answers on a TCP port. Through libc: System.Net.Sockets would be a tenth of the binary for
/// one call.
/// </summary>
internal static unsafe class TcpProbe
{
    private const int IPv4Name = 16, IPv6Name = 28; // sizeof(struct sockaddr_in), sizeof(struct sockaddr_in6)

    /// <summary>Connects, and hangs up at once.</summary>
    /// <param name="address">The address, of either family.</param>
    /// <param name="port">The port.</param>
    /// <param name="milliseconds">How long to wait for an answer.</param>
    /// <returns>0 if a program answered, else the error: ECONNREFUSED, ETIMEDOUT, EHOSTUNREACH, ...</returns>
    public static int Connect(IPAddress address, ushort port, int milliseconds)
    {
        var family = address.IsIPv4() ? Libc.AF_INET : Libc.AF_INET6;
        var fd = Libc.socket(family, Libc.SOCK_STREAM | Libc.SOCK_NONBLOCK | Libc.SOCK_CLOEXEC, 0);
        if (fd < 0) return Libc.LastErrorNumber;
        try
        {
            // Family, port, then the address; IPv6 has its flow label before it and its scope behind.
            var name = stackalloc byte[IPv6Name];
            var bytes = new Span<byte>(name, IPv6Name);
            bytes.Clear();
            *(ushort*)name = (ushort)family;
            BinaryPrimitives.WriteUInt16BigEndian(bytes[2..], port);
            _ = address.TryWriteBytes(bytes[(family == Libc.AF_INET ? 4 : 8)..], out _);

            if (Libc.connect(fd, name, (uint)(family == Libc.AF_INET ? IPv4Name : IPv6Name)) == 0) return 0;
            if (Libc.LastErrorNumber is var error and not Libc.EINPROGRESS) return error;
            if (!Descriptor.IsReady(fd, Libc.POLLOUT, milliseconds)) return Libc.ETIMEDOUT;
            var size = (uint)sizeof(int);
            var asked = Libc.getsockopt(fd, Libc.SOL_SOCKET, Libc.SO_ERROR, &error, &size);
            return asked < 0 ? Libc.LastErrorNumber : error;
        }
        finally
        {
            _ = Libc.close(fd);
        }
    }
}
