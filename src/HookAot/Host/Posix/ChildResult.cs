namespace HookAot.Host;

/// <summary>How a tool ended.</summary>
internal enum ChildOutcome
{
    /// <summary>By itself, with an exit code.</summary>
    Exited,

    /// <summary>By a signal that another process sent, or that it brought upon itself.</summary>
    Signalled,

    /// <summary>By us: it had not ended in time.</summary>
    TimedOut,

    /// <summary>It did not begin.</summary>
    NotStarted,
}

/// <summary>How a tool ended.</summary>
/// <param name="Outcome">In which way.</param>
/// <param name="Code">
/// The exit code, the signal, the seconds that it had, or the number of the error, as the outcome has it.
/// </param>
/// <param name="Output">What it wrote to stdout and stderr, as much of it as was wanted.</param>
internal readonly record struct ChildResult(ChildOutcome Outcome, int Code, string Output)
{
    /// <summary>Whether it did what it was told.</summary>
    public bool Succeeded => Outcome == ChildOutcome.Exited && Code == 0;

    /// <summary>How it ended, to stand after its path: "was killed by signal 9".</summary>
    public string Description => Outcome switch
    {
        ChildOutcome.Exited when Code == 0 => "succeeded",
        ChildOutcome.Exited => $"failed with exit code {Code}",
        ChildOutcome.Signalled => $"was killed by signal {Code}",
        ChildOutcome.TimedOut => $"did not end within {Code} s, and was killed",
        ChildOutcome.NotStarted => $"could not be started: {Libc.Words(Code)}",
        _ => throw new InvalidOperationException($"outcome {Outcome}"),
    };
}
