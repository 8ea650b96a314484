using System.Buffers.Binary;
using System.Net;
using CsCheck;
using HookAot.Host;
using HookAot.Rules;

namespace HookAot.Tests.Kernel;

/// <summary>The kernel's answers, read with their bounds checked, and matched with forwards.</summary>
public sealed class NetlinkTests
{
    private static readonly IPAddress Outside = IPAddress.Parse("192.168.0.50");
    private static readonly IPAddress Own = IPAddress.Parse("192.168.0.166");

    [Test]
    public void Any_bytes_are_read_without_harm() =>
        Gen.Byte.Array[0, 200].Sample(bytes =>
        {
            var match = new FlowMatch([new(null, 1, ushort.MaxValue, null, "192.168.122.2 1-65535")], [Own]);
            _ = Netlink.Read(bytes, message => _ = match.Target(message));
            _ = match.Target(bytes);
            for (var type = 0; type < 4; type++)
                if (Netlink.Attribute(bytes, type).Length > Netlink.WholeAttribute(bytes, type).Length) return false;
            return true;
        });

    [Test]
    public async Task An_answer_ends_with_its_end_or_an_error()
    {
        await Assert.That(Netlink.Read(Message(3, []), _ => { })).IsEqualTo(0);
        await Assert.That(Netlink.Read(Message(2, BitConverter.GetBytes(-1)), _ => { })).IsEqualTo(1);
        await Assert.That(Netlink.Read(Message(2, []), _ => { }) > 0).IsTrue();
        var seen = 0;
        byte[] two = [.. Message(256, [1, 2, 3]), .. Message(256, [4])];
        await Assert.That(Netlink.Read(two, message => seen += message.Length)).IsNull();
        await Assert.That(seen).IsEqualTo(4);
    }

    [Test]
    [Arguments(17, "192.168.0.166", 443, null, null, true)]
    [Arguments(6, "192.168.0.166", 443, null, null, false)]
    [Arguments(17, "192.168.0.166", 444, null, null, false)]
    [Arguments(17, "192.168.0.167", 443, null, null, false)]
    [Arguments(17, "192.168.0.167", 443, "192.168.0.167", null, true)]
    [Arguments(17, "192.168.0.166", 443, "192.168.0.167", null, false)]
    [Arguments(17, "192.168.0.166", 443, null, "192.168.0.0/24", true)]
    [Arguments(17, "192.168.0.166", 443, null, "10.0.0.0/8", false)]
    [Arguments(17, "192.168.0.166", 443, "nonsense", null, false)]
    [Arguments(17, "192.168.0.166", 443, null, "nonsense", false)]
    public async Task A_flow_belongs_to_a_forward_by_protocol_address_port_and_source(
        int protocol, string destination, int port, string? forwarded, string? source, bool belongs)
    {
        var match = new FlowMatch([new(forwarded, 443, 443, source, "192.168.122.2 443")], [Own]);
        var target = match.Target(Tuple((byte)protocol, Outside, IPAddress.Parse(destination), (ushort)port));
        await Assert.That(target?.ToString()).IsEqualTo(belongs ? "192.168.122.2" : null);
    }

    [Test]
    public async Task An_IPv6_flow_belongs_to_an_IPv6_forward()
    {
        var own = IPAddress.Parse("2001:db8::1");
        var tuple = Tuple(17, IPAddress.Parse("2001:db8::50"), own, 443);
        var ipv4 = new FlowMatch([new(null, 443, 443, null, "192.168.122.2 443")], [own]);
        await Assert.That(ipv4.Target(tuple)).IsNull();
        var ipv6 = new FlowMatch([new(null, 443, 443, "2001:db8::/64", "fd00::2 443")], [own]);
        await Assert.That(ipv6.Target(tuple)?.ToString()).IsEqualTo("fd00::2");
    }

    private static byte[] Tuple(byte protocol, IPAddress source, IPAddress destination, ushort port)
    {
        var first = source.GetAddressBytes().Length == 4 ? 1 : 3;
        var portBytes = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(portBytes, port);
        return
        [
            .. Attribute(1, [
                .. Attribute(first, source.GetAddressBytes()), .. Attribute(first + 1, destination.GetAddressBytes())]),
            .. Attribute(2, [.. Attribute(1, [protocol]), .. Attribute(2, [0, 1]), .. Attribute(3, portBytes)]),
        ];
    }

    private static byte[] Attribute(int type, byte[] payload)
    {
        var attribute = new byte[(4 + payload.Length + 3) & ~3];
        BinaryPrimitives.WriteUInt16LittleEndian(attribute, (ushort)(4 + payload.Length));
        BinaryPrimitives.WriteUInt16LittleEndian(attribute.AsSpan(2), (ushort)type);
        payload.CopyTo(attribute, 4);
        return attribute;
    }

    private static byte[] Message(ushort type, byte[] payload)
    {
        var message = new byte[(16 + payload.Length + 3) & ~3];
        BinaryPrimitives.WriteInt32LittleEndian(message, 16 + payload.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(message.AsSpan(4), type);
        payload.CopyTo(message, 16);
        return message;
    }
}
