using System.Collections.Immutable;
using System.Net;
using HookAot.Rules;

namespace HookAot.Tests.Rules;

/// <summary>Which addresses a guest has, from reservations, leases, and what it had before.</summary>
public sealed class GuestAddressesTests
{
    private const string Mac = "52:54:00:00:00:02", OtherMac = "52:54:00:00:00:03";
    private const string Five = "192.168.122.5", Six = "192.168.122.6", Seven = "192.168.122.7", V6 = "fd00::5";
    private const long Now = 1_800_000_000, Soon = Now + 60, Later = Now + 3600;
    private const long Before = Now - 60, LongBefore = Now - 3600;

    private static readonly ObservedNetwork Default = new(
        "default",
        "virbr0",
        Isolated: false,
        Ranges: [IPNetwork.Parse("192.168.122.0/24"), IPNetwork.Parse("fd00::/64")],
        BridgeAddresses: [IPAddress.Parse("192.168.122.1")],
        Hosts: []);

    [Test]
    public async Task Both_families_are_known_and_ipv4_comes_first() =>
        await Finds($"{Five} {V6}", Seen(Leased(V6, Later), Leased(Five, Soon)));

    [Test]
    public async Task The_lease_that_ends_last_wins() => await Finds(Six, Seen(Leased(Five, Soon), Leased(Six, Later)));

    [Test]
    public async Task A_lease_without_end_ends_last() =>
        await Finds(Six, Seen(Leased(Five, Later), Leased(Six, 0), Leased(Seven, Soon)));

    [Test]
    public async Task Of_leases_that_end_together_the_last_one_wins() =>
        await Finds(Six, Seen(Leased(Five, Soon), Leased(Six, Soon)));

    [Test]
    public async Task A_lease_that_ran_out_serves() => await Finds(Five, Seen(Leased(Five, Before)));

    [Test]
    public async Task A_lease_that_ran_out_is_not_used_once_another_mac_leases_the_address() =>
        await Finds("", Seen(Leased(Five, Before), Leased(Five, Later, OtherMac)));

    [Test]
    public async Task A_lease_that_ran_out_is_not_used_where_another_mac_had_the_address_later() =>
        await Finds("", Seen(Leased(Five, LongBefore), Leased(Five, Before, OtherMac)));

    [Test]
    public async Task A_lease_that_ran_out_is_not_used_once_the_address_is_reserved_for_another_mac() =>
        await Finds("", Seen(Reserving(Host(Five, OtherMac)), Leased(Five, Before)));

    [Test]
    public async Task A_lease_that_ran_out_serves_where_another_macs_ended_with_it() =>
        await Finds(Five, Seen(Leased(Five, Before), Leased(Five, Before, OtherMac)));

    [Test]
    public async Task A_lease_that_ran_out_serves_although_the_address_is_reserved_by_a_name() =>
        await Finds(Five, Seen(Reserving(Named(Five, "other")), Leased(Five, Before)));

    [Test]
    public async Task An_address_that_another_mac_has_gives_way_to_an_older_one_that_is_free() =>
        await Finds(Six, Seen(Leased(Six, LongBefore), Leased(Five, Before), Leased(Five, Later, OtherMac)));

    [Test]
    public async Task An_address_that_was_learned_serves_where_dnsmasq_no_longer_knows_it() =>
        await Finds($"{Five} {V6}", Seen() with { Learned = [Knew(Five), Knew(V6)] });

    [Test]
    [Arguments(Soon)]
    [Arguments(Before)]
    public async Task A_lease_wins_over_what_was_learned(long expiry) =>
        await Finds(Six, Seen(Leased(Six, expiry)) with { Learned = [Knew(Five)] });

    [Test]
    [Arguments(Later)]
    [Arguments(Before)]
    public async Task What_was_learned_is_forgotten_once_another_mac_has_leased_it(long expiry) =>
        await Finds("", Seen(Leased(Five, expiry, OtherMac)) with { Learned = [Knew(Five)] });

    [Test]
    public async Task What_was_learned_is_forgotten_once_it_is_reserved_for_another_mac() =>
        await Finds("", Seen(Reserving(Host(Five, OtherMac))) with { Learned = [Knew(Five)] });

    [Test]
    public async Task What_was_learned_in_another_network_is_forgotten() =>
        await Finds("", Seen() with { Learned = [Knew("192.168.100.5")] });

    [Test]
    public async Task What_another_mac_had_says_nothing() =>
        await Finds("", Seen(Leased(Five, Later, OtherMac)) with { Learned = [new(OtherMac, IPAddress.Parse(Six))] });

    [Test]
    public async Task A_reservation_comes_before_a_lease() =>
        await Finds(Seven, Seen(Reserving(Host(Seven, Mac)), Leased(Five, Later)));

