using System.Globalization;
using System.Text;

namespace HookAot.Host;

/// <summary>Gives memory back before a long sleep: what is needed again comes from the page cache.</summary>
internal static unsafe class IdleMemory
{
    private const int MaxBytes = 1024 * 1024;
    private const int MADV_DONTNEED = 4; // asm-generic/mman-common.h

    /// <summary>Gives back what the garbage collector holds in reserve, and the pages of our own code.</summary>
    public static void GiveBack()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        var maps = Encoding.UTF8.GetString(SmallFile.TryRead("/proc/self/maps", MaxBytes) ?? []);
        foreach (var line in maps.Split('\n')) GiveBackCode(line);
    }

    /// <summary>
    /// Code is never written to, since the binary is linked to fixed addresses: its pages can be read again.
    /// </summary>
    /// <param name="mapping">"FROM-TO r-xp OFFSET DEVICE INODE PATH" (proc(5)).</param>
    private static void GiveBackCode(string mapping)
    {
        var isCode = mapping.Contains(" r-xp ", StringComparison.Ordinal);
        if (!isCode || !mapping.EndsWith("/hookaot", StringComparison.Ordinal)) return;

        var ends = mapping[..mapping.IndexOf(' ', StringComparison.Ordinal)].Split('-');
        var (from, to) = (Address(ends[0]), Address(ends[1]));
        _ = Libc.madvise((void*)from, (nuint)(to - from), MADV_DONTNEED);
    }

    private static ulong Address(string text) =>
        ulong.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
