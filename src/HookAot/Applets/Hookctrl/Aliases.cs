using System.CommandLine;

namespace HookAot.Applets.Hookctrl;

/// <summary>
/// What hands type, from other programs: rm for remove, ls for list. Help and completion have one word each.
/// </summary>
internal static class Aliases
{
    /// <summary>A command line with the words that the commands have.</summary>
    public static string[] Resolved(Command root, string[] words)
    {
        string[] resolved = [.. words];
        var command = root;
        for (var i = 0; i < resolved.Length && command.Subcommands.Count > 0; i++)
        {
            // What follows an option may be its value.
            if (resolved[i].StartsWith('-') || (i > 0 && TakesValue(root, resolved[i - 1]))) continue;
            var meant = Meant(resolved[i]);
            if (command.Subcommands.FirstOrDefault(c => c.Name == meant) is not { } next) continue;
            (resolved[i], command) = (meant, next);
        }

        return resolved;
    }

    /// <summary>The word that commands have for one that was typed.</summary>
    public static string Meant(string word) => word switch
    {
        "ls" => "list",
        "rm" or "del" or "delete" => "remove",
        _ => word,
    };

    private static bool TakesValue(Command root, string word) =>
        root.Options.Any(o => o.Name == word && o.Arity.MaximumNumberOfValues > 0 && o.HelpName is not null);
}
