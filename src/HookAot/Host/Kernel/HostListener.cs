using System.Globalization;
using System.Net;
using System.Text;
using HookAot.Model;

namespace HookAot.Host;

/// <summary>A service of the host that waits on a port, as /proc/net tells.</summary>
internal sealed class HostListener
{
    private const int MaxBytes = 256 * 1024 * 1024;
    private const string TcpListen = " 0A ", UdpUnconnected = " 07 "; // include/net/tcp_states.h

    private HostListener(IPAddress address, ushort port, string inode) =>
        (Address, Port, Inode) = (address, port, inode);

    /// <summary>Where it waits; 0.0.0.0 and :: stand for every address, :: for those of IPv4 too.</summary>
    public IPAddress Address { get; }

    /// <summary>Its port.</summary>
    public ushort Port { get; }

    private string Inode { get; }

    /// <summary>The services of a protocol; of SCTP the kernel does not tell.</summary>
    public static List<HostListener> Of(Protocol protocol)
    {
        var listeners = new List<HostListener>();
        if (protocol == Protocol.Sctp) return listeners;
        var listens = protocol == Protocol.Tcp ? TcpListen : UdpUnconnected;
        foreach (var file in new[] { $"/proc/net/{protocol.Name()}", $"/proc/net/{protocol.Name()}6" })
        {
            foreach (var line in Text(file).Split('\n'))
            {
                // sl local_address rem_address st tx:rx tr:when retrnsmt uid timeout inode (proc(5)).
                // A busy host has many lines of other states.
                if (!line.Contains(listens, StringComparison.Ordinal)) continue;
                var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
                if (fields.Length < 10 || fields[3] != listens.Trim()) continue;
                if (fields[1].Split(':') is [var address, var port] && Read(address) is { } own
                    && ushort.TryParse(port, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var number))
                    listeners.Add(new(own, number, fields[9]));
            }
        }

        return listeners;
    }

    /// <summary>Whether it would no longer hear who connects to an address that a forward takes.</summary>
    /// <param name="taken">The address; 0.0.0.0 and :: stand for every one of their family but loopback.</param>
    /// <param name="bridges">Networks of libvirt's: their bridges' addresses are in no "every one".</param>
    public bool IsHiddenBy(IPAddress taken, IReadOnlyList<IPNetwork> bridges)
    {
        // A socket on :: hears IPv4 as well, unless it was told not to.
        if (Address.IsAny()) return !Address.IsIPv4() || taken.IsIPv4();
        if (!taken.IsAny()) return Address.Equals(taken);
        if (Address.IsIPv4() != taken.IsIPv4() || IPAddress.IsLoopback(Address)) return false;
        foreach (var bridge in bridges)
            if (bridge.Contains(Address)) return false;
        return true;
    }

    /// <summary>"sshd (pid 812)"; "a service" where nobody tells.</summary>
    public string Program() => LockHolder.OfSocket(Inode) ?? "a service";

    // Words of four bytes in host order, which is little-endian on both architectures.
    private static IPAddress? Read(string digits)
    {
        if (digits.Length is not (8 or 32)) return null;
        var bytes = Convert.FromHexString(digits);
        for (var i = 0; i < bytes.Length; i += 4) bytes.AsSpan(i, 4).Reverse();
        var address = new IPAddress(bytes);
        return address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
    }

    private static string Text(string file) => Encoding.UTF8.GetString(SmallFile.TryRead(file, MaxBytes) ?? []);
}
