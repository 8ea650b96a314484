using System.Buffers.Binary;

namespace HookAot.Host;

/// <summary>
/// A socket on which the kernel answers questions about itself (netlink(7)). Everything that is received is read with
/// its bounds checked.
/// </summary>
internal sealed unsafe class Netlink : IDisposable
{
    /// <summary>netfilter's questions (linux/netlink.h).</summary>
    public const int Netfilter = 12;

    private const int HeaderSize = 16; // struct nlmsghdr: length, type, flags, sequence, port
    private const ushort Request = 1, Acknowledge = 4, Dump = 0x300;
    private const ushort DumpInterrupted = 0x10; // NLM_F_DUMP_INTR
    private const ushort Error = 2, Done = 3;

    // More than the kernel puts into one datagram of a dump: 32 KiB (net/netlink/af_netlink.c, netlink_dump).
    private const int BufferSize = 64 * 1024;

    // Kept for the next question: each page of a new one would be a page fault.
    [ThreadStatic]
    private static byte[]? spare;

    private readonly int socket;

    private Netlink(int socket) => this.socket = socket;

    /// <summary>Takes what follows the header of a message.</summary>
    internal delegate void Message(ReadOnlySpan<byte> payload);

    /// <summary>Opens a socket.</summary>
    /// <param name="protocol">Such as <see cref="Netfilter"/>.</param>
    /// <returns>The socket; null if there is none, <see cref="Libc.LastError"/> then says why.</returns>
    public static Netlink? Open(int protocol)
    {
        var socket = Libc.socket(Libc.AF_NETLINK, Libc.SOCK_RAW | Libc.SOCK_CLOEXEC, protocol);
        return socket < 0 ? null : new Netlink(socket);
    }

    /// <summary>Tells the kernel to do something. It has done it, or refused, when this returns.</summary>
    /// <returns>0 if the kernel has the message, else the error's number.</returns>
    public int Tell(ushort type, ReadOnlySpan<byte> payload) => Send(type, Request, payload);

    /// <summary>Asks for one thing.</summary>
    /// <param name="type">The type of the question.</param>
    /// <param name="payload">The question.</param>
    /// <param name="deadline">When the answer has to be here.</param>
    /// <param name="message">Gets the answer.</param>
    /// <returns>0 if it was received, else the error's number, such as ENOENT: there is no such thing.</returns>
    public int AskOne(ushort type, ReadOnlySpan<byte> payload, Deadline deadline, Message message) =>
        Ask(type, Request | Acknowledge, payload, deadline, message);

    /// <summary>Asks for all of something.</summary>
    /// <param name="type">The type of the question.</param>
    /// <param name="payload">The question.</param>
    /// <param name="deadline">When all of the answer has to be here.</param>
    /// <param name="message">Gets each message of the answer.</param>
    /// <returns>
    /// 0 if all of it was received, else the error's number; EINTR: it was changed meanwhile, so ask again.
    /// </returns>
    public int Ask(ushort type, ReadOnlySpan<byte> payload, Deadline deadline, Message message) =>
        Ask(type, Request | Dump, payload, deadline, message);

    private int Ask(ushort type, ushort flags, ReadOnlySpan<byte> payload, Deadline deadline, Message message)
    {
        if (Send(type, flags, payload) is var error and not 0) return error;
        var buffer = spare ?? GC.AllocateUninitializedArray<byte>(BufferSize);
        spare = null;
        error = Receive(buffer, deadline, message);
        spare = buffer;
        return error;
    }

    private int Receive(byte[] buffer, Deadline deadline, Message message)
    {
        var interrupted = false;
        while (true)
        {
            var length = Receive(buffer, deadline);
            if (length < 0) return Libc.LastErrorNumber;
            if (Read(buffer.AsSpan(0, length), message, ref interrupted) is not { } end) continue;
            return end == 0 && interrupted ? Libc.EINTR : end;
        }
    }

    /// <summary>An attribute's payload; empty if it is not there.</summary>
    /// <param name="attributes">Attributes in a row: length, type, payload, padding to four bytes.</param>
    /// <param name="type">The attribute's type.</param>
    public static ReadOnlySpan<byte> Attribute(ReadOnlySpan<byte> attributes, int type)
    {
        var whole = WholeAttribute(attributes, type);
        return whole.IsEmpty ? [] : whole[AttributeHeader..BinaryPrimitives.ReadUInt16LittleEndian(whole)];
    }

