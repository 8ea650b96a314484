namespace HookAot.Tests;

/// <summary>Numbers that look random and are the same in each run (a linear congruential generator, MMIX's).</summary>
internal sealed class Dice(ulong seed)
{
    private ulong state = seed;

    /// <summary>A number from 0 on, and below <paramref name="limit"/>.</summary>
    public int Next(int limit)
    {
        state = unchecked((state * 6364136223846793005) + 1442695040888963407);
        return (int)((state >> 33) % (ulong)limit);
    }
}
