using System.Collections;
using System.Runtime.InteropServices;
using System.Text;

namespace HookAot.Host;

/// <summary>How a tool ended.</summary>
/// <param name="ExitCode">Its exit code, 128 + n after signal n, or -1 if it was not started or was killed for taking too long.</param>
/// <param name="Output">What it wrote to stdout and stderr, as much of it as was wanted.</param>
internal readonly record struct ChildResult(int ExitCode, string Output);

/// <summary>Runs one tool, directly: no shell, and nothing of ours but an optional lock is inherited.</summary>
internal static unsafe class Child
{
    /// <summary>How long a tool may take; one that hangs must not hang the guest's start for ever.</summary>
    public const int TimeoutMilliseconds = 30_000;

    private const int FirstBuffer = 64 * 1024;

    /// <summary>Runs a program with a text on stdin and waits for its end.</summary>
    /// <param name="path">The program's absolute path.</param>
    /// <param name="arguments">argv, without argv[0].</param>
    /// <param name="input">All of stdin. It lies ready in a memfd, so that it is complete even if we are killed meanwhile.</param>
    /// <param name="lockFd">
    /// A descriptor that the child keeps open, or -1. It holds our flock: should we be killed, the child that we leave behind
    /// keeps the next hook waiting until its transaction is through, so that an old ruleset never lands on top of a newer one.
    /// </param>
    /// <param name="maxOutput">How many bytes of its output are wanted; the rest is read and forgotten.</param>
    public static ChildResult Run(string path, IReadOnlyList<string> arguments, string input, int lockFd, int maxOutput = FirstBuffer)
    {
        var stdin = Libc.memfd_create("stdin", Libc.MFD_CLOEXEC);
        if (stdin < 0) return new(-1, $"memfd_create: {Libc.LastError()}");
        var pipe = stackalloc int[2] { -1, -1 };
        try
        {
            if (!WriteAll(stdin, Encoding.UTF8.GetBytes(input)) || Libc.lseek(stdin, 0, 0) < 0 || Libc.pipe2(pipe, Libc.O_CLOEXEC) < 0)
                return new(-1, $"preparing stdin of {path}: {Libc.LastError()}");
            var error = Spawn(path, arguments, stdin, pipe[1], lockFd, out var pid);
            _ = Libc.close(pipe[1]);
            pipe[1] = -1;
            if (error != 0) return new(-1, $"starting {path}: {Marshal.GetPInvokeErrorMessage(error)}");
            var output = ReadAll(pipe[0], maxOutput, out var timedOut);
            if (timedOut) _ = Libc.kill(pid, Libc.SIGKILL);
            int status;
            while (Libc.waitpid(pid, &status, 0) < 0 && Marshal.GetLastPInvokeError() == Libc.EINTR) { }
            if (timedOut) return new(-1, $"{path} was killed: it did not end within {TimeoutMilliseconds / 1000} seconds\n{output}");
            return new((status & 0x7f) == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f), output);
        }
        finally
        {
            _ = Libc.close(stdin);
            if (pipe[0] >= 0) _ = Libc.close(pipe[0]);
            if (pipe[1] >= 0) _ = Libc.close(pipe[1]);
        }
    }

    private static int Spawn(string path, IReadOnlyList<string> arguments, int stdin, int output, int lockFd, out int pid)
    {
        var actions = stackalloc byte[Libc.OpaqueSize];
        var attributes = stackalloc byte[Libc.OpaqueSize];
        var signals = stackalloc byte[Libc.OpaqueSize];
        _ = Libc.posix_spawn_file_actions_init(actions);
        _ = Libc.posix_spawnattr_init(attributes);
        var argv = Strings([path, .. arguments]);
        var environment = Strings(Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().Select(e => $"{e.Key}={e.Value}"));
        try
        {
            _ = Libc.posix_spawn_file_actions_adddup2(actions, stdin, 0);
            _ = Libc.posix_spawn_file_actions_adddup2(actions, output, 1);
            _ = Libc.posix_spawn_file_actions_adddup2(actions, output, 2);
            // The same descriptor twice: glibc (2.29 and later) then only clears its close-on-exec flag.
            if (lockFd >= 0) _ = Libc.posix_spawn_file_actions_adddup2(actions, lockFd, lockFd);
            // .NET ignores SIGPIPE, and an ignored signal stays ignored across exec.
            _ = Libc.sigemptyset(signals);
            _ = Libc.posix_spawnattr_setsigmask(attributes, signals);
            _ = Libc.sigaddset(signals, Libc.SIGPIPE);
            _ = Libc.posix_spawnattr_setsigdefault(attributes, signals);
            _ = Libc.posix_spawnattr_setflags(attributes, Libc.POSIX_SPAWN_SETSIGDEF | Libc.POSIX_SPAWN_SETSIGMASK);
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

    private static byte** Strings(IEnumerable<string> strings)
    {
        var list = strings.ToList();
        var array = (byte**)NativeMemory.Alloc((nuint)(list.Count + 1), (nuint)sizeof(byte*));
        for (var i = 0; i < list.Count; i++) array[i] = (byte*)Marshal.StringToCoTaskMemUTF8(list[i]);
        array[list.Count] = null;
        return array;
    }

    private static void Free(byte** strings)
    {
        for (var s = strings; *s != null; s++) Marshal.FreeCoTaskMem((nint)(*s));
        NativeMemory.Free(strings);
    }

    private static bool WriteAll(int fd, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            nint written;
            fixed (byte* p = bytes) written = Libc.write(fd, p, bytes.Length);
            if (written < 0) return false;
            bytes = bytes[(int)written..];
        }

        return true;
    }

    private static string ReadAll(int fd, int maxOutput, out bool timedOut)
    {
        var output = new byte[Math.Min(FirstBuffer, maxOutput)];
        var overflow = new byte[4096];
        var length = 0;
        var deadline = Environment.TickCount64 + TimeoutMilliseconds;
        timedOut = false;
        while (true)
        {
            var poll = new Libc.PollFd { Fd = fd, Events = Libc.POLLIN };
            var left = deadline - Environment.TickCount64;
            var ready = left <= 0 ? 0 : Libc.poll(&poll, 1, (int)left);
            if (ready < 0 && Marshal.GetLastPInvokeError() == Libc.EINTR) continue;
            if (ready == 0) timedOut = true;
            if (ready <= 0) break;
            if (length == output.Length && length < maxOutput) Array.Resize(ref output, Math.Min(2 * length, maxOutput));
            var target = length < output.Length ? output.AsSpan(length) : overflow;
            nint count;
            fixed (byte* p = target) count = Libc.read(fd, p, target.Length);
            if (count <= 0) break;
            if (length < output.Length) length += (int)count;
        }

        return Encoding.UTF8.GetString(output, 0, length);
    }
}
