using System.Text.Json;
using HookAot.Config;
using HookAot.Model;

namespace HookAot.Host;

/// <summary>What came of a change.</summary>
/// <param name="before">The file before.</param>
/// <param name="after">The file after.</param>
internal sealed class ConfigChange(byte[] before, byte[] after)
{
    public byte[] Before => before;

    public byte[] After => after;

    /// <summary>Why it was refused, a line each; nothing is written then.</summary>
    public IReadOnlyList<string> Refusals { get; init; } = [];

    /// <summary>What needed no change, and why, a line each.</summary>
    public List<string> Notes { get; } = [];

    /// <summary>Whether the file is another one now.</summary>
    public bool IsChange => !after.AsSpan().SequenceEqual(before);
}

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
    /// <param name="force">Whether forwards may take ports on which services of the host listen.</param>
    /// <param name="say">Takes what the user should know besides: for whom it waits, and warnings.</param>
    /// <exception cref="IOException">The file cannot be read or written.</exception>
    public static ConfigChange Change(
        HostPaths paths, IReadOnlyList<ConfigEdit> edits, bool dryRun, bool force, Action<string> say) =>
        Replace(paths, dryRun, say, (_, before) => Edited(paths, before, edits, force));

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

        public List<string> Notes { get; } = [];

        /// <summary>What of the same guests has a port already, should the file give it away twice.</summary>
        public List<string> Rivals { get; } = [];

        /// <summary>Whether services of the host may lose their ports.</summary>
        public bool Force { get; init; } = true;
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
        if (wanted.Content is not { } content) return Refused(before, wanted.Refusals);
        var change = new ConfigChange(before, content);
        change.Notes.AddRange(wanted.Notes);
        if (!change.IsChange) return change;
        var mistakes = NewMistakes(paths, change, wanted.Force);
        // Of a port that the guest has itself, the place in a file that is not written is no help.
        if (wanted.Rivals.Count > 0 && mistakes.RemoveAll(IsTaken) > 0) mistakes.InsertRange(0, wanted.Rivals);
        if (mistakes.Count > 0) return Refused(before, mistakes);

        if (!dryRun) directory.Write(content, say);
        return change;
    }

    private static Wish Edited(HostPaths paths, byte[] before, IReadOnlyList<ConfigEdit> edits, bool force)
    {
        var content = before;
        var (notes, rivals) = (new List<string>(), new List<string>());
        try
        {
            foreach (var edit in edits)
            {
                var result = ConfigEditor.Apply(content, edit);
                if (result.Refusal is { } refusal) return new(null, [refusal]);
                if (result.Note is { } note) notes.Add(note);
                if (result.Rival is { } rival) rivals.Add(rival);
                if (result.Note is null) content = result.Content!;
            }
        }
        catch (JsonException)
        {
            return new(null, Lines(ConfigReader.Read(before, paths.Config)));
        }

        var wish = new Wish(content, []) { Force = force };
        wish.Notes.AddRange(notes);
        wish.Rivals.AddRange(rivals);
        return wish;
    }

    private static bool IsTaken(string mistake) => mistake.Contains(PortConflicts.IsTaken, StringComparison.Ordinal);

    private static ConfigChange Refused(byte[] before, IReadOnlyList<string> why) =>
        new(before, before) { Refusals = why };

    private static ConfigLock Lock(HostPaths paths, ConfigDirectory directory, Action<string> say) =>
        Libc.geteuid() == 0
            ? ConfigLock.Take(Path.Combine(paths.Run, "config.lock"), paths.Config, ConfigLock.Limit, say)
            : ConfigLock.Take(directory.Handle, paths.Config, ConfigLock.Limit, say);

    /// <summary>A mistake that was there before the edit is no reason to refuse it, wherever it stands now.</summary>
    private static List<string> NewMistakes(HostPaths paths, ConfigChange change, bool force)
    {
        var now = ConfigFile.Parse(change.After, paths.Config);
        var mistakes = Lines(now);
        if (now.Config is { } config) mistakes.AddRange(ConfigDoubts.Problems(paths, config));
        var then = ConfigFile.Parse(change.Before, paths.Config);
        if (mistakes.Count > 0 && change.Before.Length > 0)
        {
            var known = Lines(then).Select(WithoutPlace).ToHashSet(StringComparer.Ordinal);
            if (then.Config is { } earlier) known.UnionWith(ConfigDoubts.Problems(paths, earlier));
            mistakes.RemoveAll(m => known.Contains(WithoutPlace(m)));
        }

        if (force || now.Config is null) return mistakes;
        foreach (var port in HostPort.NewlyTaken(paths, then, now)) mistakes.Add(port.Refusal);
        return mistakes;
    }

    private static List<string> Lines(ConfigResult result) => [.. result.Errors.Select(e => e.ToString())];

    private static string WithoutPlace(string error)
    {
        var at = error.IndexOf(" error: ", StringComparison.Ordinal);
        return at < 0 ? error : error[at..];
    }
}
