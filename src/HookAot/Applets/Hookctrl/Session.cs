using System.CommandLine;
using HookAot.Config;
using HookAot.Host;
using HookAot.Model;

namespace HookAot.Applets.Hookctrl;

/// <summary>What every verb is told besides its own arguments.</summary>
/// <param name="Paths">Where things are; --config says which file.</param>
/// <param name="DryRun">Show what would be changed, and change nothing.</param>
/// <param name="NoApply">Change the file only.</param>
/// <param name="Json">Print JSON for programs.</param>
/// <param name="Quiet">Of an edit, say only what is wrong.</param>
internal sealed record Session(HostPaths Paths, bool DryRun, bool NoApply, bool Json, bool Quiet)
{
    /// <summary>Exit codes.</summary>
    public const int Done = 0, Refused = 1, WrongUsage = 2;

    private const int MostPlaces = 20;

    private static readonly List<string> said = [];

    private static readonly Option<string> ConfigOption = new("--config")
    {
        Description = "The file to use instead of config.json beside the hooks.",
        HelpName = "FILE",
        Recursive = true,
    };

    private static readonly Option<bool> DryRunOption = new("--dry-run")
    {
        Description = "Show the change as a diff, and change nothing.",
        Recursive = true,
    };

    private static readonly Option<bool> NoApplyOption = new("--no-apply")
    {
        Description = "Change the file, but not the rules; a watcher that runs puts it in force all the same.",
        Recursive = true,
    };

    private static readonly Option<bool> JsonOption = new("--json")
    {
        Description = "Print JSON, for programs.",
        Recursive = true,
    };

    private static readonly Option<bool> QuietOption = new("--quiet", "-q")
    {
        Description = "Of an edit, say only what is wrong.",
        Recursive = true,
    };

    /// <summary>The options that every verb takes.</summary>
    public static IEnumerable<Option> Options =>
        [ConfigOption, DryRunOption, NoApplyOption, JsonOption, QuietOption];

    /// <summary>The config that is used where --config names none.</summary>
    public required string DefaultConfig { get; init; }

    /// <summary>Reads them.</summary>
    public static Session Of(ParseResult parsed)
    {
        var paths = HostPaths.FromEnvironment();
        var defaultConfig = paths.Config;
        if (parsed.GetValue(ConfigOption) is { Length: > 0 } file)
            paths = paths with { Config = Path.GetFullPath(file) };
        var (dryRun, noApply, json) =
            (parsed.GetValue(DryRunOption), parsed.GetValue(NoApplyOption), parsed.GetValue(JsonOption));
        return new(paths, dryRun, noApply, json, parsed.GetValue(QuietOption)) { DefaultConfig = defaultConfig };
    }

    /// <summary>What can be read of a command line that has mistakes: whether a program asks.</summary>
    public static Session OfMistaken(ParseResult parsed)
    {
        var json = parsed.GetResult(JsonOption) is { Implicit: false };
        return new(HostPaths.FromEnvironment(), DryRun: false, NoApply: false, json, Quiet: false)
        {
            DefaultConfig = "",
        };
    }

    /// <summary>Reads the config, whatever is wrong with it. One that is missing, or blank, is an empty one.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public ConfigResult ReadConfig() => ReadConfig(out _);

    private ConfigResult ReadConfig(out byte[] content)
    {
        content = SmallFile.TryRead(Paths.Config, ConfigFile.MaxBytes, out var problem) ?? [];
        if (problem is not null) throw new IOException(problem);
        return ConfigReader.IsBlank(content) ? ConfigResult.Nothing : ConfigFile.Parse(content, Paths.Config);
    }

    /// <summary>The config; null if it is no config at all. What is wrong with it is said on stderr.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public HookConfig? UsableConfig()
    {
        var result = ReadConfig(out var content);
        Show(result.Errors, content);
        return result.Config;
    }

    /// <summary>Says how to begin, where the config has nothing to show yet.</summary>
    /// <returns>The exit code.</returns>
    public static int SayHowToBegin()
    {
        Say("no forwards yet; hookctrl port add GUEST 8080:80");
        return Done;
    }

    /// <summary>Says what is wrong in a file, and shows the places of the first.</summary>
    public static void Show(IEnumerable<Diagnostic> findings, ReadOnlySpan<byte> content)
    {
        var places = MostPlaces;
        foreach (var finding in findings)
        {
            said.Add(finding.ToString());
            StandardError.WriteLine(finding.ToString());
            if (places-- <= 0) continue;
            if (SourceExcerpt.Of(content, finding.Line, finding.Column) is { } place) StandardError.WriteLine(place);
        }
    }

    /// <summary>Says on stderr what is wrong.</summary>
    public static void Say(string message)
    {
        said.Add(message);
        StandardError.WriteLine($"hookctrl: {message}");
    }

    /// <summary>
    /// Ends a command. A program that asked for JSON, and has got nothing, gets what was said on stderr.
    /// </summary>
    /// <param name="code">The exit code.</param>
    /// <param name="json">Whether a program asked.</param>
    /// <returns>The exit code.</returns>
    public static int End(int code, bool json)
    {
        var isWithoutAnswer = code != Done && !Output.HasWritten && said.Count > 0;
        if (json && isWithoutAnswer) HookctrlJson.Write(new ErrorReport([.. said]));
        return code;
    }

    /// <summary>Says a doubt on stderr.</summary>
    public static void Warn(string doubt) => StandardError.WriteLine($"hookctrl: warning: {doubt}");

    /// <summary>Why we may not touch the rules; null if we may.</summary>
    public static string? WhyNotRoot(string purpose) =>
        Libc.geteuid() == 0 ? null : $"only root may {purpose}: try again with sudo";

    /// <summary>Whether we may touch the rules; says so if not.</summary>
    public static bool IsRoot(string purpose)
    {
        if (WhyNotRoot(purpose) is not { } reason) return true;
        Say(reason);
        return false;
    }

    /// <summary>Says what is wrong with the command line.</summary>
    /// <returns>The exit code.</returns>
    public static int RefuseUsage(IEnumerable<string> mistakes)
    {
        foreach (var mistake in mistakes) Say(mistake);
        return WrongUsage;
    }
}
