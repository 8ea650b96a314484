using System.Net;

namespace HookAot.Model;

/// <summary>Addresses that no host has, since they stand for a network or for everybody in it.</summary>
internal static class AddressProblems
{
    /// <summary>What is wrong with an address of a guest or of the host, given the networks around it.</summary>
    /// <param name="address">The address.</param>
    /// <param name="networks">Networks, of which it may be in one, in several or in none.</param>
    /// <returns>
    /// A sentence such as "192.168.122.255 is the broadcast address of 192.168.122.0/24"; null if nothing is wrong.
    /// A network of one or two addresses has neither (RFC 3021, RFC 6164), and IPv6 has no broadcast; its first
    /// address is the routers' (subnet-router anycast, RFC 4291, 2.6.1).
    /// </returns>
    public static string? Of(IPAddress address, IEnumerable<IPNetwork> networks)
    {
        foreach (var network in networks)
        {
            if (network.BaseAddress.AddressFamily != address.AddressFamily) continue;
            if (network.PrefixLength >= (address.IsIPv4() ? 31 : 127)) continue;

            if (network.BaseAddress.Equals(address)) return $"{address} is the address of the network {network} itself";
            if (address.IsIPv4() && IsLast(address, network)) return $"{address} is the broadcast address of {network}";
        }

        return null;
    }

    private static bool IsLast(IPAddress address, IPNetwork network)
    {
        if (!network.Contains(address)) return false;
        Span<byte> bytes = stackalloc byte[4];
        address.TryWriteBytes(bytes, out _);
        for (var bit = network.PrefixLength; bit < 32; bit++)
            if ((bytes[bit / 8] & (0x80 >> (bit % 8))) == 0) return false;
        return true;
    }
}
