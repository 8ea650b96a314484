using System.Text.Json;
using HookAot.Config;

namespace HookAot.Host;

/// <summary>What came of a change.</summary>
/// <param name="Refusals">Why it was refused, a line each; nothing is written then.</param>
/// <param name="Before">The file before.</param>
/// <param name="After">The file after.</param>
internal sealed record ConfigChange(IReadOnlyList<string> Refusals, byte[] Before, byte[] After);

/// <summary>
/// Changes config.json so that a reader, a full disk or a crash at any moment finds the old file or the new one, and
/// two changes at once lose nothing. Owner, mode, access list and attributes are kept; a symlinked file is changed
/// where it lies.
/// </summary>
internal static class ConfigStore
{
    /// <summary>
    /// Applies edits in their order, and writes the file if the result is a configuration without new mistakes.
    /// </summary>
    /// <param name="paths">Where the file is, and root's lock.</param>
    /// <param name="edits">The edits.</param>
    /// <param name="dryRun">Do everything but write.</param>
    /// <param name="say">Takes what the user should know besides: for whom it waits, and warnings.</param>
    /// <exception cref="IOException">The file cannot be read or written.</exception>
    public static ConfigChange Change(
        HostPaths paths, IEnumerable<ConfigEdit> edits, bool dryRun, Action<string> say) =>
        Replace(paths, dryRun, say, (_, before) => Edited(paths, before, edits));

    /// <summary>Brings the file back as it was before the last change, which is kept in turn.</summary>
    /// <param name="paths">Where the file is, and root's lock.</param>
    /// <param name="dryRun">Do everything but write.</param>
    /// <param name="say">Takes what the user should know besides.</param>
    /// <exception cref="IOException">A file cannot be read or written.</exception>
    public static ConfigChange Undo(HostPaths paths, bool dryRun, Action<string> say) =>
        Replace(paths, dryRun, say, (directory, _) => directory.ReadBefore() is { } kept
            ? new(kept, [])
            : new(null, [$"{paths.Config}: no change of hookctrl's is kept that could be undone"]));

    /// <summary>Replaces the file by what a person has made of it.</summary>
    /// <param name="paths">Where the file is, and root's lock.</param>
    /// <param name="from">What it was made from: if the file is another one by now, nothing is written.</param>
    /// <param name="to">What it shall be.</param>
    /// <param name="dryRun">Do everything but write.</param>
    /// <param name="say">Takes what the user should know besides.</param>
    /// <exception cref="IOException">The file cannot be read or written.</exception>
    public static ConfigChange Exchange(
        HostPaths paths, byte[] from, byte[] to, bool dryRun, Action<string> say) =>
        Replace(paths, dryRun, say, (_, before) => before.AsSpan().SequenceEqual(from)
            ? new(to, [])
            : new(null, [$"{paths.Config} was changed meanwhile by another program"]));

    /// <summary>What shall be written, or why nothing shall.</summary>
    private sealed class Wish(byte[]? content, IReadOnlyList<string> refusals)
    {
        public byte[]? Content { get; } = content;

        public IReadOnlyList<string> Refusals { get; } = refusals;
    }

    private static ConfigChange Replace(
        HostPaths paths, bool dryRun, Action<string> say, Func<ConfigDirectory, byte[], Wish> wish)
    {
        using var directory = ConfigDirectory.Open(paths.Config);
        // A reader needs no lock: the file is replaced as a whole.
        using var held = dryRun ? null : Lock(paths, directory, say);

        var before = directory.Read();
        if (!dryRun) directory.RemoveLeftovers();

        var wanted = wish(directory, before);
        if (wanted.Content is not { } content) return new(wanted.Refusals, before, before);
        if (content.AsSpan().SequenceEqual(before)) return new([], before, before);
        var mistakes = NewMistakes(paths, before, content);
        if (mistakes.Count > 0) return new(mistakes, before, before);

        if (!dryRun) directory.Write(content, say);
        return new([], before, content);
    }

    private static Wish Edited(HostPaths paths, byte[] before, IEnumerable<ConfigEdit> edits)
    {
        try
        {
            var content = before;
            foreach (var edit in edits)
            {
                var result = ConfigEditor.Apply(content, edit);
                if (result.Refusal is { } refusal) return new(null, [refusal]);
                content = result.Content!;
            }

            return new(content, []);
        }
        catch (JsonException)
        {
            return new(null, Lines(ConfigReader.Read(before, paths.Config)));
        }
    }

    private static ConfigLock Lock(HostPaths paths, ConfigDirectory directory, Action<string> say) =>
        Libc.geteuid() == 0
            ? ConfigLock.Take(Path.Combine(paths.Run, "config.lock"), paths.Config, ConfigLock.Limit, say)
            : ConfigLock.Take(directory.Handle, paths.Config, ConfigLock.Limit, say);

    /// <summary>A mistake that was there before the edit is no reason to refuse it, wherever it stands now.</summary>
    private static List<string> NewMistakes(HostPaths paths, byte[] before, byte[] after)
    {
        var now = ConfigReader.Read(after, paths.Config);
        var mistakes = Lines(now);
        if (now.Config is { } config) mistakes.AddRange(ConfigDoubts.Problems(paths, config));
        if (mistakes.Count == 0 || before.Length == 0) return mistakes;

        var then = ConfigReader.Read(before, paths.Config);
        var known = Lines(then).Select(WithoutPlace).ToHashSet(StringComparer.Ordinal);
        if (then.Config is { } earlier) known.UnionWith(ConfigDoubts.Problems(paths, earlier));
        mistakes.RemoveAll(m => known.Contains(WithoutPlace(m)));
        return mistakes;
    }

    private static List<string> Lines(ConfigResult result) => [.. result.Errors.Select(e => e.ToString())];

    private static string WithoutPlace(string error)
    {
        var at = error.IndexOf(" error: ", StringComparison.Ordinal);
        return at < 0 ? error : error[at..];
    }
}
