using System.Collections.Immutable;

namespace HookAot.Backends;

/// <summary>
/// Our chains in the tables of iptables and ip6tables, and the jumps that lead to them. The names never change once
/// released.
/// </summary>
internal static class IptablesLayout
{
    /// <summary>The name of the part that translates.</summary>
    public const string Translate = "translate";

    /// <summary>Beside the names of parts in the record: the blocks are there.</summary>
    public const string WithBlocks = "blocks";

    /// <summary>Drops what guests send to 127.0.0.0/8, while route_localnet would let it in.</summary>
    public const string Guard = "HOOKAOT-RAW";

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

    /// <summary>Gives a guest's own connections a public address.</summary>
    public const string Source = "HOOKAOT-SRC";

    /// <summary>The forwards of a host that has many, by port.</summary>
    public static ImmutableArray<string> BlockChains { get; } = Numbered("HOOKAOT-PORTS", 32);

    /// <summary>
    /// What leads to them, from <see cref="Dnat"/> and <see cref="Local"/>. Of each protocol the last one may have but
    /// one block.
    /// </summary>
    public static ImmutableArray<string> BranchChains { get; } = Numbered("HOOKAOT-BRANCH", 12);

    private static readonly ImmutableArray<string> AllBlocks = [.. BlockChains, .. BranchChains];

    private static readonly ImmutableArray<Part> All =
    [
        new("guard", "raw", [Guard], [$"PREROUTING -d 127.0.0.0/8 -j {Guard}"]),
        new("accept", "filter",
            [Forwards, Ranges],
            [$"FORWARD -m conntrack --ctstate DNAT -j {Forwards}", $"FORWARD -j {Ranges}"]),
        new(Translate, "nat",
            [Dnat, Local, Snat],
            [
                $"PREROUTING -j {Dnat}",
                $"OUTPUT -j {Dnat}",
                $"POSTROUTING -m conntrack --ctstate DNAT -j {Snat}",
            ])
        {
            Blocks = AllBlocks,
        },
        new("source", "nat", [Source], [$"POSTROUTING -m conntrack ! --ctstate DNAT -j {Source}"]),
    ];

    // The kernel has no route_localnet for ::1, so there is nothing to guard.
    private static readonly ImmutableArray<Part> OfIPv6 = [.. All.Where(p => p.Name != "guard")];

    private static readonly HashSet<string> OurChains = [.. All.SelectMany(p => p.AllChains)];

    /// <summary>Chains of one table that come and go together, in one commit of their own.</summary>
    /// <param name="Name">What it is for; in the record, so it never changes once released.</param>
    /// <param name="Table">raw, filter or nat.</param>
    /// <param name="Chains">Our chains.</param>
    /// <param name="Jumps">"CHAIN match -j OURS"; those of one chain in their order from its head.</param>
    internal sealed record Part(string Name, string Table, ImmutableArray<string> Chains, ImmutableArray<string> Jumps)
    {
        /// <summary>Chains that are there besides where there are many forwards, all or none.</summary>
        public ImmutableArray<string> Blocks { get; init; } = [];

        /// <summary>Every chain that the part may have.</summary>
        public IEnumerable<string> AllChains => Chains.Concat(Blocks);

        /// <summary>The chains that the part has.</summary>
        public IEnumerable<string> ChainsWith(bool blocks) => blocks ? AllChains : Chains;

        /// <summary>Whether what is wanted of one family needs its blocks.</summary>
        public bool NeedsBlocks(WantedRules wanted) => !Blocks.IsEmpty && PortBlocks.AreNeeded(wanted.Translated);

        /// <summary>Whether the part is needed for what is wanted of one family.</summary>
        public bool IsFor(WantedRules wanted) => Name switch
        {
            "guard" => !wanted.Translated.Loopback.IsEmpty,
            "accept" => !wanted.Accepted.IsEmpty,
            Translate => !wanted.Translated.IsEmpty,
            "source" => !wanted.Translated.Sources.IsEmpty,
            _ => throw new InvalidOperationException($"unknown part {Name}"),
        };
    }

    /// <summary>
    /// The parts of a family, in the order in which they are committed: nothing is translated before it is accepted.
    /// </summary>
    public static ImmutableArray<Part> Parts(bool ipv4) => ipv4 ? All : OfIPv6;

    /// <summary>The part of that name.</summary>
    public static Part Named(string name) => All.Single(p => p.Name == name);

    /// <summary>Whether a chain is one of ours.</summary>
    public static bool IsOurs(string chain) => OurChains.Contains(chain);

    private static ImmutableArray<string> Numbered(string name, int count)
    {
        var chains = ImmutableArray.CreateBuilder<string>(count);
        for (var i = 1; i <= count; i++) chains.Add($"{name}-{i}");
        return chains.MoveToImmutable();
    }

    /// <summary>The kernel's chain that a jump is in.</summary>
    public static string ChainOf(string jump) => jump[..jump.IndexOf(' ', StringComparison.Ordinal)];
}
