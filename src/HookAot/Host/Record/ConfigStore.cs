using System.Runtime.InteropServices;
using System.Text.Json;
using HookAot.Config;
using HookAot.Model;
using Microsoft.Win32.SafeHandles;

namespace HookAot.Host;

/// <summary>What came of a change.</summary>
/// <param name="Refusals">Why it was refused, a line each; nothing is written then.</param>
/// <param name="Before">The file before.</param>
/// <param name="After">The file after.</param>
internal sealed record ConfigChange(IReadOnlyList<string> Refusals, byte[] Before, byte[] After);

/// <summary>
/// Changes config.json so that a reader, a full disk or a crash at any moment finds the old file or the new one, and two changes at
/// once lose nothing. Owner and mode are kept; a symlinked file is changed where it lies.
/// </summary>
internal static class ConfigStore
{
    /// <summary>Applies edits in their order, and writes the file if the result is a configuration without new mistakes.</summary>
    /// <param name="path">The file.</param>
    /// <param name="edits">The edits.</param>
    /// <param name="dryRun">Do everything but write.</param>
    /// <exception cref="IOException">The file cannot be read or written.</exception>
    public static ConfigChange Change(string path, IEnumerable<ConfigEdit> edits, bool dryRun)
    {
        var file = (File.Exists(path) ? File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName : null) ?? Path.GetFullPath(path);
        var directory = Path.GetDirectoryName(file)!;
        // The directory itself is the lock: there is no file to leave behind.
        var fd = Libc.open(directory, Libc.O_RDONLY | Libc.O_CLOEXEC, 0);
        if (fd < 0) throw new IOException($"{directory} cannot be opened: {Libc.LastError()}");
        using var handle = new SafeFileHandle(fd, ownsHandle: true);
        if (Libc.flock(fd, Libc.LOCK_EX) < 0) throw new IOException($"{directory} cannot be locked: {Libc.LastError()}");

        var before = File.Exists(file) || Directory.Exists(file) ? SmallFile.Read(file, ConfigFile.MaxBytes) : [];
        var content = before;
        try
        {
            foreach (var edit in edits)
            {
                var result = ConfigEditor.Apply(content, edit);
                if (result.Refusal is { } refusal) return new([refusal], before, before);
                content = result.Content!;
            }
        }
        catch (JsonException)
        {
            return new(Errors(before, path), before, before);
        }

        var known = before.Length == 0 ? [] : Errors(before, path).Select(WithoutPlace).ToHashSet(StringComparer.Ordinal);
        var mistakes = Errors(content, path).Where(e => !known.Contains(WithoutPlace(e))).ToList();
        if (mistakes.Count > 0) return new(mistakes, before, before);
        if (!dryRun && !content.AsSpan().SequenceEqual(before)) Write(file, content, fd);
        return new([], before, content);
    }

    private static List<string> Errors(byte[] content, string path) =>
        [.. ConfigReader.Read(content, path).Diagnostics.Where(d => d.Severity == Severity.Error).Select(d => d.ToString())];

    // A mistake that was there before the edit is no reason to refuse it, wherever it stands now.
    private static string WithoutPlace(string error) => error[(error.IndexOf(" error: ", StringComparison.Ordinal) + 1)..];

    private static void Write(string file, byte[] content, int directoryFd)
    {
        var temporary = $"{file}.{Environment.ProcessId}.tmp";
        try
        {
            var mode = File.Exists(file) ? File.GetUnixFileMode(file) : UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
            using (var handle = File.OpenHandle(temporary, FileMode.Create, FileAccess.Write))
            {
                File.SetUnixFileMode(handle, mode);
                if (File.Exists(file) && Libc.Owner(file) is var (owner, group) && Libc.fchown((int)handle.DangerousGetHandle(), owner, group) < 0)
                    throw new IOException($"{temporary}: its owner cannot be set: {Libc.LastError()}");
                RandomAccess.Write(handle, content, 0);
                if (Libc.fsync((int)handle.DangerousGetHandle()) < 0) throw new IOException($"{temporary} cannot be written: {Libc.LastError()}");
            }

            File.Move(temporary, file, overwrite: true);
            _ = Libc.fsync(directoryFd); // the rename is in the directory; where it cannot be synced, it is still atomic
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }
}
