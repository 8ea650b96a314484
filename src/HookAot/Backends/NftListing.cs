using System.Collections.Immutable;
using System.Globalization;
using HookAot.Model;
using HookAot.Rules;

namespace HookAot.Backends;

/// <summary>What of ours is in nf_tables, of both families.</summary>
/// <param name="ipv4">What is there of IPv4.</param>
/// <param name="ipv6">What is there of IPv6.</param>
internal sealed class NftListing(InstalledNft ipv4, InstalledNft ipv6) : IInstalledRules
{
    /// <summary>What is there of a family.</summary>
    public InstalledNft Of(bool isIPv4) => isIPv4 ? ipv4 : ipv6;

    /// <inheritdoc/>
    public ImmutableArray<Translation> Translations
    {
        get
        {
            var translations = ImmutableArray.CreateBuilder<Translation>();
            var known = new HashSet<Translation>(); // each element of a shifted range says the same
            foreach (var isIPv4 in (ReadOnlySpan<bool>)[true, false])
            {
                var decoder = new NftDecoder(isIPv4);
                foreach (var set in Of(isIPv4).OwnSets)
                {
                    if (NftDecoder.MapOf(set.Name) is not { } map || map.Kind == NftKind.SourcePorts) continue;
                    var ports = map.Kind == NftKind.Sources ? Ports(Of(isIPv4), map) : null;
                    foreach (var element in set.Elements)
                    {
                        var port = ports?.GetValueOrDefault(element.Element.Identity)?.Element.Data ?? "";
                        if (decoder.Translation(map, element.Element, port) is not { } translation) continue;
                        if (known.Add(translation)) translations.Add(translation);
                    }
                }
            }

            return translations.ToImmutable();
        }
    }

    /// <inheritdoc/>
    public ImmutableArray<string> Contents
    {
        get
        {
            var contents = ImmutableArray.CreateBuilder<string>();
            foreach (var isIPv4 in (ReadOnlySpan<bool>)[true, false])
            {
                var installed = Of(isIPv4);
                var family = NftLayout.Family(isIPv4);
                foreach (var set in installed.OwnSets)
                    contents.AddRange(set.Elements.Select(e => $"{family} {set.Name} {e.Element}"));
                foreach (var chain in installed.OwnChains)
                    contents.AddRange(chain.Rules.Select(r => $"{family} {chain.Name} {r.Comment}"));
                contents.AddRange((installed.LibvirtAccept?.Rules ?? []).Select(r => $"{family} libvirt {r.Comment}"));
                contents.AddRange(Places(installed).Select(place => $"{family} jump {place}"));
            }

            // The kernel lists a set in no order.
            contents.Sort(StringComparer.Ordinal);
            return contents.ToImmutable();
        }
    }

    /// <inheritdoc/>
    public bool ForwardDropsByDefault => false;

    /// <inheritdoc/>
    public Counters? CountersOf(Translation translation)
    {
        var installed = Of(translation.Target.IsIPv4());
        Counters sum = default;
        foreach (var (map, element) in NftTables.ElementsOf(translation))
        {
            if (Find(installed, map, element) is not { } there) return null;
            // The map of ports is asked only after the one of addresses has counted.
            if (map.Kind != NftKind.SourcePorts) sum += there.Counters ?? Counters.Unknown;
        }

        return sum;
    }

    /// <inheritdoc/>
    public IEnumerable<Difference> DifferencesFrom(WantedRules wanted) =>
        Differences(wanted, isIPv4: true).Concat(Differences(wanted, isIPv4: false));

    private IEnumerable<Difference> Differences(WantedRules wanted, bool isIPv4)
    {
        var own = wanted.OfFamily(isIPv4);
        var installed = Of(isIPv4);
        return AcceptDifferences(own.Accepted, installed, isIPv4)
            .Concat(TableDifferences(own.Translated, installed, isIPv4));
    }

    private static IEnumerable<Difference> TableDifferences(Ruleset translated, InstalledNft installed, bool isIPv4)
    {
        var table = $"table {NftLayout.Family(isIPv4)} {NftLayout.OwnTable}";
        var wanted = NftTables.Own(translated, isIPv4);
        if (wanted.IsEmpty)
        {
            if (installed.HasOwn) yield return new($"{table} is there, although nothing needs it");
            yield break;
        }

        if (!installed.HasOwn) yield return new($"{table} is missing");
        foreach (var translation in translated.Translations)
        {
            foreach (var (map, element) in NftTables.ElementsOf(translation))
            {
                if (Find(installed, map, element) is not null) continue;
                yield return new($"missing: {translation.Describe()} ({table})", translation.Guest, translation);
                break;
            }
        }

        if (!installed.HasOwn) yield break;
        foreach (var difference in SetDifferences(wanted, installed, isIPv4, table)) yield return difference;
        foreach (var difference in ChainDifferences(wanted, installed, isIPv4, table)) yield return difference;
    }

