using System.CommandLine;
using HookAot.Host;

namespace HookAot.Applets.Hookctrl;

/// <summary>What every verb is told besides its own arguments.</summary>
/// <param name="Paths">Where things are; --config says which file.</param>
/// <param name="DryRun">Show what would be changed, and change nothing.</param>
/// <param name="NoApply">Change the file only.</param>
/// <param name="Json">Print JSON for programs.</param>
internal sealed record Session(HostPaths Paths, bool DryRun, bool NoApply, bool Json)
{
    /// <summary>Exit codes.</summary>
    public const int Done = 0, Refused = 1, WrongUsage = 2;

    private static readonly Option<string> ConfigOption = new("--config") { Description = "The file to use instead of config.json beside the hooks.", HelpName = "FILE", Recursive = true };
    private static readonly Option<bool> DryRunOption = new("--dry-run") { Description = "Show the change as a diff, and change nothing.", Recursive = true };
    private static readonly Option<bool> NoApplyOption = new("--no-apply") { Description = "Change the file, but not the rules.", Recursive = true };
    private static readonly Option<bool> JsonOption = new("--json") { Description = "Print JSON, for programs.", Recursive = true };

    /// <summary>The options that every verb takes.</summary>
    public static IEnumerable<Option> Options => [ConfigOption, DryRunOption, NoApplyOption, JsonOption];

    /// <summary>Reads them.</summary>
    public static Session Of(ParseResult parsed)
    {
        var paths = HostPaths.FromEnvironment();
        if (parsed.GetValue(ConfigOption) is { Length: > 0 } file) paths = paths with { Config = Path.GetFullPath(file) };
        return new(paths, parsed.GetValue(DryRunOption), parsed.GetValue(NoApplyOption), parsed.GetValue(JsonOption));
    }

    /// <summary>Says something on stderr.</summary>
    public static void Say(string message) => StandardError.WriteLine($"hookctrl: {message}");

    /// <summary>Whether we may touch the rules; says so if not.</summary>
    public static bool IsRoot(string purpose)
    {
        if (Libc.geteuid() == 0) return true;
        Say($"only root may {purpose}: try again with sudo");
        return false;
    }

    /// <summary>Says what is wrong with the command line.</summary>
    public static int Wrong(IEnumerable<string> mistakes)
    {
        foreach (var mistake in mistakes) Say(mistake);
        return WrongUsage;
    }
}
