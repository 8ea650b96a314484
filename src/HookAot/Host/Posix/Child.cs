using System.Collections;
using System.Runtime.InteropServices;
using System.Text;

namespace HookAot.Host;

/// <summary>
/// Runs one tool, directly: no shell, and nothing of ours but an optional lock is inherited. The tool gets a process
/// group of its own, so that all of it can be ended when it takes too long, and it has ended when it has, whatever it
/// left running in the background.
/// </summary>
internal static unsafe class Child
{
    private const int FirstBuffer = 4096, EnoughOutput = 64 * 1024;

    // What a pipe holds by default (pipe(7)); more than that was not written before the tool ended.
    private const int PipeCapacity = 64 * 1024;

    // Where the kernel has no pidfd: how often the tool is asked whether it has ended, in milliseconds.
    private const int Interval = 20;

    // A process that is killed while it is in the kernel ends when the kernel lets go of it, which can be never.
    private const int PatienceAfterKill = 1000;

    /// <summary>Runs a program with a text on stdin and waits for its end.</summary>
    /// <param name="path">The program's absolute path.</param>
    /// <param name="arguments">argv, without argv[0].</param>
    /// <param name="input">
    /// All of stdin. It lies ready in a memfd, so that it is complete even if we are killed meanwhile.
    /// </param>
    /// <param name="lockFd">
    /// A descriptor that the child keeps open, or -1. It holds our flock: should we be killed, the child that we leave
    /// behind keeps the next hook waiting until its transaction is through, so that an old ruleset never lands on top
    /// of a newer one.
    /// </param>
    /// <param name="deadline">When it has to have ended; it is killed then, with all that it started.</param>
    /// <param name="maxOutput">How many bytes of its output are wanted; the rest is read and forgotten.</param>
    public static ChildResult Run(
        string path,
        IReadOnlyList<string> arguments,
        string input,
        int lockFd,
        Deadline deadline,
        int maxOutput = EnoughOutput)
    {
        var allotted = (int)Math.Ceiling(deadline.Remaining / 1000.0);
        var stdin = Libc.memfd_create("stdin", Libc.MFD_CLOEXEC);
        if (stdin < 0) return NotStarted(Libc.LastErrorNumber);
        var pipe = stackalloc int[2] { -1, -1 };
        var process = -1;
        try
        {
            var error = Descriptor.WriteAll(stdin, Encoding.UTF8.GetBytes(input));
            if (error == 0 && Libc.lseek(stdin, 0, 0) < 0) error = Libc.LastErrorNumber;
            if (error == 0 && Libc.pipe2(pipe, Libc.O_CLOEXEC) < 0) error = Libc.LastErrorNumber;
            if (error != 0) return NotStarted(error);

            error = Spawn(path, arguments, stdin, pipe[1], lockFd, ownGroup: true, out var pid);
            _ = Libc.close(pipe[1]);
            pipe[1] = -1;
            if (error != 0) return NotStarted(error);

            process = Libc.PidDescriptor(pid);
            var output = new Sink(maxOutput);
            var status = 0;
            var inTime = Follow(pid, process, pipe[0], output, deadline, &status);
            if (!inTime)
            {
                Kill(pid, process, &status);
                return new(ChildOutcome.TimedOut, allotted, output.ToString());
            }

            return (status & 0x7f) == 0 // WIFEXITED
                ? new(ChildOutcome.Exited, (status >> 8) & 0xff, output.ToString())
                : new(ChildOutcome.Signalled, status & 0x7f, output.ToString());
        }
        finally
        {
            _ = Libc.close(stdin);
            if (pipe[0] >= 0) _ = Libc.close(pipe[0]);
            if (pipe[1] >= 0) _ = Libc.close(pipe[1]);
            if (process >= 0) _ = Libc.close(process);
        }
    }

    private static ChildResult NotStarted(int error) => new(ChildOutcome.NotStarted, error, "");

    /// <summary>Reads the output until the tool has ended, and waits for that.</summary>
    /// <returns>Whether it ended in time; its status is taken then.</returns>
    private static bool Follow(int pid, int process, int pipe, Sink output, Deadline deadline, int* status)
    {
        var polled = stackalloc Libc.PollFd[2];
        polled[0] = new() { Fd = pipe, Events = Libc.POLLIN };
        polled[1] = new() { Fd = process, Events = Libc.POLLIN }; // poll passes over -1
        while (true)
        {
            var remaining = deadline.Remaining;
            if (remaining == 0) return false;
            var ready = Libc.poll(polled, 2, process < 0 ? Math.Min(remaining, Interval) : remaining);
            if (ready < 0 && Libc.LastErrorNumber != Libc.EINTR) return false;

            // Where the tool has closed its end, only its own end is waited for.
            if (ready > 0 && polled[0].Revents != 0 && !output.Read(pipe)) polled[0].Fd = -1;
            var ended = process < 0 || (ready > 0 && polled[1].Revents != 0);
            if (ended && Reap(pid, status))
            {
                if (polled[0].Fd >= 0) output.Drain(pipe);
                return true;
            }
        }
    }

    /// <summary>Takes the status of a tool that has ended.</summary>
    /// <returns>Whether it has.</returns>
    private static bool Reap(int pid, int* status)
    {
        int reaped;
        do reaped = Libc.waitpid(pid, status, Libc.WNOHANG);
        while (reaped < 0 && Libc.LastErrorNumber == Libc.EINTR);
        return reaped != 0;
    }

