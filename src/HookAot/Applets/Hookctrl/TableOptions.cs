using System.CommandLine;

namespace HookAot.Applets.Hookctrl;

/// <summary>Options of verbs that print a table.</summary>
internal static class TableOptions
{
    /// <summary>Without the head.</summary>
    public static Option<bool> NoHeaders() => new("--no-headers")
    {
        Description = "Print the table without its head, for scripts.",
    };
}
