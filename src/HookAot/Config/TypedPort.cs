using System.Net;
using HookAot.Model;

namespace HookAot.Config;

/// <summary>A forward as it was typed, which may begin with an address of the host: 192.168.0.166:8080:80.</summary>
/// <param name="port">Its ports and protocols.</param>
/// <param name="address">The host's address; null: none was given.</param>
internal sealed class TypedPort(PortNotation port, IPAddress? address = null)
{
    public PortNotation Port => port;

    public IPAddress? Address => address;

    /// <summary>As it may be typed again.</summary>
    public override string ToString() => address is null ? $"{port}" : $"{Prefix(address)}{port}";

    /// <summary>What stands before the ports.</summary>
    public static string Prefix(IPAddress address) => address.IsIPv4() ? $"{address}:" : $"[{address}]:";
}
