namespace HookAot.Host;

/// <summary>What the kernel says about a file.</summary>
/// <param name="Owner">The owner's user id.</param>
/// <param name="Group">The group's id.</param>
/// <param name="Mode">Type and permissions, as in st_mode.</param>
/// <param name="Links">How many names it has.</param>
/// <param name="Device">The number of the file system, major and minor.</param>
/// <param name="Inode">Its number in the file system.</param>
internal readonly record struct FileStatus(
    uint Owner, uint Group, int Mode, uint Links, (uint Major, uint Minor) Device, ulong Inode)
{
    // linux/stat.h
    private const int TypeMask = 0xF000, Regular = 0x8000, Folder = 0x4000;
    private const int Sticky = 0x200, GroupWrite = 0x10, OthersWrite = 2;

    /// <summary>Whether it is a regular file.</summary>
    public bool IsRegular => (Mode & TypeMask) == Regular;

    /// <summary>Whether it is a directory.</summary>
    public bool IsDirectory => (Mode & TypeMask) == Folder;

    /// <summary>The permissions, set-user-id, set-group-id and sticky among them.</summary>
    public int Permissions => Mode & 0xFFF;

    /// <summary>Whether a file in this directory can be renamed and deleted by its owner only, as in /tmp.</summary>
    public bool IsSticky => (Mode & Sticky) != 0;

    /// <summary>Whether its group may write it.</summary>
    public bool IsGroupWritable => (Mode & GroupWrite) != 0;

    /// <summary>Whether every user may write it.</summary>
    public bool IsWorldWritable => (Mode & OthersWrite) != 0;

    /// <summary>Whether it belongs to root or to the user who runs us.</summary>
    public bool IsTrusted => Owner == 0 || Owner == Libc.geteuid();
}
