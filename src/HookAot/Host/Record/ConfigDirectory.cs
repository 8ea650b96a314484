using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace HookAot.Host;

/// <summary>
/// The directory that really holds config.json, kept open: the file is read, written and replaced within it by
/// descriptor, so that nobody can put a link in the way between two steps.
/// </summary>
internal sealed class ConfigDirectory : IDisposable
{
    /// <summary>What follows the config's name in that of the file before the last change.</summary>
    public const string BeforeSuffix = ".before";

    private const string Suffix = ".hookctrl";
    private const int RandomDigits = 8;
    private const uint NewFileMode = 0x1A4; // 0644
    private const int OwnerOnly = 0x180; // 0600

    private readonly string path;
    private readonly string name;
    private readonly string config;
    private SafeFileHandle? current;

    private ConfigDirectory(int fd, string path, string name, string config)
    {
        Handle = new SafeFileHandle(fd, ownsHandle: true);
        (this.path, this.name, this.config) = (path, name, config);
    }

    /// <summary>The directory.</summary>
    public SafeFileHandle Handle { get; }

    /// <summary>Opens it.</summary>
    /// <param name="config">The file, which may be a link and need not be there yet.</param>
    /// <exception cref="IOException">
    /// It cannot be opened, or a user who is neither root nor ours could exchange the file.
    /// </exception>
    public static ConfigDirectory Open(string config)
    {
        var file = Path.GetFullPath(config);
        if (new FileInfo(file).LinkTarget is not null)
            file = File.ResolveLinkTarget(file, returnFinalTarget: true)!.FullName;

        var path = Path.GetDirectoryName(file)!;
        var fd = Libc.open(path, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_CLOEXEC, 0);
        if (fd < 0) throw new IOException($"{path} cannot be opened: {Libc.LastError()}");

        var directory = new ConfigDirectory(fd, path, Path.GetFileName(file), config);
        try
        {
            directory.CheckOwner();
            return directory;
        }
        catch
        {
            directory.Dispose();
            throw;
        }
    }

    /// <summary>Reads the file, and remembers what it is like.</summary>
    /// <returns>Its content; empty if there is none.</returns>
    /// <exception cref="IOException">It cannot be read.</exception>
    public byte[] Read()
    {
        current?.Dispose();
        current = OpenFile(name, config);
        return current is null ? [] : SmallFile.Read(current, config, ConfigFile.MaxBytes);
    }

    /// <summary>Reads the file as it was before the last change; null if nothing was kept.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public byte[]? ReadBefore()
    {
        using var kept = OpenFile(name + BeforeSuffix, config + BeforeSuffix);
        return kept is null ? null : SmallFile.Read(kept, config + BeforeSuffix, ConfigFile.MaxBytes);
    }

    private SafeFileHandle? OpenFile(string file, string shown)
    {
        var flags = Libc.O_RDONLY | Libc.O_NOFOLLOW | Libc.O_NONBLOCK | Libc.O_CLOEXEC;
        var fd = Libc.openat(Handle, file, flags, 0);
        if (fd >= 0) return new SafeFileHandle(fd, ownsHandle: true);
        if (Marshal.GetLastPInvokeError() == Libc.ENOENT) return null;
        throw new IOException($"{shown} cannot be read: {Libc.LastError()}");
    }

    /// <summary>
    /// Replaces the file in one step. Owner, mode, access list and attributes stay as <see cref="Read"/> found them.
    /// </summary>
    /// <param name="content">The new content.</param>
    /// <param name="say">Takes warnings.</param>
    /// <exception cref="IOException">It cannot be written; the old file is still there.</exception>
    public void Write(byte[] content, Action<string> say)
    {
        var (temporary, file) = Create();
        try
        {
            using (file)
            {
                Fill(file, content);
                Resemble(file, say);
                if (Libc.fsync(file) < 0) throw Failure("cannot be written");
            }

            KeepBefore();
            if (Libc.renameat(Handle, temporary, Handle, name) < 0) throw Failure("cannot be replaced");
        }
        catch
        {
            _ = Libc.unlinkat(Handle, temporary, 0);
            throw;
        }

        _ = Libc.fsync(Handle); // the rename is in the directory; where it cannot be synced, it is still atomic
    }

    /// <summary>
    /// Keeps the file as it is under a second name, for undo: the file itself, with its owner and mode. Where the file
    /// system has no hard links nothing is kept.
    /// </summary>
    private void KeepBefore()
    {
        if (current is null) return;
        var kept = name + BeforeSuffix;
        _ = Libc.unlinkat(Handle, kept, 0);
        _ = Libc.linkat(Handle, name, Handle, kept, 0);
    }

