using System.Collections.Immutable;
using System.Net;
using HookAot.Model;

namespace HookAot.Rules;

/// <summary>Which translations do not work where something is missing in the kernel.</summary>
internal sealed class Lack
{
    private readonly bool ipv4;
    private readonly IPAddress? target;
    private readonly Protocol? protocol;
    private readonly ImmutableArray<PortRange> ports;
    private readonly bool toAny;
    private readonly ImmutableArray<Translation> these;
    private readonly ImmutableArray<Lack> any = [];

    private Lack(ImmutableArray<Lack> any) => this.any = any;

    private Lack(
        bool ipv4, IPAddress? target, Protocol? protocol, ImmutableArray<PortRange> ports, bool toAny = false)
    {
        (this.ipv4, this.target, this.protocol, this.ports) = (ipv4, target, protocol, ports);
        this.toAny = toAny;
    }

    private Lack(ImmutableArray<Translation> these) => this.these = these;

    /// <summary>Just these.</summary>
    public static Lack Of(ImmutableArray<Translation> these) => new(these);

    /// <summary>All of a family.</summary>
    public static Lack Of(bool ipv4) => new(ipv4, null, null, []);

    /// <summary>Those of a family that are for any address of the host.</summary>
    public static Lack OfAnyAddress(bool ipv4) => new(ipv4, null, null, [], toAny: true);

    /// <summary>All to a guest's address.</summary>
    public static Lack Of(IPAddress target) => new(target.IsIPv4(), target, null, []);

    /// <summary>Those to ports of a guest's address.</summary>
    public static Lack Of(IPAddress target, Protocol protocol, ImmutableArray<PortRange> ports) =>
        new(target.IsIPv4(), target, protocol, ports);

    /// <summary>Those of several.</summary>
    public static Lack Of(IEnumerable<Lack> several) => new([.. several]);

    /// <summary>Whether a translation is one of them.</summary>
    public bool Concerns(Translation translation)
    {
        if (!these.IsDefault) return these.Contains(translation);
        if (!any.IsEmpty) return any.Any(lack => lack.Concerns(translation));
        if (translation.Target.IsIPv4() != ipv4) return false;
        if (toAny && translation.Public is not null) return false;
        if (target is not null && !translation.Target.Equals(target)) return false;
        if (protocol is not null && translation.Protocol != protocol) return false;
        return ports.IsEmpty || ports.Any(p => p.Overlaps(translation.TargetPorts));
    }
}
