using System.Text.RegularExpressions;
using HookAot.Tests.Backends;
using HookAot.Tests.Netns;

namespace HookAot.Tests.Docs;

/// <summary>
/// The chapters in src/doc: the commands in them are run in network namespaces, their outputs and rules are real. A
/// block that needs what no test has begins with "# by hand: " and the reason.
/// </summary>
[Category("Netns")]
public sealed partial class ChapterTests
{
    private const int Columns = 80;

    private static readonly string[] Known = ["sh", "console", "json", "yaml", "text", "iptables", "log"];

    public static IEnumerable<string> Chapters() =>
        Directory.EnumerateFiles(Repository.File("src", "doc"), "*.md").Select(file => Path.GetFileName(file));

    private static Chapter Read(string name) =>
        name == "README.md" ? new Chapter(name) : new Chapter("src", "doc", name);

    [Test]
    [MethodDataSource(nameof(Chapters))]
    public async Task What_it_tells_to_type_works_and_answers_so(string name)
    {
        var chapter = Read(name);
        await using var world = await ReadmeTests.Running($$"""
            { "machines": { "web": { "private_ip": "{{World.AddressA}}", "port_map": [[8080, 80]] } } }
            """);
        using var watcher = world.AsIfWatched();
        var commands = await chapter.Run(world);
        var typed = chapter.Blocks("console").Any() || chapter.Commands().Any(Chapter.IsForHost);
        await Assert.That(commands > 0).IsEqualTo(typed);

        foreach (var line in chapter.Commands().Where(line => line.StartsWith("scripts/", StringComparison.Ordinal)))
            await Assert.That(File.Exists(Repository.File(line.Split(' ')[0]))).IsTrue().Because(line);
    }

    [Test]
    public async Task The_rules_of_how_it_works_are_the_ones_that_are_written()
    {
        var ruleset = Rulesets.Of("""
            {
                "public_ip": "192.168.0.166",
                "machines": { "web": { "private_ip": "192.168.122.2", "port_map": [["8080", "80"]] } }
            }
            """);
        var script = Rulesets.Script(ruleset);
        await Assert.That(Read("how-it-works.md").Blocks("iptables").Single()).IsEqualTo(script);
    }

    [Test]
    public async Task The_drawing_of_how_it_works_is_the_one_above_the_code()
    {
        var source = await File.ReadAllTextAsync(Repository.File("src", "HookAot", "Rules", "RulesetBuilder.cs"));
        var drawing = Blank().Replace(source, "");
        var lines = Chapter.Lines(Read("how-it-works.md").Blocks("text")).ToList();
        await Assert.That(lines).IsNotEmpty();
        foreach (var line in lines) await Assert.That(drawing).Contains(Blank().Replace(line, ""));
    }

    [Test]
    public async Task They_are_known_to_the_readme_and_what_they_point_to_exists()
    {
        var readme = Read("README.md");
        foreach (var name in Chapters()) await Assert.That(readme.Text).Contains($"(src/doc/{name})");

        foreach (var name in Chapters().Append("README.md"))
        {
            var folder = name == "README.md" ? Repository.Root : Repository.File("src", "doc");
            foreach (Match link in Link().Matches(Read(name).Text))
            {
                var file = Path.Combine(folder, link.Groups["file"].Value);
                await Assert.That(File.Exists(file)).IsTrue().Because($"{name} points to {link.Value}");
            }
        }
    }

    [Test]
    public async Task They_fit_80_columns_and_their_blocks_have_a_language()
    {
        foreach (var name in Chapters().Append("README.md"))
        {
            var chapter = Read(name);
            await Assert.That(chapter.Languages().Except(Known)).IsEmpty().Because(name);

            var prose = Code().Replace(chapter.Text, "").Split('\n');
            var wide = prose.Where(line => line.Length > Columns && !line.StartsWith('|') && !Web().IsMatch(line));
            await Assert.That(wide).IsEmpty().Because($"{name} is to be read in a terminal too");
        }
    }

    public static IEnumerable<string> Pictures() =>
        Directory.EnumerateFiles(Repository.File("src", "doc"), "*-light.svg").Select(file => Path.GetFileName(file));

    // The light picture and the dark one differ in their colours only.
    [Test]
    [MethodDataSource(nameof(Pictures))]
    public async Task The_picture_is_the_same_by_day_and_by_night(string name)
    {
        var dark = name.Replace("-light.", "-dark.", StringComparison.Ordinal);
        var byDay = await File.ReadAllTextAsync(Repository.File("src", "doc", name));
        var byNight = await File.ReadAllTextAsync(Repository.File("src", "doc", dark));
        await Assert.That(byNight).IsNotEqualTo(byDay);
        await Assert.That(Colour().Replace(byNight, "")).IsEqualTo(Colour().Replace(byDay, ""));
    }

    [GeneratedRegex(@"[\s─]")]
    private static partial Regex Blank();

    [GeneratedRegex(@"(\]\(|srcset=""|src="")(?<file>[^):""#]+)[)""]")]
    private static partial Regex Link();

    [GeneratedRegex(@"^ *```.*?^ *```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Code();

    [GeneratedRegex(@"^\S*https?://\S*$")]
    private static partial Regex Web();

    [GeneratedRegex("#[0-9a-f]{6}")]
    private static partial Regex Colour();
}
