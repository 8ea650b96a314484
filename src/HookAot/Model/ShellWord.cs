namespace HookAot.Model;

/// <summary>A name within a command that an administrator is told to run.</summary>
internal static class ShellWord
{
    private const string Plain = "._-:/+@";

    /// <summary>The name in quotes, where a shell would take anything in it for something else.</summary>
    public static string Quote(string name)
    {
        if (name.Length > 0 && name.All(IsPlain)) return name;
        return $"'{Printable.Escape(name).Replace("'", "'\\''", StringComparison.Ordinal)}'";
    }

    private static bool IsPlain(char c) =>
        char.IsAsciiLetterOrDigit(c) || Plain.Contains(c, StringComparison.Ordinal);
}
