using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using HookAot.Model;
using HookAot.Rules;

namespace HookAot.Backends;

/// <summary>
/// Prints what leads from what is in nf_tables to what is wanted, as one transaction for nft -f. Where only elements
/// differ, only those are added or deleted: the counters of the others go on, and what only adds does not wait for the
/// kernel's RCU.
/// </summary>
/// <remarks>
/// The rules that the kernel gives back are no text, and what nft prints of them differs from version to version. So
/// each rule of ours carries a hash of its own text as a comment.
/// </remarks>
internal sealed class NftScript
{
    private readonly ImmutableArray<ScriptLine>.Builder lines = ImmutableArray.CreateBuilder<ScriptLine>();
    private readonly string family;
    private readonly bool counts;
    private readonly bool anew;

    private NftScript(bool ipv4, bool counts, bool anew) =>
        (family, this.counts, this.anew) = (NftLayout.Family(ipv4), counts, anew);

    /// <summary>The script for both families; empty if everything is as wanted.</summary>
    /// <param name="wanted">What has to be there.</param>
    /// <param name="ipv4">What is there of IPv4.</param>
    /// <param name="ipv6">What is there of IPv6.</param>
    /// <param name="counts">Whether forwards are counted, which nft can since 1.0.</param>
    /// <param name="anew">
    /// Whether our own tables are made anew, since the difference was refused: what is there is not what it says, such
    /// as a set of another type.
    /// </param>
    public static ImmutableArray<ScriptLine> For(
        WantedRules wanted, InstalledNft ipv4, InstalledNft ipv6, bool counts, bool anew = false) =>
        [
            .. new NftScript(ipv4: true, counts, anew).For(wanted.OfFamily(ipv4: true), ipv4, isIPv4: true),
            .. new NftScript(ipv4: false, counts, anew).For(wanted.OfFamily(ipv4: false), ipv6, isIPv4: false),
        ];

    /// <summary>The comment of a rule: a hash of its text (FNV-1a, 64 bits), in hexadecimal.</summary>
    public static string Hash(string rule)
    {
        var hash = new Fnv();
        hash.AddCharacters(rule);
        return hash.Value.ToString("x16", CultureInfo.InvariantCulture);
    }

    private ImmutableArray<ScriptLine> For(WantedRules wanted, InstalledNft installed, bool isIPv4)
    {
        // What is accepted comes first, and goes last; all of it is one transaction.
        Accept(wanted.Accepted, installed, isIPv4);
        Translate(NftTables.Own(wanted.Translated, isIPv4), installed);
        return lines.ToImmutable();
    }

    private void Accept(Ruleset accepted, InstalledNft installed, bool isIPv4)
    {
        // Without libvirt's table, or before its chain is there, nothing rejects.
        if (installed.LibvirtForward is null) return;

        const string table = NftLayout.LibvirtTable, chain = NftLayout.LibvirtAccept;
        var isWanted = !accepted.Guests.IsEmpty || !accepted.Networks.IsEmpty;
        if (!isWanted)
        {
            foreach (var jump in installed.Jumps) DeleteJump(jump);
            if (!installed.HasAccept || installed.LibvirtAccept is null) return;
            Line($"flush chain {family} {table} {chain}");
            if (!installed.AcceptIsKept) Line($"delete chain {family} {table} {chain}");
            return;
        }

        var rules = NftTables.Accepts(accepted, isIPv4).Select(rule => rule.Text).ToList();
        var there = installed.LibvirtAccept?.Rules.Select(r => r.Comment);
        if (there is null || !there.SequenceEqual(rules.Select(Hash)))
        {
            Line($"add chain {family} {table} {chain}");
            if (there is not null) Line($"flush chain {family} {table} {chain}");
            foreach (var rule in rules) Rule(table, chain, rule);
        }

        if (installed.JumpIsAtHead) return;
        foreach (var jump in installed.Jumps) DeleteJump(jump);
        Line($"insert rule {family} {table} {NftLayout.LibvirtForward} jump {chain}");
    }

    private void DeleteJump(InstalledNftRule jump) => Line(string.Create(
        CultureInfo.InvariantCulture,
        $"delete rule {family} {NftLayout.LibvirtTable} {NftLayout.LibvirtForward} handle {jump.Handle}"));

    private void Translate(NftTable wanted, InstalledNft installed)
    {
        const string table = NftLayout.OwnTable;
        if (wanted.IsEmpty)
        {
            if (installed.HasOwn) Line($"delete table {family} {table}");
            return;
        }

        if (!anew && HasSameStructure(wanted, installed) && AreReadable(installed))
        {
            foreach (var set in wanted.Sets) ChangeElements(set, installed.OwnSets.First(s => s.Name == set.Name));
            return;
        }

        if (installed.HasOwn) Line($"delete table {family} {table}");
        Line($"add table {family} {table}");
        foreach (var set in wanted.Sets) Define(set, installed);
        // All chains before any rule: a jump needs its chain.
        foreach (var chain in wanted.Chains)
        {
            var hook = chain.Hook is null ? "" : $" {{ {chain.Hook} ; }}";
            Line($"add chain {family} {table} {chain.Name}{hook}");
        }

        foreach (var chain in wanted.Chains)
            foreach (var rule in chain.Rules) Rule(table, chain.Name, rule);
    }

