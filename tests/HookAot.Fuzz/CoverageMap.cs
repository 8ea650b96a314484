using System.Runtime.InteropServices;
using SharpFuzz.Common;

namespace HookAot.Fuzz;

/// <summary>
/// Which branches one run took, and how often, as the code that SharpFuzz puts into hookaot.dll counts them: AFL's map
/// of 64 KiB, in which a pair of blocks has a byte.
/// </summary>
internal sealed unsafe class CoverageMap : IDisposable
{
    private const int Size = 1 << 16;

    private readonly byte* map = (byte*)NativeMemory.AlignedAlloc(Size, 64);
    private readonly byte[] seen = new byte[Size];

    /// <summary>Makes it the one that is counted in.</summary>
    public CoverageMap()
    {
        Trace.SharedMem = map;
        Begin();
    }

    /// <summary>How many pairs of blocks any run has taken.</summary>
    public int Edges => seen.Length - seen.AsSpan().Count((byte)0);

    /// <summary>Forgets the last run.</summary>
    public void Begin()
    {
        new Span<byte>(map, Size).Clear();
        Trace.PrevLocation = 0;
    }

    /// <summary>Whether the run took a branch that none has taken before, or an old one much more often.</summary>
    public bool IsNews()
    {
        var isNews = false;
        // Eight at once: nearly all of them are zero.
        var words = new ReadOnlySpan<ulong>(map, Size / 8);
        for (var i = 0; i < words.Length; i++)
        {
            if (words[i] == 0) continue;
            for (var at = i * 8; at < (i * 8) + 8; at++)
            {
                var bucket = Bucket(map[at]);
                if ((seen[at] | bucket) == seen[at]) continue;
                seen[at] |= bucket;
                isNews = true;
            }
        }

        return isNews;
    }

    /// <summary>The pairs of blocks that the run took.</summary>
    public List<int> Taken()
    {
        var taken = new List<int>();
        for (var at = 0; at < Size; at++)
            if (map[at] != 0) taken.Add(at);
        return taken;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Trace.SharedMem = null;
        NativeMemory.AlignedFree(map);
    }

    // As AFL counts: once, twice, three times, up to 7, 15, 31, 127, and more.
    private static byte Bucket(byte count) => count switch
    {
        0 => 0,
        1 => 1,
        2 => 2,
        3 => 4,
        < 8 => 8,
        < 16 => 16,
        < 32 => 32,
        < 128 => 64,
        _ => 128,
    };
}
