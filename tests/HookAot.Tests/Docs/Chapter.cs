using System.Text.RegularExpressions;
using HookAot.Tests.Netns;

namespace HookAot.Tests.Docs;

/// <summary>A text for users, README.md or one of src/doc, and the blocks of code in it.</summary>
internal sealed partial class Chapter(params string[] path)
{
    /// <summary>The first line of a block that needs what no test has, and says so to its reader.</summary>
    private const string ByHand = "# by hand: ";

    /// <summary>Its name for messages.</summary>
    public string Name => path[^1];

    /// <summary>All of it.</summary>
    public string Text { get; } = File.ReadAllText(Repository.File(path));

    /// <summary>The blocks of a language, in their order; without the indentation of a list.</summary>
    public IEnumerable<string> Blocks(string language)
    {
        foreach (var (name, text) in All())
            if (name == language) yield return text;
    }

    /// <summary>The languages of all blocks; a block without one has the empty name.</summary>
    public IEnumerable<string> Languages() => All().Select(block => block.Language).Distinct();

    /// <summary>The lines of its shell blocks that are run by a test.</summary>
    public IEnumerable<string> Commands() =>
        Lines(Blocks("sh").Where(block => !block.StartsWith(ByHand, StringComparison.Ordinal)));

    /// <summary>The lines of blocks, without empty ones.</summary>
    public static IEnumerable<string> Lines(IEnumerable<string> blocks) =>
        blocks.SelectMany(block => block.Split('\n', StringSplitOptions.RemoveEmptyEntries));

    /// <summary>
    /// Runs what it tells a reader to type on a host, block by block. What a console block shows has to be what
    /// happens; a line "..." in it stands for any lines.
    /// </summary>
    /// <returns>How many commands there were.</returns>
    public async Task<int> Run(World world)
    {
        var count = 0;
        foreach (var (language, block) in All())
        {
            if (language == "console") count += await Session(world, block);
            if (language != "sh" || block.StartsWith(ByHand, StringComparison.Ordinal)) continue;

            foreach (var command in Lines([block]).Where(IsForHost))
            {
                var ended = await Type(world, command);
                var because = $"{Name}: {command}: {ended.Output}{ended.Error}";
                await Assert.That(ended.ExitCode).IsEqualTo(0).Because(because);
                count++;
            }
        }

        return count;
    }

    /// <summary>Not one of the repository, nor one that installs.</summary>
    public static bool IsForHost(string command) =>
        !command.StartsWith("scripts/", StringComparison.Ordinal) && !Installs().IsMatch(command);

    private async Task<int> Session(World world, string block)
    {
        var steps = Prompt().Split(block).Where(step => step.Length > 0).ToList();
        foreach (var step in steps)
        {
            var lines = step.Split('\n', 2);
            var (command, expected) = (lines[0], lines[1]);
            var ended = await Type(world, $"{command} 2>&1");
            var hooks = Path.Combine(world.Directory, "hooks");
            var shown = ended.Output.Replace(hooks, "/etc/libvirt/hooks", StringComparison.Ordinal);
            // An exact comparison shows where they differ; one with gaps cannot.
            if (!Matches(expected, shown)) await Assert.That(shown).IsEqualTo(expected).Because($"{Name}: {command}");
        }

        return steps.Count;
    }

    private static Task<Ended> Type(World world, string command)
    {
        string[] shell = [.. world.Host.Enter, "sh", "-euc", $"cd {world.Directory}; {command}"];
        return Tool.Run(shell, environment: world.HookEnvironment);
    }

    private static bool Matches(string expected, string shown)
    {
        var pattern = Regex.Escape(expected).Replace(@"\.\.\.\n", "(.*\n)*", StringComparison.Ordinal);
        return Regex.IsMatch(shown, $@"\A{pattern}\z");
    }

    private IEnumerable<(string Language, string Text)> All()
    {
        foreach (Match block in Fence().Matches(Text))
        {
            var indentation = block.Groups["indentation"].Value;
            var text = block.Groups["text"].Value;
            if (indentation.Length > 0)
                text = text.Replace($"\n{indentation}", "\n", StringComparison.Ordinal)[indentation.Length..];
            yield return (block.Groups["language"].Value, text);
        }
    }

    [GeneratedRegex(@"^(?<indentation> *)```(?<language>\w*)\n(?<text>.*?)^ *```$", Options)]
    private static partial Regex Fence();

    [GeneratedRegex(@"^# ", RegexOptions.Multiline)]
    private static partial Regex Prompt();

    [GeneratedRegex(@"^(dpkg|rpm|install|ln|\./install\.sh) ?")]
    private static partial Regex Installs();

    private const RegexOptions Options = RegexOptions.Multiline | RegexOptions.Singleline;
}
