namespace HookAot.Backends;

/// <summary>A rule, and what it does.</summary>
/// <param name="place">Where it is: tool, table, chain or map.</param>
/// <param name="rule">Its text.</param>
/// <param name="sentence">What it does, for a person.</param>
/// <param name="step">Where on the way of a packet it is met.</param>
internal sealed class ExplainedRule(string place, string rule, string sentence, PacketStep step)
{
    /// <summary>Where it is: tool, table, chain or map.</summary>
    public string Place { get; } = place;

    /// <summary>Its text.</summary>
    public string Rule { get; } = rule;

    /// <summary>What it does, for a person.</summary>
    public string Sentence { get; } = sentence;

    /// <summary>Where on the way of a packet it is met.</summary>
    public PacketStep Step { get; } = step;
}

/// <summary>The steps of a packet's way through the host, in their order.</summary>
internal enum PacketStep
{
    /// <summary>It arrives, and may be dropped at once.</summary>
    Guarded,

    /// <summary>Its destination becomes the guest's.</summary>
    Translated,

    /// <summary>It is let through to the guest.</summary>
    Accepted,

    /// <summary>Its source becomes the host's, where that is needed.</summary>
    Masqueraded,
}
