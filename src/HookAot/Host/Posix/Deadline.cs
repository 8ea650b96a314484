namespace HookAot.Host;

/// <summary>
/// When a wait has to end, on the monotonic clock, so that a changed time of day neither shortens nor lengthens it.
/// Everything that the hook waits for (lock, tool, stdin, kernel) gets one: a guest's start must not wait for ever.
/// </summary>
internal readonly record struct Deadline
{
    private readonly long at;

    private Deadline(long at) => this.at = at;

    /// <summary>How much time is left, in milliseconds; 0 if it has passed. Fits poll(2).</summary>
    public int Remaining => (int)Math.Clamp(at - Environment.TickCount64, 0, int.MaxValue);

    /// <summary>Whether no time is left.</summary>
    public bool HasPassed => Remaining == 0;

    /// <summary>The moment that is so many milliseconds from now.</summary>
    public static Deadline In(int milliseconds) => new(Environment.TickCount64 + milliseconds);

    /// <summary>The earlier of this moment and the one that is so many milliseconds from now.</summary>
    public Deadline AtMost(int milliseconds) => new(Math.Min(at, In(milliseconds).at));
}
