using System.Collections.Immutable;

namespace HookAot.Host;

/// <summary>
/// Events that no converge has included yet, a file each in /run/hookaot/events: whoever converges next takes them all,
/// and it need not be the hook that left one.
/// </summary>
internal static class EventSpool
{
    private const string TemporarySuffix = ".tmp";

    /// <summary>An event that waits.</summary>
    /// <param name="File">Its file; null: it could not be written, and is known to this process only.</param>
    /// <param name="Event">What it says; null if that is not understood.</param>
    internal readonly record struct Entry(string? File, HostEvent? Event);

    /// <summary>
    /// Leaves an event for the next converge. The name sorts by time: events of one guest never overlap, since libvirt
    /// waits for each.
    /// </summary>
    /// <param name="paths">Where the spool is.</param>
    /// <param name="told">The event.</param>
    /// <param name="problem">Why it cannot be written; null if it is.</param>
    /// <returns>The file, which is gone once a converge has included the event; null if there is none.</returns>
    public static string? Leave(HostPaths paths, HostEvent told, out string? problem)
    {
        var name = $"{System.Diagnostics.Stopwatch.GetTimestamp():d20}-{Environment.ProcessId}";
        var file = Path.Combine(paths.Events, name);
        problem = SmallFile.TryReplace(file, RecordJson.Bytes(told));
        return problem is null ? file : null;
    }

    /// <summary>The events that wait, oldest first.</summary>
    /// <param name="paths">Where the spool is.</param>
    /// <param name="own">An event that this process has left, which need not be read again.</param>
    /// <param name="problem">Why the spool cannot be listed; null if it can, or is not there.</param>
    public static ImmutableArray<Entry> Waiting(HostPaths paths, Entry? own, out string? problem)
    {
        problem = null;
        string[] files;
        try
        {
            if (!Directory.Exists(paths.Events)) return [];
            files = Directory.GetFiles(paths.Events);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            problem = e.Message;
            return [];
        }

        Array.Sort(files, StringComparer.Ordinal);
        var entries = ImmutableArray.CreateBuilder<Entry>();
        foreach (var file in files)
        {
            if (file.EndsWith(TemporarySuffix, StringComparison.Ordinal)) RemoveIfOld(file);
            else entries.Add(file == own?.File ? own.Value : new(file, Read(file)));
        }

        return entries.ToImmutable();
    }

    /// <summary>Whether an event waits that its own hook has given up, since it never got the lock.</summary>
    public static bool HasAbandoned(HostPaths paths)
    {
        var longest = TimeSpan.FromMilliseconds(Limits.All);
        foreach (var entry in Waiting(paths, own: null, out _))
        {
            if (entry.File is { } file && DateTime.UtcNow - File.GetLastWriteTimeUtc(file) > longest) return true;
        }

        return false;
    }

    /// <summary>Takes events away that a converge has included.</summary>
    public static void Remove(IEnumerable<Entry> entries)
    {
        foreach (var entry in entries)
        {
            if (entry.File is not null) _ = Libc.unlink(entry.File);
        }
    }

    private static HostEvent? Read(string file) =>
        SmallFile.TryRead(file, HostRecord.MaxBytes) is { } content ? RecordReader.Event(content) : null;

    // A hook that was killed while it wrote has left it. A minute is far more than writing takes.
    private static void RemoveIfOld(string file)
    {
        if (File.GetLastWriteTimeUtc(file) < DateTime.UtcNow.AddMinutes(-1)) _ = Libc.unlink(file);
    }
}
