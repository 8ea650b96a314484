using System.Net;
using HookAot.Backends;
using HookAot.Host;
using HookAot.Tests.Netns;
using Microsoft.Extensions.Logging.Abstractions;

namespace HookAot.Tests.Nftables;

/// <summary>The host's own nft, 1.0.6 on Debian 12, run by the transaction.</summary>
[Category("Netns")]
public sealed class NftTransactionTests
{
    // Without its element older ones read it (kubernetes #136786).
    private const string SetOfANewerOne = """
        table ip others {
            set s {
                type ipv4_addr
                elements = { 192.0.2.1 }
            }
        }

        """;

    [Test]
    public async Task It_puts_in_place_what_is_wanted_and_takes_it_out()
    {
        using var place = await NftPlace.Create("bookworm");
        var before = await place.List();
        var wanted = NftStories.Wanted("sources");
        var (transaction, error) = Run(place, wanted);
        await Assert.That((error, transaction.HasOurs, transaction.Died)).IsEqualTo((null, true, false));
        await Assert.That(place.Read().DifferencesFrom(wanted)).IsEmpty();
        (transaction, error) = Run(place, WantedRules.Nothing);
        await Assert.That((error, transaction.HasOurs)).IsEqualTo((null, false));
        await Assert.That(await place.List()).IsEqualTo(before);
    }

    [Test]
    public async Task A_guest_whose_element_the_kernel_refuses_is_left_out_and_the_others_are_served()
    {
        using var place = await NftPlace.Create("bookworm");
        // Intervals must not overlap; a config that says so has a mistake, so no config becomes this.
        var first = NftStories.Wanted("sources").Translated.OfFamily(ipv4: true);
        var range = first.Translations.First(t => t.PublicPorts.Count > 1 && t.PublicPorts == t.TargetPorts);
        var other = range with { Guest = "other", PublicPorts = new(5010, 5020), TargetPorts = new(5010, 5020) };
        var guest = first.Guests[0] with { Guest = "other", Address = IPAddress.Parse("192.168.122.9") };
        var wanted = WantedRules.All(first with
        {
            Translations = [.. first.Translations, other with { Target = guest.Address }],
            Guests = [.. first.Guests, guest],
        });

        var (transaction, reason) = Run(place, wanted);
        await Assert.That(reason).Contains("File exists").And.Contains("5010-5020");
        await Assert.That((transaction.Died, transaction.HasOurs)).IsEqualTo((false, true));
        await Assert.That(place.Read().DifferencesFrom(WantedRules.All(first))).IsEmpty();
        await Assert.That(place.Read().Of(isIPv4: true).OwnSets.SelectMany(s => s.Elements)
            .All(e => e.Counters is not null || e.Element.Data.Length != 8)).IsTrue();
    }

    [Test]
    public async Task A_set_that_is_of_another_type_is_made_anew()
    {
        using var place = await NftPlace.Create("bookworm");
        await place.Apply(NftStories.Wanted("one forward"));
        await place.Run("""
            flush chain ip hookaot forwards
            delete map ip hookaot tcp_ports
            add map ip hookaot tcp_ports { type inet_service : ipv4_addr . inet_service ; }

            """);
        foreach (var rule in NftTables.Own(NftStories.Wanted("one forward").Translated, ipv4: true).Chains[0].Rules)
        {
            var hash = NftScript.Hash(rule);
            var other = rule.Replace("ip daddr . tcp", "tcp", StringComparison.Ordinal);
            await place.Run($"add rule ip hookaot forwards {other} comment \"{hash}\"\n");
        }

        var (_, error) = Run(place, NftStories.Wanted("one forward"));
        await Assert.That(error).IsNull();
        await Assert.That(place.Read().DifferencesFrom(NftStories.Wanted("one forward"))).IsEmpty();
    }

    [Test]
    public async Task An_nft_that_dies_of_a_newer_ones_set_is_an_outcome_of_its_own()
    {
        using var place = await NftPlace.Create("bookworm");
        var newer = await NftVersions.Of("trixie");
        await place.Network.Run($"'{newer}' -f -", SetOfANewerOne);

        var (transaction, error) = Run(place, NftStories.Wanted("one forward"));
        await Assert.That(transaction.Died).IsTrue();
        await Assert.That(error).Contains("was killed by signal 11").And.Contains("a newer nft");
        await Assert.That(place.Read().Of(isIPv4: true).HasOurs).IsFalse();

        await place.Network.Run($"'{newer}' delete table ip others");
        (transaction, error) = Run(place, NftStories.Wanted("one forward"));
        await Assert.That((error, transaction.Died)).IsEqualTo((null, false));
    }

    private static (NftTransaction Transaction, string? Error) Run(NftPlace place, WantedRules wanted)
    {
        var context = new StepContext(
            HostPaths.FromEnvironment(), -1, Deadline.In(Limits.All), HostState.Unknown, NullLogger.Instance);
        var transaction = new NftTransaction(context);
        var (error, refused) = place.Network.Within(() => transaction.Run(wanted));
        return (transaction, error ?? (refused.IsEmpty ? null : refused[0].Reason));
    }
}
