using System.Runtime.InteropServices;
using System.Text;
using HookAot.Host;
using HookAot.Model;

namespace HookAot.Applets.Hookctrl;

/// <summary>Stdout: text and aligned tables; colour only on a terminal, and not with NO_COLOR (no-color.org).</summary>
internal static class Output
{
    private static readonly bool Colours = Libc.isatty(1) != 0 && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));

    /// <summary>
    /// Writes text as it is; a reader that has seen enough ("hookctrl list | head") is no error. Not through Console, which sends a terminal
    /// escape sequences of its own.
    /// </summary>
    public static unsafe void Write(string text)
    {
        for (ReadOnlySpan<byte> rest = Encoding.UTF8.GetBytes(text); !rest.IsEmpty;)
        {
            nint written;
            fixed (byte* p = rest) written = Libc.write(1, p, rest.Length);
            if (written >= 0) rest = rest[(int)written..];
            else if (Marshal.GetLastPInvokeError() != Libc.EINTR) return;
        }
    }

    /// <summary>Waits, but no longer than there is somebody who reads.</summary>
    /// <returns>Whether there is.</returns>
    public static unsafe bool WaitWithReader(int milliseconds)
    {
        var stdout = new Libc.PollFd { Fd = 1, Events = 0 }; // POLLERR is reported unasked
        return Libc.poll(&stdout, 1, milliseconds) <= 0;
    }

    /// <summary>Writes a table whose columns are as wide as they need to be.</summary>
    public static void Table(IReadOnlyList<string> head, IEnumerable<IReadOnlyList<string>> rows)
    {
        var lines = rows.Select(row => row.Select(Printable.Escape).ToArray()).Prepend([.. head]).ToList();
        var widths = head.Select((_, column) => lines.Max(line => line[column].Length)).ToArray();
        var text = new StringBuilder();
        for (var i = 0; i < lines.Count; i++)
        {
            var line = string.Join("  ", lines[i].Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd();
            text.Append(i == 0 ? Bold(line) : line).Append('\n');
        }

        Write(text.ToString());
    }

    /// <summary>Text that stands out.</summary>
    public static string Bold(string text) => Colours ? $"\e[1m{text}\e[0m" : text;

    /// <summary>Text that reports success.</summary>
    public static string Green(string text) => Colours ? $"\e[32m{text}\e[0m" : text;

    /// <summary>Text that reports a fault.</summary>
    public static string Red(string text) => Colours ? $"\e[31m{text}\e[0m" : text;
}
