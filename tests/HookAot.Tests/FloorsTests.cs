using System.Text.RegularExpressions;

namespace HookAot.Tests;

/// <summary>Dependencies point downwards only: Model, Config, Rules, Backends, Host, Applets.</summary>
public sealed partial class FloorsTests
{
    private static readonly string[] Floors = ["Model", "Config", "Rules", "Backends", "Host", "Applets"];

    [Test]
    public async Task No_file_uses_a_floor_above_its_own()
    {
        var source = Path.Combine(Root(), "src", "HookAot");
        foreach (var file in Directory.EnumerateFiles(source, "*.cs", SearchOption.AllDirectories))
        {
            var own = Array.IndexOf(Floors, Path.GetRelativePath(source, file).Split('/')[0]);
            if (own < 0) continue; // Program.cs, and what the build makes
            var above = Using().Matches(await File.ReadAllTextAsync(file)).Select(m => m.Groups[1].Value).Where(used => Array.IndexOf(Floors, used) > own);
            await Assert.That(above).IsEmpty().Because(file);
        }
    }

    [Test]
    public async Task Only_the_host_floor_touches_the_world()
    {
        var source = Path.Combine(Root(), "src", "HookAot");
        foreach (var file in Floors.TakeWhile(floor => floor != "Host").SelectMany(f => Directory.EnumerateFiles(Path.Combine(source, f), "*.cs")))
            await Assert.That(World().Matches(await File.ReadAllTextAsync(file)).Select(m => m.Value)).IsEmpty().Because(file);
    }

    private static string Root()
    {
        var directory = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(directory, "HookAot.sln"))) directory = Path.GetDirectoryName(directory)!;
        return directory;
    }

    [GeneratedRegex(@"\busing (?:static )?HookAot\.(\w+)|\bHookAot\.(?=Model|Config|Rules|Backends|Host|Applets)(\w+)")]
    private static partial Regex Using();

    [GeneratedRegex(@"\b(File|Directory|Process|Socket|Environment|Console|DateTime|DateTimeOffset|Random)\.\w+")]
    private static partial Regex World();
}
