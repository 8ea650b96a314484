using System.Collections.Immutable;

namespace HookAot.Backends;

/// <summary>
/// Our chains in iptables' tables, and the jumps that lead to them. The names never change once released.
/// </summary>
internal static class IptablesLayout
{
    /// <summary>Accepts what we translate.</summary>
    public const string Forwards = "HOOKAOT-FWD";

    /// <summary>Accepts every connection to the range of a network.</summary>
    public const string Ranges = "HOOKAOT-NET";

    /// <summary>Translates what was sent to one address.</summary>
    public const string Dnat = "HOOKAOT-DNAT";

    /// <summary>Translates what was sent to any address of the host.</summary>
    public const string Local = "HOOKAOT-LOCAL";

    /// <summary>Masquerades translated connections that the guest would answer past the host.</summary>
    public const string Snat = "HOOKAOT-SNAT";

    private static readonly ImmutableArray<Table> All =
    [
        new("filter",
            [Forwards, Ranges],
            [$"FORWARD -m conntrack --ctstate DNAT -j {Forwards}", $"FORWARD -j {Ranges}"]),
        new("nat",
            [Dnat, Local, Snat],
            [
                $"PREROUTING -j {Dnat}",
                $"OUTPUT -j {Dnat}",
                $"POSTROUTING -m conntrack --ctstate DNAT -j {Snat}",
            ]),
    ];

    private static readonly ImmutableHashSet<string> OurChains = [.. All.SelectMany(t => t.Chains)];

    /// <summary>Our part of a table.</summary>
    /// <param name="Name">filter or nat.</param>
    /// <param name="Chains">Our chains.</param>
    /// <param name="Jumps">"CHAIN match -j OURS"; those of one chain in their order from its head.</param>
    internal sealed record Table(string Name, ImmutableArray<string> Chains, ImmutableArray<string> Jumps);

    /// <summary>
    /// The names of the tables, in the order in which they are committed: nothing is translated before it is accepted.
    /// </summary>
    public static ImmutableArray<string> Tables { get; } = [.. All.Select(t => t.Name)];

    /// <summary>Our part of the table of that name.</summary>
    public static Table In(string table) => All.Single(t => t.Name == table);

    /// <summary>Whether a chain is one of ours.</summary>
    public static bool IsOurs(string chain) => OurChains.Contains(chain);

    /// <summary>The kernel's chain that a jump is in.</summary>
    public static string ChainOf(string jump) => jump[..jump.IndexOf(' ', StringComparison.Ordinal)];
}
