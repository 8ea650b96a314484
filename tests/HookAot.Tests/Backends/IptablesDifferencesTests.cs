using System.Text;
using HookAot.Backends;
using HookAot.Rules;
using HookAot.Tests.Docs;
using HookAot.Tests.Fuzz;

namespace HookAot.Tests.Backends;

/// <summary>
/// What is said about rules of iptables that are not as they should be, as it was accepted: differences.txt. Each
/// line of a listing is taken out once, and each is doubled once.
/// </summary>
public sealed class IptablesDifferencesTests
{
    private static readonly WantedRules Wanted = ScriptTarget.Sample;

    [Test]
    public async Task Every_line_that_is_missing_or_doubled_is_said_as_it_was_accepted()
    {
        var text = new StringBuilder();
        foreach (var ipv4 in (bool[])[true, false])
        {
            var lines = Listing(ipv4).Split('\n');
            for (var i = 0; i < lines.Length; i++)
            {
                if (!lines[i].Contains("HOOKAOT", StringComparison.Ordinal)) continue;
                text.Append($"without {lines[i]}\n");
                Append(text, [.. lines[..i], .. lines[(i + 1)..]], ipv4);
                if (lines[i].StartsWith(':')) continue;
                text.Append("twice\n");
                Append(text, [.. lines[..i], lines[i], .. lines[i..]], ipv4);
            }
        }

        var file = Repository.File("tests", "HookAot.Tests", "Backends", "differences.txt");
        await Accepted.Is(file, text.ToString(), nameof(IptablesDifferencesTests));
    }

    [Test]
    public async Task What_nothing_needs_is_named_unless_it_has_to_stay()
    {
        var all = IptablesListing.Parse(Listing(ipv4: true));
        var said = all.DifferencesFrom(WantedRules.Nothing).Select(d => d.Message).ToList();
        await Assert.That(said).Contains("chain HOOKAOT-FWD is there, although nothing needs it (table filter)");
        await Assert.That(said).Contains("should not be there: -A PREROUTING -j HOOKAOT-DNAT (table nat)");

        const string Empty = "*filter\n:FORWARD DROP [0:0]\n:HOOKAOT-FWD - [0:0]\n";
        const string Kept = $"{Empty}:MINE - [0:0]\n[0:0] -A MINE -g HOOKAOT-FWD\n";
        await Assert.That(IptablesListing.Parse(Empty).DifferencesFrom(WantedRules.Nothing).Count()).IsEqualTo(1);
        await Assert.That(IptablesListing.Parse(Kept).DifferencesFrom(WantedRules.Nothing)).IsEmpty();
    }

    [Test]
    [Arguments("*filter\n:FORWARD DROP [0:0]\n", true)]
    [Arguments("*filter\n:FORWARD ACCEPT [0:0]\n", false)]
    [Arguments("*filter\n:INPUT DROP [0:0]\n", false)]
    [Arguments("*mangle\n:FORWARD DROP [0:0]\n", false)]
    public async Task What_no_rule_accepts_is_dropped_where_the_policy_says_so(string listing, bool drops) =>
        await Assert.That(IptablesListing.Parse(listing).ForwardDropsByDefault).IsEqualTo(drops);

    [Test]
    public async Task A_jump_behind_a_rule_of_another_program_is_not_at_the_head()
    {
        var listing = Listing(ipv4: true).Replace(
            "[0:0] -A FORWARD -j HOOKAOT-NET", "[0:0] -A FORWARD -j MINE\n[0:0] -A FORWARD -j HOOKAOT-NET",
            StringComparison.Ordinal);
        var said = IptablesListing.Parse(listing).DifferencesFrom(Wanted.OfFamily(ipv4: true));
        await Assert.That(said.Select(d => d.Message)).IsEquivalentTo([
            "not at the head of FORWARD: -A FORWARD -j HOOKAOT-NET is rule 3, " +
            "behind -A FORWARD -j MINE (table filter)"]);
    }

    [Test]
    public async Task What_is_there_of_ours_is_listed_with_the_places_of_its_jumps()
    {
        var text = Listing(ipv4: true).Replace(
            "[0:0] -A OUTPUT -j HOOKAOT-DNAT", "[0:0] -A OUTPUT -j MINE\n[0:0] -A OUTPUT -j HOOKAOT-DNAT",
            StringComparison.Ordinal);
        var contents = IptablesListing.Parse(text).Contents;
        await Assert.That(contents).Contains("PREROUTING -j HOOKAOT-DNAT 0").And.Contains("OUTPUT -j HOOKAOT-DNAT 1");
        await Assert.That(contents.Count(line => line.StartsWith("-A HOOKAOT-", StringComparison.Ordinal)))
            .IsEqualTo(text.Split('\n').Count(line => line.StartsWith("[3:180]", StringComparison.Ordinal)));
        await Assert.That(contents.Any(line => line.Contains("MINE", StringComparison.Ordinal))).IsFalse();
    }

    [Test]
    public async Task What_a_translation_has_counted_is_carried_into_the_next_script_and_nothing_else()
    {
        var wanted = Wanted.OfFamily(ipv4: true);
        var listing = IptablesListing.Parse(Listing(ipv4: true));
        var script = new IptablesAssumptions(wanted, listing.Plans(wanted), ipv4: true).Script;
        foreach (var (line, carried) in script.Zip(listing.CarriedInto(script)))
        {
            var expected = line.Translation is null ? line.Text : $"[3:180] {line.Text}";
            await Assert.That(carried.Text).IsEqualTo(expected);
        }
    }

    private static string Listing(bool ipv4) =>
        Encoding.UTF8.GetString(ScriptTarget.Listings().ElementAt(ipv4 ? 0 : 1));

    private static void Append(StringBuilder text, IEnumerable<string> lines, bool ipv4)
    {
        var wanted = Wanted.OfFamily(ipv4);
        foreach (var difference in IptablesListing.Parse(string.Join('\n', lines), ipv4).DifferencesFrom(wanted))
        {
            var stopped = wanted.Translated.Translations.Where(difference.Stops).Select(t => t.Describe()).Distinct();
            text.Append($"  {difference.Message} [{difference.Guest}]\n");
            foreach (var translation in stopped) text.Append($"    stops {translation}\n");
        }
    }
}
