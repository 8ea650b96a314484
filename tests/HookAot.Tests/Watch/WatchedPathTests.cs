using HookAot.Host;

namespace HookAot.Tests.Watch;

/// <summary>Every name on the way to a file: whichever changes, the file is another since.</summary>
public sealed class WatchedPathTests
{
    [Test]
    // What the script makes in its directory D, the path below it, and the names in their directories on the way.
    [Arguments("mkdir a; touch a/f", "a/f", "D: D/a: D/a:f")]
    [Arguments("mkdir a", "a/f", "D: D/a: D/a:f")]
    [Arguments("", "a/b/f", "D: D:a")]
    [Arguments("touch a", "a/f", "D: D:a")]
    [Arguments("mkdir r; touch r/f; ln -s r a", "a/f", "D: D:a D/r: D/r:f")]
    [Arguments("mkdir -p r/s a; touch r/s/f; ln -s ../r/s/f a/f", "a/f", "D: D/a: D/a:f D/r: D/r/s: D/r/s:f")]
    [Arguments("mkdir -p r/s; touch r/f; ln -s r/s a", "a/../f", "D: D:a D/r: D/r/s: D/r:f")]
    [Arguments("ln -s b a; ln -s missing b", "a", "D: D:a D:b D:missing")]
    [Arguments("mkdir a; ln -s ./../a/./f a/g; touch a/f", "a//./g", "D: D/a: D/a:g D/a: D/a:f")]
    public async Task The_way_follows_links_and_ends_where_a_name_is_missing(string script, string path, string way)
    {
        using var directory = await Made(script);
        var found = new WatchedPath(Path.Combine(directory.Path, path), Change.Config).Way();
        await Assert.That(Words(directory, found)).IsEqualTo(way);
    }

    [Test]
    public async Task An_absolute_link_begins_at_the_root()
    {
        using var directory = await Made("mkdir r; touch r/f; ln -s $PWD/r/f a");
        var found = new WatchedPath(Path.Combine(directory.Path, "a"), Change.Config).Way();
        await Assert.That(found.Count(w => w == (directory.Path, ""))).IsEqualTo(2);
        await Assert.That(found[^1]).IsEqualTo((Path.Combine(directory.Path, "r"), "f"));
    }

    [Test]
    [Arguments("ln -s a a", "a")]
    [Arguments("ln -s b a; ln -s a b", "a/f")]
    [Arguments("ln -s a/x a", "a")]
    public async Task A_loop_of_links_ends(string script, string path)
    {
        using var directory = await Made(script);
        var found = new WatchedPath(Path.Combine(directory.Path, path), Change.Config).Way();
        await Assert.That(found.Count).IsBetween(2, 60);
        await Assert.That(found).Contains((directory.Path, "a"));
    }

    [Test]
    public async Task In_a_directory_names_of_a_kind_matter_once_it_is_there()
    {
        using var directory = await Made("mkdir leases");
        var leases = Path.Combine(directory.Path, "leases");
        var found = new WatchedPath(leases, Change.Leases, ".status").Way();
        await Assert.That(found[^1]).IsEqualTo((leases, "*.status"));
        Directory.Delete(leases);
        found = new WatchedPath(leases, Change.Leases, ".status").Way();
        await Assert.That(found[^1]).IsEqualTo((directory.Path, "leases"));
    }

    private static string Words(Temporary directory, IReadOnlyList<(string Directory, string Name)> way)
    {
        var inside = way.Where(w => w.Directory.StartsWith(directory.Path, StringComparison.Ordinal));
        return string.Join(' ', inside.Select(w => $"D{w.Directory[directory.Path.Length..]}:{w.Name}"));
    }

    private static async Task<Temporary> Made(string script)
    {
        var directory = new Temporary();
        await Netns.Tool.Succeed(["sh", "-euc", $"cd {directory.Path}; {script}"]);
        return directory;
    }

    private sealed class Temporary : IDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory("hookaot-way-").FullName;

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
