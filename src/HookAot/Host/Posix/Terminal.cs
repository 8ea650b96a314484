using System.Globalization;

namespace HookAot.Host;

/// <summary>The terminal that standard output is, if it is one.</summary>
internal static unsafe class Terminal
{
    private const int Stdout = 1;
    private const int UsualColumns = 80, UsualRows = 24;
    private const nuint TIOCGWINSZ = 0x5413; // include/uapi/asm-generic/ioctls.h

    /// <summary>Whether a descriptor is one.</summary>
    public static bool Is(int fd) => Libc.isatty(fd) != 0;

    /// <summary>How many columns it has; null: it is none, so that lines may have any length.</summary>
    public static int? Columns => Is(Stdout) ? Size(1, "COLUMNS", UsualColumns) : null;

    /// <summary>How many rows it has.</summary>
    public static int Rows => Size(0, "LINES", UsualRows);

    /// <summary>What the kernel says, else the environment, else the usual.</summary>
    /// <param name="field">Its place in struct winsize: rows, columns.</param>
    /// <param name="variable">The variable.</param>
    /// <param name="usual">What else.</param>
    private static int Size(int field, string variable, int usual)
    {
        var size = stackalloc ushort[4];
        if (Libc.ioctl(Stdout, TIOCGWINSZ, size) == 0 && size[field] > 0) return size[field];
        var text = Environment.GetEnvironmentVariable(variable);
        return ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var said) && said > 0
            ? said
            : usual;
    }
}
