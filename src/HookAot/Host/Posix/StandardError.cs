using System.Text;

namespace HookAot.Host;

/// <summary>Stderr without System.Console, whose encoding and terminal set-up cost 0.2 ms of the hook's path.</summary>
internal static class StandardError
{
    // Where nobody reads, a line is lost rather than a guest's start held up.
    private const int PatienceMilliseconds = 1000;

    /// <summary>Writes text, such as a question.</summary>
    public static void Write(string text) =>
        _ = Descriptor.WriteAll(2, Encoding.UTF8.GetBytes(text), PatienceMilliseconds);

    /// <summary>Writes a line, in one call where stderr takes it, so that lines of several hooks do not mix.</summary>
    public static void WriteLine(string text) => Write(text + "\n");
}
