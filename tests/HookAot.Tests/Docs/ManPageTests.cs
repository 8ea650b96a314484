using HookAot.Tests.Netns;

namespace HookAot.Tests.Docs;

/// <summary>The man pages in src/man say what the program does; scripts/man.sh writes them anew.</summary>
public sealed class ManPageTests
{
    [Test]
    public async Task They_are_what_the_program_says_of_itself()
    {
        foreach (var (name, page) in await ManPages.Make())
            await Accepted.Is(Repository.File("src", "man", name), page, nameof(ManPageTests));
    }

    [Test]
    [Arguments("hookctrl.8")]
    [Arguments("hookaot.8")]
    [Arguments("hookaot.json.5")]
    public async Task The_formatter_has_nothing_to_say_against_them(string name)
    {
        var page = Repository.File("src", "man", name);
        var checkedPage = await Tool.Run(["groff", "-man", "-ww", "-z", "-K", "utf8", page]);
        await Assert.That((checkedPage.ExitCode, checkedPage.Error)).IsEqualTo((0, ""));
    }
}