    [Test]
    public async Task A_reservation_by_mac_comes_before_one_by_name() =>
        await Finds(Seven, Seen(Reserving(Named(Six, "web"), Host(Seven, Mac)), Leased(Five, Later)));

    [Test]
    public async Task A_reservation_by_another_name_is_another_guests() =>
        await Finds(Five, Seen(Reserving(Named(Six, "other")), Leased(Five, Later)));

    [Test]
    public async Task A_reservation_of_one_family_leaves_the_lease_of_the_other() =>
        await Finds(
            $"{Five} fd00::7", Seen(Reserving(Named("fd00::7", "web")), Leased(Five, Later), Leased(V6, Later)));

    [Test]
    public async Task A_lease_on_another_bridge_is_another_interfaces() =>
        await Finds("", Seen(new Lease("virbr1", Mac, IPAddress.Parse(Five), Later)));

    [Test]
    [Arguments(null, "virbr0")]
    [Arguments("default", null)]
    [Arguments("gone", "virbr0")]
    public async Task The_bridge_is_the_interfaces_own_or_its_networks(string? network, string? bridge)
    {
        var guest = Guest(new GuestInterface(Mac, network, bridge, null));
        var seen = Seen(Leased(Five, Later)) with { Guests = [guest] };
        await Finds(Five, seen);
        await Assert.That(GuestAddresses.Bridges([guest, guest], seen.Networks)).IsEquivalentTo(["virbr0"]);
    }

    [Test]
    public async Task A_bridge_of_libvirts_has_its_reservations_without_naming_the_network()
    {
        var guest = Guest(new GuestInterface(Mac, null, "virbr0", null));
        await Finds(Seven, Seen(Reserving(Host(Seven, Mac))) with { Guests = [guest] });
    }

    [Test]
    public async Task An_interface_without_mac_has_no_address()
    {
        var guest = Guest(new GuestInterface(null, "default", "virbr0", null));
        await Finds("", Seen(Leased(Five, Later)) with { Guests = [guest] });
        await Assert.That(GuestAddresses.Bridges([guest], [Default])).IsEmpty();
    }

    [Test]
    public async Task Each_interface_has_its_own_address_and_one_that_two_have_counts_once()
    {
        var second = new GuestInterface(OtherMac, "default", "virbr0", "vnet1");
        var guest = Guest(new GuestInterface(Mac, "default", "virbr0", "vnet0"), second);
        var seen = Seen(Leased(Five, Later), Leased(Six, Later, OtherMac)) with { Guests = [guest] };
        await Finds($"{Five} {Six}", seen);
        await Finds(Seven, seen with { Networks = [Reserving(Named(Seven, "web"))] });
    }

    [Test]
    public async Task What_is_learned_is_what_the_next_converge_falls_back_to()
    {
        var seen = Seen(Leased(Five, Before), Leased(V6, Later), Leased(Seven, Later, OtherMac));
        var learned = GuestAddresses.Learned(seen);
        var text = string.Join(' ', learned.Select(l => $"{l.Mac}={l.Address}"));
        await Assert.That(text).IsEqualTo($"{Mac}={Five} {Mac}={V6}");
        await Finds($"{Five} {V6}", Seen() with { Learned = learned });
        await Assert.That(GuestAddresses.Learned(Seen() with { Learned = learned }).SequenceEqual(learned)).IsTrue();
        await Assert.That(GuestAddresses.Learned(seen with { Guests = [] }).IsEmpty).IsTrue();
    }

    private static ObservedNetwork Reserving(params ImmutableArray<DhcpHost> hosts) => Default with { Hosts = hosts };

    private static DhcpHost Host(string address, string mac) => new(mac, null, IPAddress.Parse(address));

    private static DhcpHost Named(string address, string name) => new(null, name, IPAddress.Parse(address));

    private static Lease Leased(string address, long expiry, string mac = Mac) =>
        new("virbr0", mac, IPAddress.Parse(address), expiry);

    private static LearnedAddress Knew(string address) => new(Mac, IPAddress.Parse(address));

    private static ObservedGuest Guest(params ImmutableArray<GuestInterface> nics) =>
        new("qemu", "web", nics, Evidence.Event);

    private static Observation Seen(params ImmutableArray<Lease> leases) => Seen(Default, leases);

    private static Observation Seen(ObservedNetwork network, params ImmutableArray<Lease> leases) =>
        Observation.Nothing with
        {
            Guests = [Guest(new GuestInterface(Mac, "default", "virbr0", "vnet0"))],
            Networks = [network],
            Leases = leases,
            Now = DateTimeOffset.FromUnixTimeSeconds(Now),
        };

    private static async Task Finds(string expected, Observation seen) =>
        await Assert.That(string.Join(' ', GuestAddresses.Of(seen.Guests[0], seen))).IsEqualTo(expected);
}