    /// <summary>An attribute as it stands, with its header and padding; empty if it is not there.</summary>
    /// <param name="attributes">As above.</param>
    /// <param name="type">The attribute's type.</param>
    public static ReadOnlySpan<byte> WholeAttribute(ReadOnlySpan<byte> attributes, int type)
    {
        while (attributes.Length >= AttributeHeader)
        {
            var size = BinaryPrimitives.ReadUInt16LittleEndian(attributes);
            if (size < AttributeHeader || size > attributes.Length) return [];
            var padded = Math.Min(Align(size), attributes.Length);
            var found = BinaryPrimitives.ReadUInt16LittleEndian(attributes[2..]) & TypeMask;
            if (found == type) return attributes[..padded];
            attributes = attributes[padded..];
        }

        return [];
    }

    /// <summary>Takes the first attribute off a row of them.</summary>
    /// <param name="attributes">The row; what is left of it afterwards.</param>
    /// <param name="type">The attribute's type.</param>
    /// <param name="payload">The attribute's payload.</param>
    /// <returns>Whether there was one.</returns>
    public static bool Next(scoped ref ReadOnlySpan<byte> attributes, out int type, out ReadOnlySpan<byte> payload)
    {
        type = 0;
        payload = [];
        if (attributes.Length < AttributeHeader) return false;
        var size = BinaryPrimitives.ReadUInt16LittleEndian(attributes);
        if (size < AttributeHeader || size > attributes.Length) return false;

        type = BinaryPrimitives.ReadUInt16LittleEndian(attributes[2..]) & TypeMask;
        payload = attributes[AttributeHeader..size];
        attributes = attributes[Math.Min(Align(size), attributes.Length)..];
        return true;
    }

    /// <summary>Reads the messages of one datagram.</summary>
    /// <returns>0 at the answer's end, an error's number after an error, null if there is more to come.</returns>
    internal static int? Read(ReadOnlySpan<byte> messages, Message message)
    {
        var interrupted = false;
        return Read(messages, message, ref interrupted);
    }

    private static int? Read(ReadOnlySpan<byte> messages, Message message, ref bool interrupted)
    {
        while (messages.Length >= HeaderSize)
        {
            var size = BinaryPrimitives.ReadUInt32LittleEndian(messages);
            if (size < HeaderSize || size > messages.Length) return Malformed;
            if ((BinaryPrimitives.ReadUInt16LittleEndian(messages[6..]) & DumpInterrupted) != 0) interrupted = true;
            var payload = messages[HeaderSize..(int)size];
            switch (BinaryPrimitives.ReadUInt16LittleEndian(messages[4..]))
            {
                case Done:
                    return 0;
                case Error:
                    // struct nlmsgerr begins with the negative number; 0 acknowledges.
                    if (payload.Length < 4) return Malformed;
                    var error = -BinaryPrimitives.ReadInt32LittleEndian(payload);
                    return error >= 0 ? error : Malformed;
                default:
                    message(payload);
                    break;
            }

            messages = messages[Math.Min(Align((int)size), messages.Length)..];
        }

        return null;
    }

    /// <inheritdoc/>
    public void Dispose() => _ = Libc.close(socket);

    private const ushort TypeMask = 0x3fff; // without NLA_F_NESTED and NLA_F_NET_BYTEORDER
    private const int AttributeHeader = 4;
    private const int Malformed = 74; // EBADMSG

    private int Send(ushort type, ushort flags, ReadOnlySpan<byte> payload)
    {
        var message = new byte[HeaderSize + payload.Length];
        BinaryPrimitives.WriteInt32LittleEndian(message, message.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(message.AsSpan(4), type);
        BinaryPrimitives.WriteUInt16LittleEndian(message.AsSpan(6), flags);
        payload.CopyTo(message.AsSpan(HeaderSize));
        fixed (byte* p = message)
        {
            while (Libc.send(socket, p, message.Length, 0) < 0)
                if (Libc.LastErrorNumber is var error and not Libc.EINTR) return error;
        }

        return 0;
    }

    private int Receive(Span<byte> buffer, Deadline deadline)
    {
        fixed (byte* p = buffer)
        {
            while (true)
            {
                var length = Libc.recv(socket, p, buffer.Length, Libc.MSG_DONTWAIT);
                if (length >= 0) return (int)length;
                if (Libc.LastErrorNumber == Libc.EINTR) continue;
                if (Libc.LastErrorNumber != Libc.EAGAIN) return -1;
                if (Descriptor.IsReady(socket, Libc.POLLIN, deadline.Remaining)) continue;
                Libc.LastErrorNumber = Libc.ETIMEDOUT;
                return -1;
            }
        }
    }

    private static int Align(int size) => (size + 3) & ~3;
}
