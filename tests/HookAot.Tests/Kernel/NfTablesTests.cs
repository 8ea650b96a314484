using CsCheck;
using HookAot.Host;
using HookAot.Tests.Netns;

namespace HookAot.Tests.Kernel;

/// <summary>nf_tables, read by netlink from a network namespace that nft has filled.</summary>
[Category("Netns")]
public sealed class NfTablesTests
{
    private const string Ruleset = """
        table ip a {
            set addresses { type ipv4_addr; elements = { 192.0.2.1 comment "one", 192.0.2.2 }; }
            map exact {
                type ipv4_addr . inet_service : ipv4_addr . inet_service
                counter
                elements = { 192.0.2.1 . 8080 counter packets 5 bytes 300 comment "web" : 192.168.122.2 . 80 }
            }
            map ranges {
                type ipv4_addr . ipv4_addr . inet_service : ipv4_addr
                flags interval
                elements = { 10.0.0.0/8 . 192.0.2.1 . 5000-5010 : 192.168.122.2 }
            }
            chain other { }
            chain base {
                type filter hook forward priority 0; policy drop;
                ct state established accept comment "first"
                ip saddr 192.0.2.9 goto other
                jump other comment "third"
            }
        }
        table ip6 a { chain base { type filter hook forward priority 0; }; }
        table inet b { chain other { }; chain base { jump other; }; }

        """;

    [Test]
    public async Task Everything_is_read_as_nft_wrote_it()
    {
        using var place = await EmptyNamespace.Create();
        await place.Network.Run("nft -f -", Ruleset);

        var tables = place.Network.Within(() => NfTables.Tables(out _));
        await Assert.That(tables!.Value.Select(t => (t.Family, t.Name))).IsEquivalentTo(
            [("ip", "a"), ("ip6", "a"), ("inet", "b")]);
        await Assert.That(tables!.Value.Select(t => t.Handle).Distinct()).Count().IsEqualTo(3);
        var chains = place.Network.Within(() => NfTables.Chains("ip", "a", out _));
        await Assert.That(chains!.Value).IsEquivalentTo([
            new NfChain("other", Drops: false, HasHook: false), new("base", Drops: true, HasHook: true)]);
        var rules = place.Network.Within(() => NfTables.Rules("ip", "a", "base", out _))!.Value;
        await Assert.That(rules.Select(r => (r.Chain, r.JumpsTo, r.Comment))).IsEquivalentTo([
            ("base", null, "first"), ("base", "other", null), ("base", "other", "third")]);
        await place.Network.Run($"nft delete rule ip a base handle {rules[1].Handle}");
        rules = place.Network.Within(() => NfTables.Rules("ip", "a", null, out _))!.Value;
        await Assert.That(rules.Select(r => r.Comment!)).IsEquivalentTo(["first", "third"]);
        var sets = place.Network.Within(() => NfTables.Sets("ip", "a", out _));
        await Assert.That(sets!.Value).IsEquivalentTo(["addresses", "exact", "ranges"]);
    }

    [Test]
    public async Task Elements_have_keys_data_comments_and_counters()
    {
        using var place = await EmptyNamespace.Create();
        await place.Network.Run("nft -f -", Ruleset);

        await Assert.That(await Elements(place, "addresses")).IsEquivalentTo([
            "C0000201-C0000201: one", "C0000202-C0000202: "]);
        await Assert.That(await Elements(place, "exact")).IsEquivalentTo([
            "C00002011F900000-C00002011F900000:C0A87A0200500000 web 5/300"]);
        await Assert.That(await Elements(place, "ranges")).IsEquivalentTo([
            "0A000000C000020113880000-0AFFFFFFC000020113920000:C0A87A02 "]);
    }

    [Test]
    public async Task Nothing_is_an_answer()
    {
        using var place = await EmptyNamespace.Create();
        var (chains, rules, sets, elements) = place.Network.Within(() => (
            NfTables.Chains("ip", "none", out _), NfTables.Rules("ip", "none", "none", out _),
            NfTables.Sets("ip", "none", out _), NfTables.Elements("ip", "none", "none", out _)));
        await Assert.That(chains!.Value).IsEmpty();
        await Assert.That(rules!.Value).IsEmpty();
        await Assert.That(sets!.Value).IsEmpty();
        await Assert.That(elements!.Value).IsEmpty();
    }

    [Test]
    public async Task Every_commit_raises_the_generation_by_one()
    {
        using var place = await EmptyNamespace.Create();
        var before = place.Network.Within(NfTables.Generation)!.Value;
        await place.Network.Run("nft list ruleset; nft -f -", Ruleset);
        await Assert.That(place.Network.Within(NfTables.Generation)).IsEqualTo(before + 1);
    }

    [Test]
    public async Task A_set_of_many_elements_is_read_whole()
    {
        using var place = await EmptyNamespace.Create();
        var many = string.Join(", ", Enumerable.Range(1, 60_000));
        const string Load = "nft -f -";
        await place.Network.Run(Load, $"table ip a {{ set s {{ type inet_service; elements = {{ {many} }}; }}; }}\n");
        var elements = place.Network.Within(() => NfTables.Elements("ip", "a", "s", out _))!.Value;
        await Assert.That(elements.Select(e => (e.Key[0] << 8) | e.Key[1]).Distinct().Count()).IsEqualTo(60_000);
    }

    [Test]
    public void Any_bytes_are_read_without_harm() =>
        Gen.Byte.Array[0, 300].Sample(bytes =>
        {
            _ = NfMessage.Table(bytes);
            _ = NfMessage.Chain(bytes, "");
            _ = NfMessage.Rule(bytes, "");
            _ = NfMessage.Set(bytes, "");
            _ = NfMessage.Generation(bytes);
            NfMessage.Elements(bytes, []);
        });

    private static async Task<List<string>> Elements(EmptyNamespace place, string set)
    {
        var elements = place.Network.Within(() => NfTables.Elements("ip", "a", set, out _));
        await Assert.That(elements).IsNotNull();
        return [.. elements!.Value.Select(Print)];
    }

    private static string Print(NfElement e)
    {
        var counters = e.Packets is { } packets ? $" {packets}/{e.Bytes}" : "";
        return $"{Hex(e.Key)}-{Hex(e.KeyEnd)}:{Hex(e.Data)} {e.Comment}{counters}";
    }

    private static string Hex(IEnumerable<byte> bytes) => Convert.ToHexString(bytes.ToArray());
}
