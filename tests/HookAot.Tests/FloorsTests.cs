using System.Text.RegularExpressions;

namespace HookAot.Tests;

/// <summary>Dependencies point downwards only: Model, Config, Rules, Backends, Host, Applets.</summary>
public sealed partial class FloorsTests
{
    private static readonly string[] Floors = ["Model", "Config", "Rules", "Backends", "Host", "Applets"];

    private static readonly string Source = Repository.File("src", "HookAot");

    [Test]
    public async Task No_file_uses_a_floor_above_its_own()
    {
        for (var own = 0; own < Floors.Length; own++)
        {
            foreach (var file in FilesOf(Floors[own]))
            {
                var text = await File.ReadAllTextAsync(file);
                var used = Using().Matches(text).Select(match => match.Groups["floor"].Value);
                var above = used.Where(floor => Array.IndexOf(Floors, floor) > own);
                await Assert.That(above).IsEmpty().Because(file);
            }
        }
    }

    [Test]
    public async Task Only_the_host_floor_touches_the_world()
    {
        foreach (var file in Floors.TakeWhile(floor => floor != "Host").SelectMany(FilesOf))
        {
            var text = await File.ReadAllTextAsync(file);
            var touched = World().Matches(text).Select(match => match.Value);
            await Assert.That(touched).IsEmpty().Because(file);
        }
    }

    private static IEnumerable<string> FilesOf(string floor) =>
        Directory.EnumerateFiles(Path.Combine(Source, floor), "*.cs", SearchOption.AllDirectories);

    [GeneratedRegex(
        """
        \b using \s (static \s)? HookAot \. (?<floor> \w+)
        | \b HookAot \. (?<floor> Model | Config | Rules | Backends | Host | Applets)
        """,
        RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Using();

    [GeneratedRegex(@"\b(File|Directory|Process|Socket|Environment|Console|DateTime|DateTimeOffset|Random)\.\w+")]
    private static partial Regex World();
}
