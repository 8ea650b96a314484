using HookAot.Tests.Netns;

namespace HookAot.Tests.Docs;

/// <summary>The man pages in src/man say what the program does. HOOKAOT_WRITE_MAN=1 writes them anew (scripts/man.sh).</summary>
public sealed class ManPageTests
{
    [Test]
    public async Task They_are_what_the_program_says_of_itself()
    {
        foreach (var (name, page) in await ManPages.Make())
        {
            var file = Repository.File("src", "man", name);
            if (Environment.GetEnvironmentVariable("HOOKAOT_WRITE_MAN") == "1") await File.WriteAllTextAsync(file, page);
            await Assert.That(await File.ReadAllTextAsync(file)).IsEqualTo(page).Because("scripts/man.sh writes it anew");
        }
    }

    [Test]
    [Arguments("hookctrl.8")]
    [Arguments("config.json.5")]
    public async Task The_formatter_has_nothing_to_say_against_them(string name)
    {
        var checkedPage = await Tool.Run(["groff", "-man", "-ww", "-z", "-K", "utf8", Repository.File("src", "man", name)]);
        await Assert.That((checkedPage.ExitCode, checkedPage.Error)).IsEqualTo((0, ""));
    }
}