    private static void Kill(int pid, int process, int* status)
    {
        _ = Libc.kill(-pid, Libc.SIGKILL);
        _ = Libc.kill(pid, Libc.SIGKILL); // should it have left its group
        var deadline = Deadline.In(PatienceAfterKill);
        while (!Reap(pid, status) && !deadline.HasPassed)
        {
            var poll = new Libc.PollFd { Fd = process, Events = Libc.POLLIN };
            _ = Libc.poll(&poll, 1, process < 0 ? Interval : deadline.Remaining);
        }
    }

    /// <summary>Starts a program.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="arguments">argv, without argv[0].</param>
    /// <param name="stdin">Its standard input.</param>
    /// <param name="output">Its standard output and standard error.</param>
    /// <param name="lockFd">A descriptor that it keeps open, or -1.</param>
    /// <param name="ownGroup">Whether it gets a process group of its own: a terminal then interrupts only us.</param>
    /// <param name="pid">The process.</param>
    /// <returns>0; else the number of the error.</returns>
    internal static int Spawn(
        string path,
        IReadOnlyList<string> arguments,
        int stdin,
        int output,
        int lockFd,
        bool ownGroup,
        out int pid)
    {
        var actions = stackalloc byte[Libc.OpaqueSize];
        var attributes = stackalloc byte[Libc.OpaqueSize];
        var signals = stackalloc byte[Libc.OpaqueSize];
        _ = Libc.posix_spawn_file_actions_init(actions);
        _ = Libc.posix_spawnattr_init(attributes);
        var argv = Strings(path, arguments);
        var environment = InheritedEnvironment();
        try
        {
            _ = Libc.posix_spawn_file_actions_adddup2(actions, stdin, 0);
            _ = Libc.posix_spawn_file_actions_adddup2(actions, output, 1);
            _ = Libc.posix_spawn_file_actions_adddup2(actions, output, 2);
            // The same descriptor twice: glibc (2.29 and later) then only clears its close-on-exec flag.
            if (lockFd >= 0) _ = Libc.posix_spawn_file_actions_adddup2(actions, lockFd, lockFd);

            // .NET ignores SIGPIPE, and we ignore SIGXFSZ: an ignored signal stays ignored across exec.
            _ = Libc.sigemptyset(signals);
            _ = Libc.posix_spawnattr_setsigmask(attributes, signals);
            _ = Libc.sigaddset(signals, Libc.SIGPIPE);
            _ = Libc.sigaddset(signals, Libc.SIGXFSZ);
            _ = Libc.posix_spawnattr_setsigdefault(attributes, signals);
            _ = Libc.posix_spawnattr_setpgroup(attributes, 0); // a new one
            const short Signals = Libc.POSIX_SPAWN_SETSIGDEF | Libc.POSIX_SPAWN_SETSIGMASK;
            var flags = ownGroup ? (short)(Signals | Libc.POSIX_SPAWN_SETPGROUP) : Signals;
            _ = Libc.posix_spawnattr_setflags(attributes, flags);
            int child;
            var error = Libc.posix_spawn(&child, path, actions, attributes, argv, environment);
            pid = child;
            return error;
        }
        finally
        {
            Free(argv);
            Free(environment);
            _ = Libc.posix_spawn_file_actions_destroy(actions);
            _ = Libc.posix_spawnattr_destroy(attributes);
        }
    }

    private static byte** Strings(string first, IReadOnlyList<string> rest)
    {
        var array = Array(rest.Count + 1);
        array[0] = (byte*)Marshal.StringToCoTaskMemUTF8(first);
        for (var i = 0; i < rest.Count; i++) array[i + 1] = (byte*)Marshal.StringToCoTaskMemUTF8(rest[i]);
        return array;
    }

    private static byte** InheritedEnvironment()
    {
        var variables = Environment.GetEnvironmentVariables();
        var array = Array(variables.Count);
        var i = 0;
        var each = variables.GetEnumerator();
        while (each.MoveNext() && i < variables.Count)
        {
            var variable = string.Concat((string)each.Key, "=", (string?)each.Value);
            array[i++] = (byte*)Marshal.StringToCoTaskMemUTF8(variable);
        }

        return array;
    }

    // Ends with a null pointer, as execve wants it.
    private static byte** Array(int count) =>
        (byte**)NativeMemory.AllocZeroed((nuint)(count + 1), (nuint)sizeof(byte*));

    private static void Free(byte** strings)
    {
        for (var s = strings; *s != null; s++) Marshal.FreeCoTaskMem((nint)(*s));
        NativeMemory.Free(strings);
    }

    /// <summary>What a tool has written so far.</summary>
    private sealed class Sink(int maxOutput)
    {
        private byte[] output = new byte[Math.Min(FirstBuffer, maxOutput)];
        private int length;

        /// <summary>Reads once what is there.</summary>
        /// <returns>Whether there may be more; not at the end or after an error.</returns>
        public bool Read(int pipe) => Take(pipe) > 0;

        /// <summary>
        /// Reads what is left after the tool's end, and does not wait for what its own children may still write.
        /// </summary>
        public void Drain(int pipe)
        {
            for (var left = PipeCapacity; left > 0 && Descriptor.IsReady(pipe, Libc.POLLIN, 0);)
            {
                var count = Take(pipe);
                if (count <= 0) return;
                left -= count;
            }
        }

        /// <summary>What of it was wanted.</summary>
        public override string ToString() => Encoding.UTF8.GetString(output, 0, length);

        private int Take(int pipe)
        {
            if (length == output.Length && length < maxOutput)
                System.Array.Resize(ref output, (int)Math.Min(2L * length, maxOutput));
            if (length == output.Length) return Descriptor.Read(pipe, stackalloc byte[FirstBuffer]);

            var count = Descriptor.Read(pipe, output.AsSpan(length));
            length += Math.Max(count, 0);
            return count;
        }
    }
}
