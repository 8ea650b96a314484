namespace HookAot.Tests.Docs;

/// <summary>Files of the repository that say what the program says; HOOKAOT_ACCEPT=1 writes them anew.</summary>
internal static class Accepted
{
    private const string Variable = "HOOKAOT_ACCEPT";

    /// <summary>Compares a file with what it should be.</summary>
    /// <param name="file">Its path.</param>
    /// <param name="text">What it should be.</param>
    /// <param name="test">The test class, for the command that accepts the difference.</param>
    public static async Task Is(string file, string text, string test)
    {
        if (Environment.GetEnvironmentVariable(Variable) == "1") await File.WriteAllTextAsync(file, text);

        var accept = $"{Variable}=1 dotnet run --project tests/HookAot.Tests -c Release -- "
            + $"--treenode-filter '/*/*/{test}/*'";
        var accepted = File.Exists(file) ? await File.ReadAllTextAsync(file) : "";
        await Assert.That(text).IsEqualTo(accepted)
            .Because($"it is what {file} says. If the difference is meant, accept it with: {accept}");
    }
}
