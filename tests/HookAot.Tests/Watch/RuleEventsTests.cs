using System.Buffers.Binary;
using CsCheck;
using HookAot.Host;
using HookAot.Tests.Netns;

namespace HookAot.Tests.Watch;

/// <summary>Who has changed nf_tables, and the number that says whether it concerns us.</summary>
[Category("Netns")]
public sealed class RuleEventsTests
{
    private const string Ours = """
        add table ip hookaot
        add map ip hookaot m { type inet_service : ipv4_addr; counter; elements = { 80 : 192.168.122.2 }; }
        add chain ip hookaot c { type nat hook prerouting priority -100; }
        add rule ip hookaot c counter dnat to tcp dport map @m
        add table ip filter
        add chain ip filter HOOKAOT-FWD
        add chain ip filter FORWARD { type filter hook forward priority 0; }
        add rule ip filter FORWARD jump HOOKAOT-FWD
        add chain ip filter INPUT
        add table inet other
        add chain inet other c { type filter hook forward priority 0; }
        add rule ip filter HOOKAOT-FWD tcp dport 22 counter accept

        """;

    [Test]
    [Arguments("flush ruleset", "hookaot c m FORWARD HOOKAOT-FWD")]
    [Arguments("delete table ip hookaot", "hookaot c m")]
    [Arguments("delete element ip hookaot m { 80 }", "m")]
    [Arguments("flush chain ip filter FORWARD", "FORWARD")]
    [Arguments("flush chain ip filter HOOKAOT-FWD", "HOOKAOT-FWD")]
    [Arguments("delete table inet other", "")]
    [Arguments("add rule ip filter INPUT accept", "")]
    [Arguments("flush table ip hookaot; add rule ip hookaot c accept", "")]
    public async Task A_commit_says_who_and_what_was_taken_out(string command, string hit)
    {
        using var place = await EmptyNamespace.Create();
        await place.Network.Run("nft -f -", Ours);
        using var events = place.Network.Within(() => new RuleEvents());

        await place.Network.Run("nft -f -", command);

        var changes = new Changes();
        events.Drain(changes);
        await Assert.That(changes.Kinds).IsEqualTo(Change.Rules);
        var commit = changes.Commits.Single();
        await Assert.That(commit.ToString()).Matches(@"^nft\[\d+\]$");
        var expected = hit.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        await Assert.That(commit.Hit.AsEnumerable()).IsEquivalentTo(expected);
    }

    [Test]
    [Arguments("delete element ip hookaot m { 80 }", true)]
    [Arguments("add element ip hookaot m { 81 : 192.168.122.2 }", true)]
    [Arguments("delete element ip hookaot m { 80 }; add element ip hookaot m { 80 : 192.168.122.3 }", true)]
    [Arguments("insert rule ip filter FORWARD drop", true)]
    [Arguments("add chain ip filter FORWARD { policy drop; }", true)]
    [Arguments("flush chain ip filter HOOKAOT-FWD", true)]
    [Arguments("flush ruleset", true)]
    [Arguments("add table ip6 hookaot", true)]
    [Arguments("add table ip libvirt_network", true)]
    [Arguments("add rule ip filter INPUT accept", false)]
    [Arguments("add rule inet other c drop", false)]
    [Arguments("delete table inet other", false)]
    [Arguments("add table inet hookaot", false)]
    [Arguments("reset counters", false)]
    public async Task The_mark_changes_with_what_concerns_us_only(string command, bool changes)
    {
        using var place = await EmptyNamespace.Create();
        await place.Network.Run("nft -f -", Ours);
        var before = place.Network.Within(RulesMark.Read);
        await Assert.That(before).IsNotNull();
        await Assert.That(place.Network.Within(RulesMark.Read)).IsEqualTo(before);

        await place.Network.Run("nft -f -", command);

        await Assert.That(place.Network.Within(RulesMark.Read) != before).IsEqualTo(changes);
    }

    [Test]
    public async Task Any_bytes_are_read_without_harm()
    {
        using var place = await EmptyNamespace.Create();
        using var events = place.Network.Within(() => new RuleEvents());
        // Some of them in the form that netlink has: lengths, and attributes in attributes.
        var attribute = Gen.Select(Gen.UShort[0, 40], Gen.UShort[0, 12], Gen.Byte.Array[0, 40], Attribute);
        var payload = Gen.OneOf(
            Gen.Byte.Array[0, 80],
            attribute.Array[0, 6].Select(all => (byte[])[2, 0, 0, 0, .. all.SelectMany(a => a)]));
        var message = Gen.Select(Gen.UInt[0, 120], Gen.UShort[0xa00, 0xa20], payload, Message);
        message.Array[0, 4].Select(all => all.SelectMany(m => m).ToArray()).Sample(bytes =>
        {
            var changes = new Changes();
            events.Messages(bytes, changes);
            return changes.Commits.All(c => c.Name.Length <= bytes.Length);
        });

        await Assert.That(events.Fd).IsGreaterThan(0);
    }

    [Test]
    public async Task A_message_that_is_cut_off_counts_as_a_change()
    {
        using var place = await EmptyNamespace.Create();
        using var events = place.Network.Within(() => new RuleEvents());
        var changes = new Changes();
        events.Messages(Message(4000, 0xa08, [2, 0, 0, 0]), changes);
        await Assert.That(changes.Kinds).IsEqualTo(Change.Rules);
        await Assert.That(changes.Commits).IsEmpty();
    }

    private static byte[] Attribute(ushort length, ushort type, byte[] value)
    {
        var bytes = new byte[4 + ((value.Length + 3) & ~3)];
        // Mostly right, so that the reader gets somewhere.
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, length < 30 ? (ushort)(4 + value.Length) : length);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(2), type);
        value.CopyTo(bytes, 4);
        return bytes;
    }

    private static byte[] Message(uint length, ushort type, byte[] payload)
    {
        var bytes = new byte[16 + ((payload.Length + 3) & ~3)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, length < 100 ? (uint)(16 + payload.Length) : length);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(4), type);
        payload.CopyTo(bytes, 16);
        return bytes;
    }
}
