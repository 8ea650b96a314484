namespace HookAot.Host;

/// <summary>The user's editor, run on the terminal. No shell: its words are separated by spaces.</summary>
internal sealed class Editor
{
    private static readonly string[] Usual = ["editor", "sensible-editor", "nano", "vim", "vi"];

    private readonly string program;
    private readonly string[] arguments;

    private Editor(string program, string[] arguments) => (this.program, this.arguments) = (program, arguments);

    /// <summary>
    /// The one that $VISUAL or $EDITOR names, else, at a terminal, a usual one, which would wait for ever in a script;
    /// null if there is none.
    /// </summary>
    public static Editor? Find()
    {
        foreach (var variable in (string[])["VISUAL", "EDITOR"])
        {
            var words = (Environment.GetEnvironmentVariable(variable) ?? "")
                .Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words is [var named, .. var rest]) return new(Path(named) ?? named, rest);
        }

        if (Libc.isatty(0) == 0) return null;
        foreach (var name in Usual)
            if (Path(name) is { } found) return new(found, []);
        return null;
    }

    /// <summary>Opens a file in it, and waits for its end.</summary>
    /// <returns>What went wrong; null if nothing did.</returns>
    public unsafe string? Run(string file)
    {
        const int Stdin = 0, Stdout = 1;
        var error = Child.Spawn(program, [.. arguments, file], Stdin, Stdout, lockFd: -1, ownGroup: false, out var pid);
        if (error != 0) return $"{program} could not be started: {Libc.Words(error)}";

        int status;
        int ended;
        do ended = Libc.waitpid(pid, &status, 0);
        while (ended < 0 && Libc.LastErrorNumber == Libc.EINTR);
        return ended == pid && status == 0 ? null : $"{program} failed";
    }

    private static string? Path(string name)
    {
        if (name.Contains('/', StringComparison.Ordinal)) return name;
        foreach (var directory in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':'))
        {
            var file = $"{directory}/{name}";
            if (directory.Length > 0 && File.Exists(file)) return file;
        }

        return null;
    }
}