    private static IEnumerable<Difference> ChainDifferences(
        NftTable wanted, InstalledNft installed, bool isIPv4, string table)
    {
        foreach (var chain in wanted.Chains)
        {
            var wantedRules = chain.Rules.Select(NftScript.Hash).ToList();
            var there = installed.OwnChains.FirstOrDefault(c => c.Name == chain.Name)?.Rules.Select(r => r.Comment);
            if (there?.SequenceEqual(wantedRules) == true) continue;

            // Without the others, who connects from outside notices nothing. What stands behind ours takes nothing.
            var lets = chain.Name is NftLayout.Forwards or NftLayout.Prerouting;
            var isWhole = there?.Take(wantedRules.Count).SequenceEqual(wantedRules) == true;
            var problem = there is null
                ? $"chain {chain.Name} is missing"
                : $"the rules of chain {chain.Name} are not as they should be";
            yield return new($"{problem} ({table})")
            {
                Lack = lets && !isWhole ? Lack.Of(isIPv4) : null,
                IsOfOwnConnections = !lets && !isWhole && chain.Rules.Any(IsOfOwnConnections),
            };
        }

        foreach (var there in installed.OwnChains)
        {
            if (!wanted.Chains.Any(c => c.Name == there.Name))
                yield return new($"should not be there: chain {there.Name} ({table})");
        }
    }

    private static bool IsOfOwnConnections(string rule) => rule.Contains(" snat to ", StringComparison.Ordinal);

    private static IEnumerable<Difference> SetDifferences(
        NftTable wanted, InstalledNft installed, bool isIPv4, string table)
    {
        var decoder = new NftDecoder(isIPv4);
        foreach (var there in installed.OwnSets)
        {
            var set = wanted.Sets.FirstOrDefault(s => s.Name == there.Name);
            var identities = (set?.Elements ?? []).Select(e => e.Identity).ToHashSet(StringComparer.Ordinal);
            foreach (var element in there.Elements)
            {
                if (identities.Contains(element.Element.Identity)) continue;
                var text = decoder.KeyText(there.Name, element.Element) ?? element.Element.Identity;
                yield return new($"should not be there: {text} (map {there.Name}, {table})");
            }
        }

        foreach (var set in wanted.Sets.Where(s => !s.IsMap))
        {
            var there = installed.OwnSets.FirstOrDefault(s => s.Name == set.Name);
            var identities = (there?.Elements ?? []).Select(e => e.Element.Identity).ToHashSet(StringComparer.Ordinal);
            foreach (var element in set.Elements.Where(e => !identities.Contains(e.Identity)))
            {
                yield return new($"missing: {element.KeyText} (set {set.Name}, {table})", element.Guest)
                {
                    Lack = element.Needed,
                };
            }
        }
    }

    private static IEnumerable<Difference> AcceptDifferences(Ruleset accepted, InstalledNft installed, bool isIPv4)
    {
        if (installed.LibvirtForward is null) yield break;

        var table = $"table {NftLayout.Family(isIPv4)} {NftLayout.LibvirtTable}";
        var isWanted = !accepted.Guests.IsEmpty || !accepted.Networks.IsEmpty;
        if (!isWanted)
        {
            if (installed.HasAccept)
                yield return new($"chain {NftLayout.LibvirtAccept} is there, although nothing needs it ({table})");
            yield break;
        }

        var rules = NftTables.Accepts(accepted, isIPv4);
        var wanted = rules.Select(rule => NftScript.Hash(rule.Text)).ToList();
        var there = installed.LibvirtAccept?.Rules.Select(r => r.Comment).ToList() ?? [];
        var isOpen = installed.Jumps.Any();
        var lacking = new List<NftAccept>();
        for (var i = 0; i < rules.Length; i++)
            if (!isOpen || !there.Contains(wanted[i])) lacking.Add(rules[i]);
        if (lacking.Count == 0 && !IsHarmless(there, wanted)) lacking.AddRange(rules);
        if (lacking.Count > 0)
        {
            const string problem = "libvirt uses nftables and rejects what comes from outside: our accept rules are " +
                "missing, or not as they should be";
            var guests = lacking.SelectMany(rule => rule.Needed).ToLookup(n => n.Guest, StringComparer.Ordinal);
            foreach (var guest in guests)
                yield return new($"{problem} ({table})", guest.Key) { Lack = Lack.Of(guest.Select(n => n.Lack)) };
            if (guests.Count == 0) yield return new($"{problem} ({table})");
        }
        else if (!there.SequenceEqual(wanted))
        {
            yield return new($"the rules of chain {NftLayout.LibvirtAccept} are not as they should be ({table})");
        }
        else if (!installed.JumpIsAtHead)
        {
            yield return new($"not once at the head of {NftLayout.LibvirtForward}: " +
                $"jump {NftLayout.LibvirtAccept} ({table})");
        }
    }

    /// <summary>Whether rules that differ from ours take nothing from them: all of ours are there, and first.</summary>
    private static bool IsHarmless(List<string> there, List<string> ours) =>
        there.Count >= ours.Count && there.Take(ours.Count).Except(ours).FirstOrDefault() is null;

    private static Dictionary<string, InstalledNftElement>? Ports(InstalledNft installed, NftMap sources)
    {
        var name = (sources with { Kind = NftKind.SourcePorts }).Name;
        return installed.OwnSets.FirstOrDefault(s => s.Name == name)?.ByIdentity;
    }

    private static InstalledNftElement? Find(InstalledNft installed, NftMap map, NftElement element)
    {
        var set = installed.OwnSets.FirstOrDefault(s => s.Name == map.Name);
        var there = set?.ByIdentity.GetValueOrDefault(element.Identity);
        return there is not null && there.Element.Data == element.Data ? there : null;
    }

    private static IEnumerable<string> Places(InstalledNft installed)
    {
        var rules = installed.LibvirtForward?.Rules ?? [];
        for (var i = 0; i < rules.Length; i++)
        {
            if (rules[i].Target == NftLayout.LibvirtAccept)
                yield return i.ToString(CultureInfo.InvariantCulture);
        }
    }
}
