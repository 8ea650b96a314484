using System.Buffers.Binary;

namespace HookAot.Host;

/// <summary>What the kernel tells to everybody who has joined a group of a netlink protocol (netlink(7)).</summary>
internal abstract unsafe class NetlinkSource : WatchSource
{
    private const int SOL_NETLINK = 270, NETLINK_ADD_MEMBERSHIP = 1; // linux/socket.h, linux/netlink.h
    private const int SO_RCVBUFFORCE = 33; // asm-generic/socket.h, the same on x86-64 and arm64
    private const int HeaderSize = 16;     // struct nlmsghdr
    private const int AddressSize = 12;    // struct sockaddr_nl

    // What waits in the kernel while we sleep between two looks. More is told as lost (ENOBUFS), and that is enough.
    private const int WaitingBytes = 1 << 20;

    // The kernel puts no more into one datagram of nf_tables' (NLMSG_GOODSIZE), but for a single larger message.
    private readonly byte[] buffer = new byte[32 * 1024];

    /// <summary>Joins groups.</summary>
    /// <param name="protocol">Such as <see cref="Netlink.Netfilter"/>.</param>
    /// <param name="groups">The numbers of the groups.</param>
    /// <exception cref="IOException">The kernel has no such protocol or group, or we may not join it.</exception>
    protected NetlinkSource(int protocol, params ReadOnlySpan<int> groups)
    {
        const int Flags = Libc.SOCK_RAW | Libc.SOCK_CLOEXEC | Libc.SOCK_NONBLOCK;
        Fd = Libc.socket(Libc.AF_NETLINK, Flags, protocol);
        if (Fd < 0) throw new IOException($"no netlink socket: {Libc.LastError()}");

        var size = WaitingBytes;
        _ = Libc.setsockopt(Fd, Libc.SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(int));
        // Without a number of its own the kernel takes it for itself, and leaves it out (af_netlink.c,
        // do_one_broadcast).
        var address = stackalloc byte[AddressSize];
        new Span<byte>(address, AddressSize).Clear();
        address[0] = Libc.AF_NETLINK; // little-endian on both architectures
        if (Libc.bind(Fd, address, AddressSize) < 0)
        {
            var words = Libc.LastError();
            Dispose();
            throw new IOException($"the netlink socket gets no address: {words}");
        }

        foreach (var group in groups)
        {
            var number = group;
            if (Libc.setsockopt(Fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &number, sizeof(int)) == 0) continue;
            var words = Libc.LastError();
            Dispose();
            throw new IOException($"the kernel's messages cannot be received: {words}");
        }
    }

    /// <inheritdoc/>
    public override int Fd { get; }

    /// <summary>Reads one message.</summary>
    /// <param name="type">Its type.</param>
    /// <param name="payload">What follows its header.</param>
    /// <param name="changes">Where to take down what it means.</param>
    protected abstract void Read(ushort type, ReadOnlySpan<byte> payload, Changes changes);

    /// <summary>The kernel has lost messages that were for us.</summary>
    protected abstract void Lost(Changes changes);

    /// <inheritdoc/>
    public override void Drain(Changes changes)
    {
        while (true)
        {
            nint length;
            fixed (byte* p = buffer) length = Libc.recv(Fd, p, buffer.Length, Libc.MSG_DONTWAIT);
            if (length >= 0)
            {
                Messages(buffer.AsSpan(0, (int)length), changes);
                continue;
            }

            var error = Libc.LastErrorNumber;
            if (error == Libc.EINTR) continue;
            if (error != Libc.ENOBUFS) return;
            Lost(changes);
        }
    }

    /// <summary>Reads messages as the kernel sends them, one behind the other.</summary>
    internal void Messages(ReadOnlySpan<byte> messages, Changes changes)
    {
        while (messages.Length >= HeaderSize)
        {
            var size = BinaryPrimitives.ReadUInt32LittleEndian(messages);
            // The end of one that is larger than the buffer is lost.
            if (size < HeaderSize || size > messages.Length) break;

            Read(BinaryPrimitives.ReadUInt16LittleEndian(messages[4..]), messages[HeaderSize..(int)size], changes);
            var aligned = ((int)size + 3) & ~3;
            messages = messages[Math.Min(aligned, messages.Length)..];
        }

        if (!messages.IsEmpty) Lost(changes);
    }
}
