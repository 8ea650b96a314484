using HookAot.Host;

namespace HookAot.Applets.Hookctrl;

/// <summary>
/// What comes of an edit: messages go to stderr at once, the results to stdout at the end, and all of it into one
/// object for programs. With --quiet only errors are said.
/// </summary>
internal sealed class EditOutcome(Session session)
{
    private readonly List<string> messages = [];
    private readonly List<string> warnings = [];
    private readonly List<string> errors = [];
    private readonly List<string> results = [];

    /// <summary>Whether the file was written.</summary>
    public bool Saved { get; set; }

    /// <summary>Whether the file, or a rule in the kernel, is another one now, or would be.</summary>
    public bool Changed { get; set; }

    /// <summary>Whether what the config says is in force.</summary>
    public bool Applied { get; set; }

    /// <summary>Forwards that are new in the kernel.</summary>
    public string[] Added { get; set; } = [];

    /// <summary>Forwards that are gone.</summary>
    public string[] Removed { get; set; } = [];

    /// <summary>What would change in the file.</summary>
    public string Diff { get; set; } = "";

    /// <summary>The lock of a converge, where it is held since before the file was changed; else null.</summary>
    public HostLock? Turn { get; private set; }

    /// <summary>
    /// Keeps others from converging until all is told: a watcher that sees the file change would put it into force
    /// first, and nothing would be left to tell. Where somebody else has the lock for long, it is told as it comes.
    /// </summary>
    public void TakeTurn()
    {
        const int Patience = 5_000; // milliseconds
        if (session.DryRun || session.NoApply || Libc.geteuid() != 0) return;
        if (ConfigInUse.OtherThan(session) is not null) return;
        Turn = HostLock.Take(session.Paths.Lock, Deadline.In(Patience), out _);
    }

    /// <summary>Lets others converge again.</summary>
    public void EndTurn()
    {
        Turn?.Dispose();
        Turn = null;
    }

    /// <summary>A line that is worth knowing, on stderr.</summary>
    public void Note(string message)
    {
        messages.Add(message);
        if (!session.Quiet) Session.Say(message);
    }

    /// <summary>A doubt.</summary>
    public void Warn(string doubt)
    {
        warnings.Add(doubt);
        if (!session.Quiet) Session.Warn(doubt);
    }

    /// <summary>A doubt that was said already.</summary>
    public void AddWarning(string doubt) => warnings.Add(doubt);

    /// <summary>Why it is refused, or has failed.</summary>
    public void Fail(string error)
    {
        errors.Add(error);
        Session.Say(error);
    }

    /// <summary>Why it is refused, which was said already.</summary>
    public void AddError(string error) => errors.Add(error);

    /// <summary>A line of what came of it, on stdout.</summary>
    public void Result(string line)
    {
        messages.Add(line);
        results.Add(line);
    }

    /// <summary>Prints what is for stdout.</summary>
    /// <param name="code">The exit code.</param>
    /// <returns>The same.</returns>
    public int End(int code)
    {
        if (session.Json)
        {
            var report = new EditReport(
                Changed, Saved, Applied, code == Session.Done, Added, Removed, [.. messages], [.. warnings],
                [.. errors], Diff);
            HookctrlJson.Write(report);
            return code;
        }

        if (session.DryRun && code == Session.Done) Output.Write(Diff);
        if (session.Quiet) return code;
        foreach (var forward in Removed) Output.Write($"- {forward}\n");
        foreach (var forward in Added) Output.Write($"+ {forward}\n");
        foreach (var line in results) Output.Write($"{line}\n");
        return code;
    }
}
