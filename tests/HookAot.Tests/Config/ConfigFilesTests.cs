using HookAot.Config;
using HookAot.Model;

namespace HookAot.Tests.Config;

/// <summary>
/// Each file of "invalid" is a config with the fault that it is named after, and beside it what is said about it; each
/// file of "valid" is a config about which nothing is said. To add one: write the file, and run these tests with
/// HOOKAOT_ACCEPT=1 in the environment, which writes the expectation; read it.
/// </summary>
public sealed class ConfigFilesTests
{
    private static readonly string Folder = Repository.File("tests", "HookAot.Tests", "Config");

    private static readonly bool Accept = Environment.GetEnvironmentVariable("HOOKAOT_ACCEPT") == "1";

    public static IEnumerable<string> Invalid() => Names("invalid");

    public static IEnumerable<string> Valid() => Names("valid");

    [Test]
    [MethodDataSource(nameof(Invalid))]
    public async Task What_is_wrong_is_said_with_its_place(string name)
    {
        var expectation = Path.Combine(Folder, "invalid", name + ".expected");
        var said = Said(Path.Combine(Folder, "invalid", name + ".json"));
        if (Accept) await File.WriteAllTextAsync(expectation, said);

        var expected = File.Exists(expectation) ? await File.ReadAllTextAsync(expectation) : "(there is no such file)";
        await Assert.That(said).IsEqualTo(expected).Because(
            $"this is in {expectation}. If what is said now is right, run the tests with HOOKAOT_ACCEPT=1 in the "
            + $"environment, which writes it there. What is said now:\n{said}");
    }

    [Test]
    [MethodDataSource(nameof(Valid))]
    public async Task Nothing_is_said_about_a_valid_one(string name)
    {
        var result = Read(Path.Combine(Folder, "valid", name + ".json"));
        await Assert.That(string.Join('\n', result.Diagnostics)).IsEmpty().Because($"valid/{name}.json is valid");
        await Assert.That(result.Config).IsNotNull();
    }

    [Test]
    public async Task No_expectation_is_without_its_file()
    {
        var alone = Directory.EnumerateFiles(Path.Combine(Folder, "invalid"), "*.expected")
            .Where(e => !File.Exists(Path.ChangeExtension(e, ".json")));
        await Assert.That(alone).IsEmpty();
    }

    private static IEnumerable<string> Names(string folder) =>
        Directory.EnumerateFiles(Path.Combine(Folder, folder), "*.json")
            .Select(f => Path.GetFileNameWithoutExtension(f))
            .Order(StringComparer.Ordinal);

    private static ConfigResult Read(string path) => ConfigReader.Read(File.ReadAllBytes(path), "config.json");

    /// <summary>Every finding, and what is left of the config.</summary>
    private static string Said(string path)
    {
        var result = Read(path);
        var lines = result.Diagnostics.Select(d => d.ToString()).ToList();
        foreach (var machine in result.LeftOutMachines) lines.Add($"left out: machine {Shown(machine)}");
        foreach (var network in result.LeftOutNetworks) lines.Add($"left out: network {Shown(network)}");

        if (result.Config is not { } config)
        {
            lines.Add("nothing is in force");
        }
        else
        {
            foreach (var machine in config.Machines)
            {
                var ports = machine.Forwards.IsEmpty
                    ? "none"
                    : string.Join(", ", machine.Forwards.Select(f => $"{f.Public}:{f.Guest}"));
                lines.Add($"in force: machine {Shown(machine.Name)}, forwards {ports}");
            }

            foreach (var network in config.Networks)
                lines.Add($"in force: network {Shown(network.Name)} {network.Range}");
        }

        return string.Join('\n', lines) + "\n";
    }

    private static string Shown(string name) => Printable.Shown(name);
}
