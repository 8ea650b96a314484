using System.Collections.Immutable;

namespace HookAot.Backends;

/// <summary>A set or map that has to be there.</summary>
/// <param name="Name">Its name.</param>
/// <param name="IsMap">Whether its elements have values.</param>
/// <param name="Type">Its type in nft's words, with its flags.</param>
/// <param name="Counts">Whether its elements count what they match.</param>
/// <param name="Elements">What is in it.</param>
internal sealed record NftSet(string Name, bool IsMap, string Type, bool Counts, ImmutableArray<NftElement> Elements);

/// <summary>A chain that has to be there.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Hook">"type nat hook prerouting priority -100"; null: it is jumped to.</param>
/// <param name="Rules">Its rules in nft's words.</param>
internal sealed record NftTableChain(string Name, string? Hook, ImmutableArray<string> Rules);

/// <summary>A table of our own that has to be there.</summary>
/// <param name="Sets">Its sets and maps.</param>
/// <param name="Chains">Its chains.</param>
internal sealed record NftTable(ImmutableArray<NftSet> Sets, ImmutableArray<NftTableChain> Chains)
{
    /// <summary>No table at all.</summary>
    public static NftTable None { get; } = new([], []);

    /// <summary>Whether the table is not needed.</summary>
    public bool IsEmpty => Chains.IsEmpty;
}
