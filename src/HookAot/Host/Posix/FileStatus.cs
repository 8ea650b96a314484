using System.Runtime.InteropServices;

namespace HookAot.Host;

/// <summary>
/// What the kernel says about a file, by statx(2), whose layout is the same on every architecture (linux/stat.h).
/// </summary>
internal readonly unsafe partial record struct FileStatus
{
    private const int StatxSize = 256;
    private const int CurrentDirectory = -100, NoFollow = 0x100, EmptyPath = 0x1000;
    private const uint BasicStats = 0x7ff;

    private FileStatus(byte* statx)
    {
        Links = *(uint*)(statx + 16);
        Owner = *(uint*)(statx + 20);
        Group = *(uint*)(statx + 24);
        Mode = *(ushort*)(statx + 28);
        Inode = *(ulong*)(statx + 32);
        Size = *(long*)(statx + 40);
        ChangedAt = *(long*)(statx + 96);
        DeviceMajor = *(uint*)(statx + 136);
        DeviceMinor = *(uint*)(statx + 140);
    }

    /// <summary>How many names it has.</summary>
    public uint Links { get; }

    /// <summary>The user that it belongs to.</summary>
    public uint Owner { get; }

    /// <summary>The group that it belongs to.</summary>
    public uint Group { get; }

    /// <summary>Its kind and permissions, as st_mode has them.</summary>
    public ushort Mode { get; }

    /// <summary>Its number on its device.</summary>
    public ulong Inode { get; }

    /// <summary>Its length in bytes; 0 for files of the kernel's, whatever is in them.</summary>
    public long Size { get; }

    /// <summary>When it was last changed, renamed or linked, in seconds since 1970.</summary>
    public long ChangedAt { get; }

    /// <summary>The device's number, upper part.</summary>
    public uint DeviceMajor { get; }

    /// <summary>The device's number, lower part.</summary>
    public uint DeviceMinor { get; }

    /// <summary>Whether it is a regular file.</summary>
    public bool IsRegular => (Mode & 0xf000) == 0x8000;

    /// <summary>Whether it is a symbolic link.</summary>
    public bool IsLink => (Mode & 0xf000) == 0xa000;

    /// <summary>Whether it is a directory.</summary>
    public bool IsDirectory => (Mode & 0xf000) == 0x4000;

    /// <summary>The permissions, set-user-id, set-group-id and sticky among them.</summary>
    public int Permissions => Mode & 0xfff;

    /// <summary>Whether a file in this directory can be renamed and deleted by its owner only, as in /tmp.</summary>
    public bool IsSticky => (Mode & 0x200) != 0;

    /// <summary>Whether its group may write it.</summary>
    public bool IsGroupWritable => (Mode & 0x10) != 0;

    /// <summary>Whether every user may write it.</summary>
    public bool IsWorldWritable => (Mode & 2) != 0;

    /// <summary>Whether it belongs to root or to the user who runs us.</summary>
    public bool IsTrusted => Owner == 0 || Owner == Libc.geteuid();

    /// <summary>Whether both are of the same file.</summary>
    public bool IsSameFile(FileStatus other) =>
        Inode == other.Inode && DeviceMajor == other.DeviceMajor && DeviceMinor == other.DeviceMinor;

    /// <summary>
    /// The status of an open file; null where the kernel does not say, <see cref="Libc.LastError"/> then says why.
    /// </summary>
    public static FileStatus? Of(int fd) => Ask(fd, "", EmptyPath);

    /// <summary>The status of the file behind a path; null as above.</summary>
    public static FileStatus? Of(string path) => Ask(CurrentDirectory, path, 0);

    /// <summary>The status of a link itself, or of a file that is none; null as above.</summary>
    public static FileStatus? OfLink(string path) => Ask(CurrentDirectory, path, NoFollow);

    /// <summary>The status of a file in an open directory; null as above.</summary>
    /// <param name="directory">The directory, or <see cref="Libc.AT_FDCWD"/>.</param>
    /// <param name="name">The name in it, or a path.</param>
    /// <param name="follow">Whether a link means the file that it leads to.</param>
    public static FileStatus? At(int directory, string name, bool follow) =>
        Ask(directory, name, follow ? 0 : NoFollow);

    private static FileStatus? Ask(int directory, string path, int flags)
    {
        var buffer = stackalloc byte[StatxSize];
        return statx(directory, path, flags, BasicStats, buffer) < 0 ? null : new FileStatus(buffer);
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int statx(int directory, string path, int flags, uint mask, byte* buffer);
}