    /// <summary>
    /// Removes what edits that were killed have left: regular files with exactly the name that <see cref="Write"/>
    /// gives them, with no other name, and of ours. Only under the lock, where nobody is writing one.
    /// </summary>
    public void RemoveLeftovers()
    {
        var owner = current is null ? null : Libc.Status(current)?.Owner;
        foreach (var entry in Directory.EnumerateFileSystemEntries(path))
        {
            var found = Path.GetFileName(entry);
            if (!IsTemporary(found)) continue;

            var status = FileStatus.At((int)Handle.DangerousGetHandle(), found, follow: false);
            if (status is not { IsRegular: true, Links: 1 } file) continue;
            var isOurs = file.Owner == Libc.geteuid() || file.Owner == owner;
            if (isOurs) _ = Libc.unlinkat(Handle, found, 0);
        }
    }

    /// <summary>Closes it, which ends a lock on it as well.</summary>
    public void Dispose()
    {
        current?.Dispose();
        Handle.Dispose();
    }

    /// <summary>
    /// The user to whom a directory belongs can exchange every file in it, and so can every user who may write there,
    /// unless it is sticky as /tmp is. Its group may write: many users have a group of their own, with umask 002.
    /// </summary>
    private void CheckOwner()
    {
        if (Libc.Status(Handle) is not { } status) throw Failure("cannot be looked at");

        var holder = $"{config} is not changed: {path}";
        if (!status.IsTrusted)
        {
            var expected = Libc.geteuid() == 0 ? "to root" : "to root or to you";
            throw new IOException(
                $"{holder} belongs to the user {status.Owner}, who could put another file in its place; "
                + $"expected a directory that belongs {expected}: move the file to one");
        }

        if (status.IsWorldWritable && !status.IsSticky)
        {
            throw new IOException(
                $"{holder} may be written by every user, who could put another file in its place; chmod o-w {path}");
        }
    }

    private unsafe (string Name, SafeFileHandle File) Create()
    {
        var random = stackalloc byte[RandomDigits / 2];
        while (true)
        {
            if (Libc.getrandom(random, RandomDigits / 2, 0) < RandomDigits / 2) throw Failure("cannot be written");
            var digits = Convert.ToHexStringLower(new ReadOnlySpan<byte>(random, RandomDigits / 2));

            var temporary = $".{name}.{digits}{Suffix}";
            var flags = Libc.O_WRONLY | Libc.O_CREAT | Libc.O_EXCL | Libc.O_NOFOLLOW | Libc.O_CLOEXEC;
            var fd = Libc.openat(Handle, temporary, flags, OwnerOnly);
            if (fd >= 0) return (temporary, new SafeFileHandle(fd, ownsHandle: true));
            if (Marshal.GetLastPInvokeError() != Libc.EEXIST) throw Failure("cannot be written");
        }
    }

    private bool IsTemporary(string found)
    {
        var prefix = $".{name}.";
        if (found.Length != prefix.Length + RandomDigits + Suffix.Length) return false;
        if (!found.StartsWith(prefix, StringComparison.Ordinal)) return false;
        if (!found.EndsWith(Suffix, StringComparison.Ordinal)) return false;

        foreach (var digit in found.AsSpan(prefix.Length, RandomDigits))
            if (!char.IsAsciiHexDigitLower(digit)) return false;
        return true;
    }

    private void Fill(SafeFileHandle file, byte[] content)
    {
        try
        {
            RandomAccess.Write(file, content, 0);
        }
        catch (IOException e)
        {
            throw new IOException($"{config} cannot be written: {e.Message}", e);
        }
    }

    /// <summary>Makes a new file like the current one. The mode comes last: an access list changes it.</summary>
    private void Resemble(SafeFileHandle file, Action<string> say)
    {
        var mode = NewFileMode;
        if (current is not null && Libc.Status(current) is { } old)
        {
            if (Libc.fchown(file, old.Owner, old.Group) < 0) throw Failure("cannot keep its owner");
            ExtendedAttributes.Copy(current, file, config, say);
            mode = (uint)old.Permissions;
        }

        if (Libc.fchmod(file, mode) < 0) throw Failure("cannot keep its mode");
    }

    private IOException Failure(string what)
    {
        var why = Libc.LastError();
        var isDenied = Libc.LastErrorNumber == Libc.EACCES;
        return new($"{config} {what}: {why}{(isDenied && Libc.geteuid() != 0 ? "; try again with sudo" : "")}");
    }
}
