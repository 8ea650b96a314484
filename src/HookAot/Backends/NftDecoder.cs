using System.Net;
using System.Text;
using HookAot.Model;
using HookAot.Rules;

namespace HookAot.Backends;

/// <summary>
/// Reads elements of our sets from the kernel's bytes, of which only the set's name says what they are.
/// </summary>
/// <param name="ipv4">The family.</param>
internal sealed class NftDecoder(bool ipv4)
{
    private readonly int addressBytes = ipv4 ? 4 : 16;

    /// <summary>An element's key in nft's words; null if it is not as ours are.</summary>
    /// <param name="set">The set's name.</param>
    /// <param name="element">The element.</param>
    public string? KeyText(string set, NftElement element)
    {
        if (Bytes(element) is not var (first, last)) return null;
        var map = MapOf(set);
        var addresses = map is { } known ? AddressesIn(known) : set == NftLayout.NotAny ? 1 : 2;
        var hasPort = set != NftLayout.NotAny;
        var text = new StringBuilder();
        for (var i = 0; i < addresses; i++)
        {
            if (Network(first, last, i * addressBytes) is not { } network) return null;
            if (text.Length > 0) text.Append(" . ");
            if (network.PrefixLength == addressBytes * 8) text.Append(network.BaseAddress);
            else text.Append(network);
        }

        if (!hasPort) return text.ToString();
        if (Ports(first, last, addresses * addressBytes) is not { } ports) return null;
        return (text.Length > 0 ? text.Append(" . ") : text).Append(ports).ToString();
    }

    /// <summary>What an element of a map translates; null if it is not as ours are.</summary>
    /// <param name="map">The map.</param>
    /// <param name="element">The element.</param>
    /// <param name="port">The data of the map that has the guest's port where this one has not; else empty.</param>
    public Translation? Translation(NftMap map, NftElement element, string port)
    {
        if (Bytes(element) is not var (first, last)) return null;
        var data = Convert.FromHexString(element.Data + port);
        var at = 0;
        IPNetwork? source = null;
        if (map.Kind != NftKind.Ports)
        {
            if (Network(first, last, at) is not { } from) return null;
            if (from.PrefixLength > 0) source = from;
            at += addressBytes;
        }

        IPAddress? address = null;
        if (map.HasAddress)
        {
            if (Network(first, last, at) is not { } to) return null;
            if (map.Scope != NftScope.Any) address = to.BaseAddress;
            at += addressBytes;
        }

        if (Ports(first, last, at) is not { } ports || data.Length < addressBytes) return null;
        var target = new IPAddress(data.AsSpan(0, addressBytes));
        var targetPorts = ports;
        if (map.Kind != NftKind.Ranges)
        {
            if (Ports(data, data, addressBytes) is not { } single) return null;
            targetPorts = single;
        }

        var words = element.Comment.Split(' ');
        var (guest, comment) = RuleComment.Parts(words[0]);
        var translation = new Translation(guest, address, map.Protocol, ports, source, target, targetPorts)
        {
            Comment = comment,
        };
        return words is [_, var range] && PortRange.TryParse(range, out var whole)
            ? Whole(translation, whole)
            : translation;
    }

    /// <summary>The map of a name; null if it is none of ours.</summary>
    public static NftMap? MapOf(string set)
    {
        foreach (var map in NftMap.All)
            if (map.Name == set) return map;
        return null;
    }

    /// <summary>A shifted range is an element a port, and each of them says which range it is of.</summary>
    private static Translation Whole(Translation part, PortRange whole)
    {
        var first = part.TargetPorts.First - (part.PublicPorts.First - whole.First);
        var last = first + whole.Count - 1;
        if (first < 1 || last > ushort.MaxValue) return part;
        return part with { PublicPorts = whole, TargetPorts = new((ushort)first, (ushort)last) };
    }

    private static int AddressesIn(NftMap map) => (map.Kind == NftKind.Ports ? 0 : 1) + (map.HasAddress ? 1 : 0);

    private static (byte[] First, byte[] Last)? Bytes(NftElement element)
    {
        if (element.Key.Length != element.KeyEnd.Length) return null;
        return (Convert.FromHexString(element.Key), Convert.FromHexString(element.KeyEnd));
    }

    private IPNetwork? Network(ReadOnlySpan<byte> first, ReadOnlySpan<byte> last, int at)
    {
        if (first.Length < at + addressBytes) return null;
        var low = first.Slice(at, addressBytes);
        var high = last.Slice(at, addressBytes);
        var length = 0;
        while (length < addressBytes * 8 && Bit(low, length) == Bit(high, length)) length++;
        for (var bit = length; bit < addressBytes * 8; bit++)
            if (Bit(low, bit) || !Bit(high, bit)) return null;
        return new IPNetwork(new IPAddress(low), length);
    }

    private static bool Bit(ReadOnlySpan<byte> bytes, int bit) => (bytes[bit / 8] & (0x80 >> (bit % 8))) != 0;

    private static PortRange? Ports(ReadOnlySpan<byte> first, ReadOnlySpan<byte> last, int at)
    {
        if (first.Length < at + 2) return null;
        var (low, high) = ((first[at] << 8) | first[at + 1], (last[at] << 8) | last[at + 1]);
        return low == 0 || high < low ? null : new PortRange((ushort)low, (ushort)high);
    }
}
