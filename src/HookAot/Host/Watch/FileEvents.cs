using System.Buffers.Binary;
using System.Text;

namespace HookAot.Host;

/// <summary>
/// Files that are written, replaced or deleted (inotify(7)). Not the files themselves are watched but the directories
/// on the way to them, since an editor puts a new file in the place of the old one.
/// </summary>
internal sealed unsafe class FileEvents : WatchSource
{
    private const int EventSize = 16; // struct inotify_event, without the name
    private const uint Written = 0x8, MovedFrom = 0x40, MovedTo = 0x80, Made = 0x100, Deleted = 0x200; // IN_*
    private const uint OnlyDirectories = 0x1000000;
    private const uint Overflow = 0x4000, Ignored = 0x8000;
    private const uint Contents = Written | MovedFrom | MovedTo | Made | Deleted;
    private const uint Itself = 0x400 | 0x800; // IN_DELETE_SELF, IN_MOVE_SELF
    private const uint InAddition = 0x20000000; // IN_MASK_ADD

    private readonly Dictionary<int, List<(string Name, Change Means)>> names = [];
    private readonly byte[] buffer = new byte[16 * 1024];
    private IReadOnlyList<WatchedPath> paths = [];

    /// <summary>Watches nothing yet.</summary>
    /// <exception cref="IOException">There are no descriptors left, for one.</exception>
    public FileEvents()
    {
        Fd = Libc.inotify_init1(Libc.O_NONBLOCK | Libc.O_CLOEXEC);
        if (Fd < 0) throw new IOException($"no inotify: {Libc.LastError()}");
    }

    /// <inheritdoc/>
    public override int Fd { get; }

    /// <summary>Watches these paths from now on, and no others.</summary>
    /// <returns>Why some of them cannot be watched; null if all can.</returns>
    public string? Watch(IReadOnlyList<WatchedPath> wanted)
    {
        paths = wanted;
        return Arm();
    }

    /// <inheritdoc/>
    public override void Drain(Changes changes)
    {
        var moved = false;
        while (Descriptor.Read(Fd, buffer) is > 0 and var length) moved |= Read(buffer.AsSpan(0, length), changes);
        // A name on the way may lead elsewhere now. What comes there between the event and this is seen by the look
        // that follows.
        if (moved) _ = Arm();
    }

    private bool Read(ReadOnlySpan<byte> events, Changes changes)
    {
        var moved = false;
        while (events.Length >= EventSize)
        {
            var watch = BinaryPrimitives.ReadInt32LittleEndian(events);
            var mask = BinaryPrimitives.ReadUInt32LittleEndian(events[4..]);
            var size = BinaryPrimitives.ReadUInt32LittleEndian(events[12..]);
            var length = (int)Math.Min(size, events.Length - EventSize);
            var name = events.Slice(EventSize, length).TrimEnd((byte)0);
            if ((mask & Overflow) != 0) changes.Add(Change.Everything);
            moved |= (mask & (Overflow | Ignored)) != 0 || Means(watch, name, changes);
            events = events[(EventSize + length)..];
        }

        return moved;
    }

    private bool Means(int watch, ReadOnlySpan<byte> name, Changes changes)
    {
        if (!names.TryGetValue(watch, out var watched)) return false;
        var text = Encoding.UTF8.GetString(name);
        var means = Change.None;
        foreach (var (wanted, change) in watched)
        {
            var fits = wanted.StartsWith('*')
                ? text.EndsWith(wanted[1..], StringComparison.Ordinal)
                : text == wanted;
            if (fits) means |= change;
        }

        changes.Add(means);
        return means != Change.None;
    }

    // What is made in a directory between the look at it and the watch would be told to nobody.
    private string? Arm()
    {
        int before;
        string? problem;
        do
        {
            before = names.Count;
            problem = ArmOnce();
        }
        while (names.Count > before);

        return problem;
    }

    private string? ArmOnce()
    {
        string? problem = null;
        var before = new HashSet<int>(names.Keys);
        var armed = new HashSet<string>(StringComparer.Ordinal);
        names.Clear();
        foreach (var path in paths)
        {
            foreach (var (directory, name) in path.Way())
            {
                // Of a directory that only leads on, what is made in it is no news: it would wake us for nothing.
                var mask = OnlyDirectories | (name.Length == 0 ? Itself : Contents);
                if (!armed.Add(directory)) mask |= InAddition; // else in the place of what it was before
                var watch = Libc.inotify_add_watch(Fd, directory, mask);
                if (watch < 0)
                {
                    // One that has just gone is told by its own directory.
                    if (Libc.LastErrorNumber is not (Libc.ENOENT or Libc.ENOTDIR))
                        problem = $"{directory} cannot be watched: {Libc.LastError()}";
                    continue;
                }

                if (!names.TryGetValue(watch, out var watched)) names[watch] = watched = [];
                if (!watched.Contains((name, path.Means))) watched.Add((name, path.Means));
            }
        }

        foreach (var watch in before)
            if (!names.ContainsKey(watch)) _ = Libc.inotify_rm_watch(Fd, watch);
        return problem;
    }
}
