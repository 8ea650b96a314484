using System.Globalization;
using HookAot.Host;

namespace HookAot.Tests.Host;

/// <summary>config.json as the hook reads it.</summary>
public sealed class ConfigFileTests : IDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("hookaot-config-").FullName;

    private HostPaths Paths => HostPaths.FromEnvironment() with
    {
        Config = Path.Combine(directory, "config.json"),
        Run = Path.Combine(directory, "run"),
    };

    public void Dispose() => Directory.Delete(directory, recursive: true);

    private async Task<ConfigFile> Read(string format, int mistakes)
    {
        var entries = string.Join(", ", Enumerable.Repeat("\"x\"", mistakes));
        await File.WriteAllTextAsync(Paths.Config, string.Format(CultureInfo.InvariantCulture, format, entries));
        return ConfigFile.Read(Paths);
    }

    [Test]
    [Arguments(1, 1)]
    [Arguments(20, 20)]
    [Arguments(21, 21)]
    [Arguments(500, 21)]
    public async Task The_log_gets_twenty_mistakes_and_the_number_of_the_others(int mistakes, int lines)
    {
        var config = await Read("{{ \"machines\": {{ \"a\": {{ \"port_map\": [{0}] }} }} }}", mistakes);
        await Assert.That(config.Errors.Length).IsEqualTo(mistakes);
        await Assert.That(config.ErrorsForLog.Length).IsEqualTo(lines);
        var shown = Math.Min(mistakes, 20);
        await Assert.That(config.ErrorsForLog[..shown]).IsEquivalentTo(config.Errors[..shown]);
        if (mistakes > 20)
        {
            await Assert.That(config.ErrorsForLog[^1]).IsEqualTo(
                $"{mistakes - 20} more mistakes in {Paths.Config}; 'hookctrl check' shows all of them");
        }
    }

    [Test]
    public async Task What_follows_from_a_broken_file_is_said_at_the_end()
    {
        var config = await Read("{{ \"public_ip\": [{0}] }}", 30);
        await Assert.That(config.Broken).IsTrue();
        await Assert.That(config.ErrorsForLog.Length).IsEqualTo(22);
        await Assert.That(config.ErrorsForLog[20]).StartsWith("10 more mistakes in ");
        await Assert.That(config.ErrorsForLog[21]).IsEqualTo("no forward is set up until it can be used");
    }

    [Test]
    public async Task Machines_and_networks_with_mistakes_are_told_apart()
    {
        const string machines = "\"machines\": {{ \"a\": {{ \"port_map\": [{0}] }} }}";
        const string format = "{{ " + machines + ", \"networks\": {{ \"b\": 1 }} }}";
        var config = await Read(format, 1);
        await Assert.That(config.LeftOutMachines).IsEquivalentTo(["a"]);
        await Assert.That(config.LeftOutNetworks).IsEquivalentTo(["b"]);
    }

    [Test]
    public async Task A_file_that_is_not_there_cannot_be_loaded() =>
        await Assert.That(() => ConfigFile.Load(Paths.Config)).Throws<FileNotFoundException>();
}
