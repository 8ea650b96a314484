namespace HookAot.Host;

/// <summary>A tool whose output is read as it comes. It ends when the terminal interrupts us, or at disposal.</summary>
internal sealed unsafe class ChildStream : IDisposable
{
    private readonly int pid;
    private bool isReaped;

    private ChildStream(int pid, int output)
    {
        this.pid = pid;
        Output = output;
    }

    /// <summary>Where its stdout and stderr can be read.</summary>
    public int Output { get; }

    /// <summary>Starts it, with nothing to read.</summary>
    /// <returns>0; else the error's number.</returns>
    public static int Start(string path, IReadOnlyList<string> arguments, out ChildStream child)
    {
        var pipe = stackalloc int[2] { -1, -1 };
        child = null!;
        var stdin = Descriptor.Open("/dev/null", Libc.O_RDONLY);
        var error = stdin < 0 || Libc.pipe2(pipe, Libc.O_CLOEXEC) < 0 ? Libc.LastErrorNumber : 0;
        var pid = 0;
        if (error == 0) error = Child.Spawn(path, arguments, stdin, pipe[1], lockFd: -1, ownGroup: false, out pid);
        if (stdin >= 0) _ = Libc.close(stdin);
        if (pipe[1] >= 0) _ = Libc.close(pipe[1]);
        if (error == 0) child = new(pid, pipe[0]);
        else if (pipe[0] >= 0) _ = Libc.close(pipe[0]);
        return error;
    }

    /// <summary>Waits for its end.</summary>
    /// <returns>Whether it did what it was told.</returns>
    public bool Succeeded()
    {
        var status = stackalloc int[1];
        int ended;
        do ended = Libc.waitpid(pid, status, 0);
        while (ended < 0 && Libc.LastErrorNumber == Libc.EINTR);
        isReaped = true;
        return ended == pid && *status == 0;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _ = Libc.close(Output);
        if (isReaped) return;
        _ = Libc.kill(pid, Libc.SIGKILL);
        _ = Succeeded();
    }
}