    /// <summary>Whether sets, chains and rules are there as wanted, so that only elements may differ.</summary>
    internal static bool HasSameStructure(NftTable wanted, InstalledNft installed)
    {
        if (!installed.HasOwn || wanted.Sets.Length != installed.OwnSets.Length) return false;
        foreach (var set in wanted.Sets)
            if (!installed.OwnSets.Any(s => s.Name == set.Name)) return false;

        if (wanted.Chains.Length != installed.OwnChains.Length) return false;
        foreach (var chain in wanted.Chains)
        {
            if (installed.OwnChains.FirstOrDefault(c => c.Name == chain.Name) is not { } there) return false;
            if (!there.Rules.Select(r => r.Comment).SequenceEqual(chain.Rules.Select(Hash))) return false;
        }

        return true;
    }

    /// <summary>
    /// Whether every element could be deleted: one that another program has added may be of any form.
    /// </summary>
    private bool AreReadable(InstalledNft installed)
    {
        var decoder = new NftDecoder(family == NftLayout.Family(ipv4: true));
        foreach (var set in installed.OwnSets)
        {
            foreach (var element in set.Elements)
                if (decoder.KeyText(set.Name, element.Element) is null) return false;
        }

        return true;
    }

    private void ChangeElements(NftSet set, InstalledNftSet installed)
    {
        var there = installed.Elements.ToDictionary(e => e.Element.Identity, e => e.Element);
        var added = new List<NftElement>();
        var removed = new List<string>();
        foreach (var element in set.Elements)
        {
            if (!there.Remove(element.Identity, out var old))
            {
                added.Add(element);
            }
            else if (old.Data != element.Data || old.Comment != element.Comment)
            {
                removed.Add(element.KeyText);
                added.Add(element);
            }
        }

        var decoder = new NftDecoder(family == NftLayout.Family(ipv4: true));
        foreach (var element in there.Values)
            if (decoder.KeyText(set.Name, element) is { } key) removed.Add(key);

        Elements("delete", set.Name, removed.Select(key => (key, (string?)null)));
        Elements("add", set.Name, added.Select(e => (Text(set, e, null), e.Guest)));
    }

    private void Define(NftSet set, InstalledNft installed)
    {
        var kind = set.IsMap ? "map" : "set";
        var counter = set.Counts && counts ? " counter ;" : "";
        Line($"add {kind} {family} {NftLayout.OwnTable} {set.Name} {{ {set.Type}{counter} }}");
        var counters = new Dictionary<string, Counters>(StringComparer.Ordinal);
        foreach (var element in installed.OwnSets.FirstOrDefault(s => s.Name == set.Name)?.Elements ?? [])
            if (element.Counters is { } sum) counters.TryAdd(element.Element.Identity, sum);

        Elements("add", set.Name, set.Elements.Select(e => (
            Text(set, e, counters.TryGetValue(e.Identity, out var sum) ? sum : null), e.Guest)));
    }

    private string Text(NftSet set, NftElement element, Counters? counters)
    {
        var text = new StringBuilder(element.KeyText);
        if (set.Counts && counts && counters is { } sum)
            text.Append(CultureInfo.InvariantCulture, $" counter packets {sum.Packets} bytes {sum.Bytes}");
        if (element.Comment.Length > 0) text.Append($" comment \"{element.Comment}\"");
        if (element.DataText.Length > 0) text.Append($" : {element.DataText}");
        return text.ToString();
    }

    /// <summary>An element a line, so that a refusal names the guest's.</summary>
    private void Elements(string verb, string set, IEnumerable<(string Text, string? Guest)> elements)
    {
        var isFirst = true;
        foreach (var (text, guest) in elements)
        {
            if (isFirst) Line($"{verb} element {family} {NftLayout.OwnTable} {set} {{");
            isFirst = false;
            Line($"{text},", guest);
        }

        if (!isFirst) Line("}");
    }

    private void Rule(string table, string chain, string rule) =>
        Line($"add rule {family} {table} {chain} {rule} comment \"{Hash(rule)}\"");

    private void Line(string text, string? guest = null)
    {
        var kind = guest is null ? LineKind.Frame : LineKind.Rule;
        lines.Add(new(text, $"{family} {NftLayout.OwnTable}", kind, "", guest));
    }
}
