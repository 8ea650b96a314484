using System.Net;
using System.Text;
using HookAot.Model;
using HookAot.Rules;

namespace HookAot.Backends;

/// <summary>An element of a set or map, as nft reads it and as the kernel has it.</summary>
/// <param name="Key">The key's bytes; of an interval the lowest ones, in hexadecimal.</param>
/// <param name="KeyEnd">The highest ones; the same as <paramref name="Key"/> where it is no interval.</param>
/// <param name="Data">The value's bytes, in hexadecimal; empty in a set.</param>
/// <param name="Comment">The guest's name, for a reader; empty: none.</param>
internal sealed record NftElement(string Key, string KeyEnd, string Data, string Comment)
{
    /// <summary>The key as nft reads it.</summary>
    public string KeyText { get; init; } = "";

    /// <summary>The value as nft reads it; empty in a set.</summary>
    public string DataText { get; init; } = "";

    /// <summary>The guest; null where it is for all.</summary>
    public string? Guest { get; init; }

    /// <summary>Which translations need it; null: the one that it is, or all of the guest.</summary>
    public Lack? Needed { get; init; }

    /// <summary>What names the element in its set.</summary>
    public string Identity => $"{Key}-{KeyEnd}";
}

/// <summary>
/// The fields of a key or a value, in nft's words and in the kernel's bytes: a field of a concatenation fills up to
/// four bytes (NFT_REG32_SIZE), the field of a key that has only one does not.
/// </summary>
internal sealed class NftFields
{
    private readonly List<byte> first = [];
    private readonly List<byte> last = [];
    private readonly StringBuilder text = new();

    /// <summary>In nft's words: "192.0.2.1 . 8080".</summary>
    public string Text => text.ToString();

    /// <summary>The lowest bytes, in hexadecimal.</summary>
    public string First => Hex(first);

    /// <summary>The highest bytes, in hexadecimal.</summary>
    public string Last => Hex(last);

    /// <summary>Adds an address.</summary>
    public NftFields Add(IPAddress address)
    {
        Separate().Append(address);
        var bytes = address.GetAddressBytes();
        first.AddRange(bytes);
        last.AddRange(bytes);
        return this;
    }

    /// <summary>Adds a network.</summary>
    public NftFields Add(IPNetwork network)
    {
        Separate().Append(network);
        var bytes = network.BaseAddress.GetAddressBytes();
        first.AddRange(bytes);
        for (var bit = network.PrefixLength; bit < bytes.Length * 8; bit++)
            bytes[bit / 8] |= (byte)(0x80 >> (bit % 8));
        last.AddRange(bytes);
        return this;
    }

    /// <summary>Adds ports.</summary>
    public NftFields Add(PortRange ports)
    {
        Separate().Append(ports);
        AddPort(first, ports.First);
        AddPort(last, ports.Last);
        return this;
    }

    /// <summary>Adds ports that are all of a key.</summary>
    public NftFields AddAlone(PortRange ports)
    {
        text.Append(ports);
        first.AddRange([(byte)(ports.First >> 8), (byte)ports.First]);
        last.AddRange([(byte)(ports.Last >> 8), (byte)ports.Last]);
        return this;
    }

    private static void AddPort(List<byte> bytes, ushort port) => bytes.AddRange([(byte)(port >> 8), (byte)port, 0, 0]);

    private StringBuilder Separate() => text.Length == 0 ? text : text.Append(" . ");

    private static string Hex(List<byte> bytes) => Convert.ToHexString(bytes.ToArray());
}
