using System.Text.RegularExpressions;

namespace HookAot.Tests.Docs;

/// <summary>
/// src/README.md names only what exists: each word in backquotes that looks like a file (`Host/Record/HostLock.cs`) or
/// a folder (`Host/Record/`). It may leave out the folders above: what it names is anywhere below src/HookAot, or where
/// the repository has it. Absolute paths are those of a host.
/// </summary>
public sealed partial class SourceReadmeTests
{
    private static readonly string Source = Repository.File("src", "HookAot");

    [Test]
    public async Task It_names_only_files_that_exist()
    {
        var readme = Repository.File("src", "README.md");
        await Assert.That(File.Exists(readme)).IsTrue().Because($"{readme} is missing; it is the way into the code");

        var named = Named().Matches(await File.ReadAllTextAsync(readme)).Select(match => match.Groups["path"].Value);
        var missing = named.Distinct().Where(path => !Exists(path)).ToList();
        await Assert.That(missing).IsEmpty()
            .Because($"{readme} names these, and they are neither below {Source} nor in the repository");
    }

    private static bool Exists(string path)
    {
        if (Path.Exists(Repository.File(path))) return true;

        var end = "/" + path.TrimEnd('/');
        var below = Directory.EnumerateFileSystemEntries(Source, "*", SearchOption.AllDirectories);
        return below.Any(entry => entry.EndsWith(end, StringComparison.Ordinal));
    }

    // A name without a folder is a file of the repository only if it is one of code: config.json is the user's.
    [GeneratedRegex(@"`(?<path>[\w.-]+\.(?:cs|sh|c)|(?:[\w.-]+/)+(?:[\w.-]+\.\w+)?)`")]
    private static partial Regex Named();
}
