using System.Runtime.InteropServices;
using System.Text;

namespace HookAot.Host;

/// <summary>Keys that mean something on a screen.</summary>
internal enum Key
{
    /// <summary>Any other.</summary>
    Other,

    /// <summary>q.</summary>
    Quit,

    /// <summary>Down, or j.</summary>
    Down,

    /// <summary>Up, or k.</summary>
    Up,

    /// <summary>Page down, or space.</summary>
    PageDown,

    /// <summary>Page up, or b.</summary>
    PageUp,

    /// <summary>Home, or g.</summary>
    Home,
}

/// <summary>
/// The terminal as a screen of its own, with keys that are read one by one. Whatever ends the program, but SIGKILL,
/// leaves it as it was before, and a stopped program has it back when it goes on.
/// </summary>
internal sealed unsafe class ScreenTerminal : IDisposable
{
    private const int Stdin = 0, Stdout = 1;
    private const int AtOnce = 0; // TCSANOW
    private const int Second = 1_000;

    // struct termios of glibc, the same on x86-64 and arm64 (bits/termios-struct.h): four words of flags, c_line, c_cc.
    private const int SettingsSize = 128, LocalFlags = 12, ControlCharacters = 17;
    private const int LeastBytes = ControlCharacters + 6, LongestWait = ControlCharacters + 5; // VMIN, VTIME
    private const byte Canonical = 2, Echo = 8; // ICANON, ECHO, in the lowest byte of the local flags

    // xterm's other screen, without a cursor (1049, 25: XTerm Control Sequences).
    private const string EnterScreen = "\e[?1049h\e[?25l", LeaveScreen = "\e[?25h\e[?1049l";

    private readonly Lock gate = new();
    private readonly byte[] before = new byte[SettingsSize];
    private readonly List<PosixSignalRegistration> signals = [];
    private bool hasKeys;
    private bool isEntered;

    /// <summary>Takes the terminal.</summary>
    public ScreenTerminal()
    {
        fixed (byte* settings = before) hasKeys = Libc.tcgetattr(Stdin, settings) == 0;
        // What they do to a program otherwise, they do afterwards.
        foreach (var signal in (ReadOnlySpan<PosixSignal>)[
            PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP, PosixSignal.SIGQUIT])
        {
            signals.Add(PosixSignalRegistration.Create(signal, _ => Leave()));
        }

        signals.Add(PosixSignalRegistration.Create(PosixSignal.SIGTSTP, Stop));
        signals.Add(PosixSignalRegistration.Create(PosixSignal.SIGCONT, GoOn));
        Enter();
    }

    /// <summary>What poll(2) finds readable when a key was pressed.</summary>
    public Libc.PollFd Keys => new() { Fd = hasKeys ? Stdin : -1, Events = Libc.POLLIN };

    /// <summary>Shows lines, none of them longer than the terminal is wide.</summary>
    public void Draw(List<string> lines)
    {
        var text = new StringBuilder();
        for (var row = 0; row < lines.Count; row++)
        {
            // Emptied first: behind a full line an "erase to the end" takes its last character.
            text.Append($"\e[{row + 1};1H\e[2K").Append(lines[row]);
        }

        text.Append($"\e[{lines.Count + 1};1H");
        if (lines.Count < Terminal.Rows) text.Append("\e[J");
        lock (gate)
        {
            if (isEntered) Write(text.ToString());
        }
    }

    /// <summary>The keys that were pressed.</summary>
    public List<Key> Read()
    {
        const int MostBytes = 64;
        var keys = new List<Key>();
        if (!hasKeys || !Descriptor.IsReady(Stdin, Libc.POLLIN, 0)) return keys;

        var buffer = stackalloc byte[MostBytes];
        var length = (int)Libc.read(Stdin, buffer, MostBytes);
        // The terminal is gone.
        if (length == 0) hasKeys = false;
        for (var rest = new ReadOnlySpan<byte>(buffer, Math.Max(length, 0)); !rest.IsEmpty;)
            keys.Add(Next(ref rest));
        return keys;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var signal in signals) signal.Dispose();
        Leave();
    }

    /// <summary>Takes the first key off what was read.</summary>
    internal static Key Next(ref ReadOnlySpan<byte> bytes)
    {
        var (key, length) = bytes switch
        {
            [0x1b, (byte)'[' or (byte)'O', (byte)'A', ..] => (Key.Up, 3),
            [0x1b, (byte)'[' or (byte)'O', (byte)'B', ..] => (Key.Down, 3),
            [0x1b, (byte)'[' or (byte)'O', (byte)'H', ..] => (Key.Home, 3),
            // In tmux, in screen and on the console; of rxvt.
            [0x1b, (byte)'[', (byte)'1' or (byte)'7', (byte)'~', ..] => (Key.Home, 4),
            [0x1b, (byte)'[', (byte)'5', (byte)'~', ..] => (Key.PageUp, 4),
            [0x1b, (byte)'[', (byte)'6', (byte)'~', ..] => (Key.PageDown, 4),
            [(byte)'q' or (byte)'Q', ..] => (Key.Quit, 1),
            [(byte)'j', ..] => (Key.Down, 1),
            [(byte)'k', ..] => (Key.Up, 1),
            [(byte)' ', ..] => (Key.PageDown, 1),
            [(byte)'b', ..] => (Key.PageUp, 1),
            [(byte)'g', ..] => (Key.Home, 1),
            _ => (Key.Other, 1),
        };
        bytes = bytes[length..];
        return key;
    }

    // By the signal that nobody can ignore: where no shell would wake it, the kernel passes over the other one.
    private void Stop(PosixSignalContext context)
    {
        context.Cancel = true;
        Leave();
        // To this thread, which goes no step further; another one might take what is sent to the process.
        _ = Libc.raise(Libc.SIGSTOP);
        Enter();
    }

    private void GoOn(PosixSignalContext context)
    {
        context.Cancel = true; // .NET would set the terminal to what it was at the start
        Enter();
    }

    private void Enter()
    {
        lock (gate)
        {
            // Also where it was stopped without a word: a shell has set the terminal to its own liking since.
            if (hasKeys)
            {
                // Signals stay: ^C and ^Z do what they always do.
                var raw = (byte[])before.Clone();
                raw[LocalFlags] &= unchecked((byte)~(Canonical | Echo));
                (raw[LeastBytes], raw[LongestWait]) = (1, 0);
                Set(raw);
            }

            if (!isEntered) Write(EnterScreen);
            isEntered = true;
        }
    }

    private void Leave()
    {
        lock (gate)
        {
            if (!isEntered) return;
            isEntered = false;
            Write(LeaveScreen);
            if (hasKeys) Set(before);
        }
    }

    private static void Set(byte[] settings)
    {
        fixed (byte* p = settings) _ = Libc.tcsetattr(Stdin, AtOnce, p);
    }

    // What cannot be written has nobody who would see it.
    private static void Write(string text)
    {
        for (ReadOnlySpan<byte> rest = Encoding.UTF8.GetBytes(text); !rest.IsEmpty;)
        {
            nint written;
            fixed (byte* p = rest) written = Libc.write(Stdout, p, rest.Length);
            if (written > 0) rest = rest[(int)written..];
            else if (Libc.LastErrorNumber == Libc.EAGAIN) _ = Descriptor.IsReady(Stdout, Libc.POLLOUT, Second);
            else if (Libc.LastErrorNumber != Libc.EINTR) return;
        }
    }
}
