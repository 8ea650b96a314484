namespace HookAot.Host;

/// <summary>
/// When to look at the host: soon after something has changed, not too often, again after a failure, and ever more
/// rarely where another program undoes what we do. Pure; times are milliseconds since boot.
/// </summary>
internal sealed class WatchPace
{
    /// <summary>How long after the first change: programs rarely change one thing only.</summary>
    public const int FirstLook = 50;

    /// <summary>Within this time there are two looks at the most: one that is needed now rarely waits.</summary>
    public const int TwoLooks = 1_000;

    /// <summary>How often is looked at what tells nothing: iptables-legacy.</summary>
    public const int Unasked = 30_000;

    /// <summary>
    /// Repairs within this time are of one damage: firewalld empties table after table, in commits of their own.
    /// </summary>
    public const int OneDamage = 2_000;

    private const int FirstRetry = 1_000, LongestRetry = 300_000;
    private const int FightWindow = 10_000, FightDamages = 5, FirstPause = 2_000, LongestPause = 64_000;

    private readonly Queue<long> damages = new();
    private long lastLook = long.MinValue / 2;
    private long lookBefore = long.MinValue / 2;
    private long lastDamage = long.MinValue / 2;
    private long pauseEnds = long.MinValue / 2;
    private int pause;
    private int retry;

    /// <summary>When to look although nothing is told; null: there is no need.</summary>
    public long? Next { get; private set; }

    /// <summary>How long the pause is that a fight has led to; 0: there is none.</summary>
    public int Pause => pause;

    /// <summary>How long after the last look what has failed is tried again.</summary>
    public long Retry => Next is { } next ? next - lastLook : 0;

    /// <summary>When to look at what has changed.</summary>
    /// <param name="noticed">When it was noticed.</param>
    public long LookAt(long noticed) => Math.Max(noticed + FirstLook, lookBefore + TwoLooks);

    /// <summary>
    /// The earliest time to look where only rules have changed: it may be a fight, or go on to fail.
    /// </summary>
    public long LookAtRules() => Math.Max(pauseEnds, lastLook + Math.Min(retry, LongestPause));

    /// <summary>The host was looked at, and is as it should be.</summary>
    /// <param name="now">When.</param>
    /// <param name="unasked">After how long it has to be looked at again; null: when something is told.</param>
    public void Looked(long now, int? unasked)
    {
        (lookBefore, lastLook) = (lastLook, now);
        retry = 0;
        Next = now + unasked;
    }

    /// <summary>Something could not be put right.</summary>
    public void Failed(long now)
    {
        (lookBefore, lastLook) = (lastLook, now);
        retry = retry == 0 ? FirstRetry : Math.Min(2 * retry, LongestRetry);
        Next = Math.Max(now + retry, pauseEnds);
    }

    /// <summary>Rules were put back.</summary>
    /// <returns>Whether it was once too often, so that there is a pause, longer than the last one.</returns>
    public bool Repaired(long now)
    {
        if (pause > 0 && now > pauseEnds + pause + FightWindow)
        {
            pause = 0;
            damages.Clear();
        }

        if (now < lastDamage + OneDamage) return false;

        lastDamage = now;
        damages.Enqueue(now);
        while (damages.Peek() < now - FightWindow - pause) damages.Dequeue();
        if (damages.Count < FightDamages && pause == 0) return false;

        pause = pause == 0 ? FirstPause : Math.Min(2 * pause, LongestPause);
        pauseEnds = now + pause;
        return true;
    }
}
