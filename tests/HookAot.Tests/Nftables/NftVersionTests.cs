using HookAot.Backends;

namespace HookAot.Tests.Nftables;

/// <summary>What we print, given to the nft of three Debian releases, and read back from the kernel.</summary>
[Category("Netns")]
public sealed class NftVersionTests
{
    [Test]
    [Arguments("bullseye")]
    [Arguments("bookworm")]
    [Arguments("trixie")]
    public async Task Every_story_is_taken_is_there_as_wanted_and_twice_is_once(string suite)
    {
        using var place = await NftPlace.Create(suite);
        var before = await place.List();
        var problems = new List<string>();
        foreach (var story in NftStories.Names)
        {
            var wanted = NftStories.Wanted(story);
            try
            {
                await place.Apply(wanted);
                problems.AddRange(place.Read().DifferencesFrom(wanted).Select(d => $"{story}: {d.Message}"));
                if (place.ScriptFor(wanted) is { Length: > 0 } again) problems.Add($"{story}: again: {again}");
            }
            catch (InvalidOperationException e)
            {
                problems.Add($"{story}: {e.Message}");
            }

            await place.Apply(WantedRules.Nothing);
            if (await place.List() is var after && after != before) problems.Add($"{story} leaves {after}");
        }

        await Assert.That(problems).IsEmpty();
    }

    [Test]
    [Arguments("bullseye")]
    [Arguments("bookworm")]
    [Arguments("trixie")]
    public async Task By_difference_is_the_same_as_anew(string suite)
    {
        using var place = await NftPlace.Create(suite);
        var anew = new Dictionary<string, string>();
        foreach (var story in NftStories.Names)
        {
            await place.Apply(NftStories.Wanted(story));
            anew[story] = place.Contents();
            await place.Apply(WantedRules.Nothing);
        }

        foreach (var from in NftStories.Names)
        {
            foreach (var to in NftStories.Names)
            {
                await place.Apply(NftStories.Wanted(from));
                await place.Apply(NftStories.Wanted(to));
                await Assert.That(place.Contents()).IsEqualTo(anew[to]).Because($"{from} to {to}");
            }
        }
    }
}
