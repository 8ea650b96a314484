using HookAot.Backends;

namespace HookAot.Tests.Nftables;

/// <summary>
/// libvirt reads the listing of its table line by line (src/network/network_nftables.c), and must find in it what it
/// finds without us.
/// </summary>
[Category("Netns")]
public sealed class LibvirtTableTests
{
    [Test]
    [Arguments("bullseye")]
    [Arguments("bookworm")]
    [Arguments("trixie")]
    public async Task Libvirt_reads_its_table_with_us_in_it(string suite)
    {
        using var place = await NftPlace.Create(suite);
        foreach (var family in (string[])["ip", "ip6"])
        {
            var before = Read(await place.List($"table {family} libvirt_network"), family);
            await Assert.That(before.Chains).Contains("forward").And.DoesNotContain("hookaot");
            foreach (var story in NftStories.Names)
            {
                await place.Apply(NftStories.Wanted(story));
                var listing = await place.List($"table {family} libvirt_network");
                var (chains, jumps) = Read(listing, family);
                await Assert.That(chains.Except(["hookaot"])).IsEquivalentTo(before.Chains).Because(listing);
                await Assert.That(jumps.Except(["hookaot"])).IsEquivalentTo(before.Jumps).Because(listing);
                await Assert.That(jumps.Count(j => j == "hookaot")).IsEqualTo(chains.Count(c => c == "hookaot"));
            }

            await place.Apply(WantedRules.Nothing);
        }
    }

    [Test]
    public async Task Names_of_guests_do_not_get_into_libvirts_table()
    {
        using var place = await NftPlace.Create("bookworm");
        await place.Apply(NftStories.Wanted("names that could mean something"));
        await Assert.That(await place.List("table ip hookaot")).Contains("mark").And.Contains("jump_guest_input");
        await Assert.That(await place.List("table ip libvirt_network"))
            .DoesNotContain("mark").And.DoesNotContain("jump_guest").And.Contains("192.168.122.5");
    }

    /// <summary>
    /// The three rules: the first line is exactly the table's, a line that begins with "chain " names one up to the
    /// next space, and of any other the rest behind "jump " is a chain's name.
    /// </summary>
    private static (List<string> Chains, List<string> Jumps) Read(string listing, string family)
    {
        const string Chain = "chain ", Jump = "jump ";
        var lines = listing.Split('\n');
        if (lines[0] != $"table {family} libvirt_network {{") throw new InvalidDataException(lines[0]);

        var (chains, jumps) = (new List<string>(), new List<string>());
        foreach (var line in lines.Select(l => l.TrimStart()))
        {
            if (line.StartsWith(Chain, StringComparison.Ordinal)) chains.Add(line[Chain.Length..].Split(' ')[0]);
            else if (line.LastIndexOf(Jump, StringComparison.Ordinal) is var at and >= 0) jumps.Add(line[(at + 5)..]);
        }

        return (chains, jumps);
    }
}
