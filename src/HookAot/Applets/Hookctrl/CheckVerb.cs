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
        if (content is null || ConfigReader.IsBlank(content))
        {
            if (session.Json) HookctrlJson.Write(new CheckReport(Ok: true, []));
            return Session.SayHowToBegin();
        }

        var paths = session.Paths with { Config = path };
        var result = ConfigFile.Parse(content, path);
        List<Diagnostic> others = [.. Problems(paths, result.Config), .. Doubts(paths, result.Config)];
        var isRight = !result.Errors.Any() && others.All(o => o.Severity != Severity.Error);
        if (session.Json)
        {
            HookctrlJson.Write(new CheckReport(isRight, [.. result.Diagnostics.Concat(others).Select(Row)]));
        }
        else
        {
            Session.Show(result.Diagnostics, content);
            foreach (var other in others) StandardError.WriteLine(other.ToString());
        }

        return isRight ? Session.Done : Session.Refused;
    }

    private static FindingRow Row(Diagnostic finding) => new(
        finding.Severity == Severity.Error ? "error" : "warning",
        finding.File,
        finding.Line,
        finding.Column,
        finding.JsonPath,
        finding.Message);

    private static IEnumerable<Diagnostic> Problems(HostPaths paths, HookConfig? config) =>
        config is null ? [] : ConfigDoubts.Problems(paths, config).Select(p => Of(Severity.Error, paths, p));

    private static IEnumerable<Diagnostic> Doubts(HostPaths paths, HookConfig? config)
    {
        string[] doubts =
            [.. config is null ? [] : ConfigDoubts.Find(paths, config), .. ConfigDoubts.Permissions(paths)];
        return doubts.Select(d => Of(Severity.Warning, paths, d));
    }

    private static Diagnostic Of(Severity severity, HostPaths paths, string message) =>
        new(severity, paths.Config, Line: 0, Column: 0, JsonPath: "", message);
}
