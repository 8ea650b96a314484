using System.Text;

namespace HookAot.Host;

/// <summary>Stderr without System.Console, whose encoding and terminal set-up cost 0.2 ms of the hook's path.</summary>
internal static class StandardError
{
    /// <summary>Writes a line in one call, so that lines of several hooks do not mix.</summary>
    public static unsafe void WriteLine(string text)
    {
        var line = Encoding.UTF8.GetBytes(text + "\n");
        fixed (byte* p = line) _ = Libc.write(2, p, line.Length);
    }
}
