using System.CommandLine;
using System.Text;
using HookAot.Applets.Hookctrl;
using HookAot.Tests.Netns;

namespace HookAot.Tests.Docs;

/// <summary>help.txt is all of hookctrl's help, as the published binary prints it.</summary>
public sealed class HelpTests
{
    [Test]
    public async Task All_of_help_is_as_it_was_accepted()
    {
        var text = new StringBuilder();
        await Append(text, []);
        foreach (var command in Commands([], HookctrlApplet.CommandLine())) await Append(text, [.. command, "--help"]);

        var file = Repository.File("tests", "HookAot.Tests", "Docs", "help.txt");
        await Accepted.Is(file, text.ToString(), nameof(HelpTests));
    }

    // The words of a command and of all that are below it.
    private static IEnumerable<string[]> Commands(string[] words, Command command)
    {
        yield return words;
        foreach (var child in command.Subcommands)
        {
            foreach (var below in Commands([.. words, child.Name], child)) yield return below;
        }
    }

    private static async Task Append(StringBuilder text, string[] arguments)
    {
        var ended = await Tool.Run([World.Binary, "hookctrl", .. arguments]);
        await Assert.That((ended.ExitCode, ended.Error)).IsEqualTo((0, ""));

        string[] words = ["hookctrl", .. arguments];
        text.Append($"==== {string.Join(' ', words)}\n\n{ended.Output.TrimEnd()}\n\n");
    }
}
