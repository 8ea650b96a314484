namespace HookAot.Host;

/// <summary>
/// How long a hook may wait for what, in milliseconds. Together they end before <see cref="All"/>: libvirt waits for a
/// hook without a limit, and with it the guest's start.
/// </summary>
internal static class Limits
{
    /// <summary>Everything together.</summary>
    public const int All = 60_000;

    /// <summary>The XML on standard input.</summary>
    public const int StandardInput = 10_000;

    /// <summary>The lock: longer than a converge takes, unless its tool hangs.</summary>
    public const int Lock = 30_000;

    /// <summary>One run of a tool.</summary>
    public const int Tool = 15_000;
}
