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
        // Code is never written to, since the binary is linked to fixed addresses: its pages can be read again.
        foreach (var (from, to) in Code()) _ = Libc.madvise((void*)from, (nuint)(to - from), MADV_DONTNEED);
    }

    /// <summary>Where our own code lies: lines "FROM-TO r-xp OFFSET DEVICE INODE PATH" (proc(5)).</summary>
    private static List<(ulong From, ulong To)> Code()
    {
        var code = new List<(ulong, ulong)>();
        var maps = Encoding.UTF8.GetString(SmallFile.TryRead("/proc/self/maps", MaxBytes) ?? []);
        foreach (var line in maps.Split('\n'))
        {
            if (!line.Contains(" r-xp ", StringComparison.Ordinal) || !line.EndsWith("/hookaot", StringComparison.Ordinal))
                continue;

            var dash = line.IndexOf('-', StringComparison.Ordinal);
            var from = ulong.Parse(line.AsSpan(0, dash), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            var end = line.IndexOf(' ', StringComparison.Ordinal);
            var to = ulong.Parse(line.AsSpan(dash + 1, end - dash - 1), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            code.Add((from, to));
        }

        return code;
    }
}
