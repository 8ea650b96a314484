using System.Runtime.InteropServices;
using System.Text;
using HookAot.Host;

namespace HookAot.Applets.Hookctrl;

/// <summary>
/// Standard output: text, JSON and tables; colour only on a terminal, and not with NO_COLOR (no-color.org).
/// </summary>
internal static class Output
{
    private const int Stdout = 1;

    private static readonly bool Colours =
        Terminal.Is(Stdout) && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));

    /// <summary>Whether anything was written.</summary>
    public static bool HasWritten { get; private set; }

    /// <summary>
    /// Writes text as it is; a reader that has seen enough ("hookctrl list | head") is no error. Not through Console,
    /// which sends a terminal escape sequences of its own.
    /// </summary>
    /// <exception cref="IOException">It cannot be written, such as on a full disk: hookctrl ends with 1.</exception>
    public static unsafe void Write(string text)
    {
        HasWritten = true;
        for (ReadOnlySpan<byte> rest = Encoding.UTF8.GetBytes(text); !rest.IsEmpty;)
        {
            nint written;
            fixed (byte* p = rest) written = Libc.write(Stdout, p, rest.Length);
            if (written >= 0)
            {
                rest = rest[(int)written..];
                continue;
            }

            switch (Marshal.GetLastPInvokeError())
            {
                case Libc.EINTR:
                    break;
                case Libc.EAGAIN:
                    // A pipe that another program has set not to block.
                    var stdout = new Libc.PollFd { Fd = Stdout, Events = Libc.POLLOUT };
                    _ = Libc.poll(&stdout, 1, milliseconds: -1);
                    break;
                case EPIPE:
                    return;
                default:
                    throw new IOException($"standard output: {Libc.LastError()}");
            }
        }
    }

    private const int EPIPE = 32; // include/uapi/asm-generic/errno-base.h

    /// <summary>What poll(2) finds ready when there is no reader any more.</summary>
    public static Libc.PollFd Reader => new() { Fd = Stdout, Events = 0 }; // POLLERR is reported unasked

    /// <summary>Waits, but no longer than there is a reader.</summary>
    /// <param name="milliseconds">How long.</param>
    /// <returns>Whether there is one.</returns>
    public static unsafe bool WaitWithReader(int milliseconds)
    {
        var stdout = Reader;
        return Libc.poll(&stdout, 1, milliseconds) <= 0;
    }

    /// <summary>Waits until a descriptor can be read, but no longer than there is a reader.</summary>
    /// <returns>Whether it can.</returns>
    public static unsafe bool WaitFor(int fd)
    {
        var polled = stackalloc Libc.PollFd[2];
        polled[0] = new() { Fd = Stdout, Events = 0 };
        polled[1] = new() { Fd = fd, Events = Libc.POLLIN };
        while (Libc.poll(polled, 2, -1) < 0 && Libc.LastErrorNumber == Libc.EINTR)
        {
        }

        return polled[0].Revents == 0;
    }

    /// <summary>Writes a table, as wide as the terminal is.</summary>
    /// <param name="table">The table.</param>
    /// <param name="withHead">Whether its head is written too.</param>
    public static void Write(Table table, bool withHead = true)
    {
        var width = Terminal.Columns;
        List<string> lines = [.. withHead ? table.Head(width, Painted) : [], .. table.Body(width, Painted)];
        Write(lines);
    }

    /// <summary>Writes lines.</summary>
    public static void Write(List<string> lines)
    {
        var text = new StringBuilder();
        foreach (var line in lines) text.Append(line).Append('\n');
        if (text.Length > 0) Write(text.ToString());
    }

    /// <summary>A text in the colour of its tone.</summary>
    public static string Painted(string text, Tone tone) => tone switch
    {
        Tone.Head => Bold(text),
        Tone.Good => Green(text),
        Tone.Bad => Red(text),
        Tone.Faint => Faint(text),
        _ => text,
    };

    /// <summary>Text that stands out.</summary>
    public static string Bold(string text) => Colours ? $"\e[1m{text}\e[0m" : text;

    /// <summary>Text that reports success.</summary>
    public static string Green(string text) => Colours ? $"\e[32m{text}\e[0m" : text;

    /// <summary>Text that reports a fault.</summary>
    public static string Red(string text) => Colours ? $"\e[31m{text}\e[0m" : text;

    private static string Faint(string text) => Colours ? $"\e[2m{text}\e[0m" : text;
}
