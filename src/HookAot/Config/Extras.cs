using System.Collections.Immutable;
using System.Net;

namespace HookAot.Config;

/// <summary>Keys that a machine and a forward may both have, and a few of one of them only; null: not said.</summary>
internal sealed class Extras
{
    /// <summary>Nothing said.</summary>
    public static Extras None { get; } = new();

    /// <summary>Enabled or disabled; to be enabled is what an entry is that says nothing.</summary>
    public static Extras Switched(bool isOn) => isOn ? new() { Unset = ["enabled"] } : new() { Enabled = false };

    /// <summary>The host's addresses; empty: every one.</summary>
    public ImmutableArray<IPAddress>? PublicAddresses { get; init; }

    /// <summary>Who may connect.</summary>
    public ImmutableArray<IPNetwork>? Sources { get; init; }

    /// <summary>A machine's interface on the host.</summary>
    public string? Interface { get; init; }

    /// <summary>Whether 127.0.0.1 on the host reaches the forwards too.</summary>
    public bool? Localhost { get; init; }

    /// <summary>Whether what the guest opens itself leaves with the public address.</summary>
    public bool? Snat { get; init; }

    /// <summary>What it is for.</summary>
    public string? Comment { get; init; }

    /// <summary>When a forward ends, in seconds since 1970.</summary>
    public long? Until { get; init; }

    /// <summary>Whether it is in force at all.</summary>
    public bool? Enabled { get; init; }

    /// <summary>The keys that are taken out.</summary>
    public ImmutableArray<string> Unset { get; init; } = [];

    /// <summary>Whether nothing is said.</summary>
    public bool IsEmpty => PublicAddresses is null && Sources is null && Interface is null && Localhost is null
        && Snat is null && Comment is null && Until is null && Enabled is null && Unset.IsEmpty;
}
