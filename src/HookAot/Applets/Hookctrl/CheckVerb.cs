using System.CommandLine;
using HookAot.Config;
using HookAot.Host;
using HookAot.Model;

namespace HookAot.Applets.Hookctrl;

/// <summary>hookctrl check: every mistake and every doubt in the config.</summary>
internal static class CheckVerb
{
    /// <summary>The verb.</summary>
    public static Command Make()
    {
        var file = new Argument<string>("FILE")
        {
            Description = "The file; config.json without it.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var check = new Command("check", "Show every mistake and every doubt in the config.") { file };
        check.SetAction(parsed => Run(Session.Of(parsed), parsed.GetValue(file)));
        return check;
    }

    private static int Run(Session session, string? file)
    {
        var path = file ?? session.Paths.Config;
        var content = SmallFile.TryRead(path, ConfigFile.MaxBytes, out var problem);
        if (problem is not null) throw new IOException(problem);
        if (content is null && file is not null) throw new IOException($"{path} does not exist");
        if (content is null || ConfigReader.IsBlank(content)) return Session.SayHowToBegin();

        var paths = session.Paths with { Config = path };
        var result = ConfigFile.Parse(content, path);
        Session.Show(result.Diagnostics, content);

        List<string> problems = result.Config is { } config ? [.. ConfigDoubts.Problems(paths, config)] : [];
        foreach (var conflict in problems) StandardError.WriteLine($"{path}: error: {conflict}");
        foreach (var doubt in Doubts(paths, result.Config)) StandardError.WriteLine($"{path}: warning: {doubt}");
        return result.Errors.Any() || problems.Count > 0 ? Session.Refused : Session.Done;
    }

    private static IEnumerable<string> Doubts(HostPaths paths, HookConfig? config) =>
        [.. config is null ? [] : ConfigDoubts.Find(paths, config), .. ConfigDoubts.Permissions(paths)];
}
