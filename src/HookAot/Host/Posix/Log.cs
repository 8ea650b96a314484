using Microsoft.Extensions.Logging;
using ZLogger;

namespace HookAot.Host;

/// <summary>
/// Every line that the hook logs. Parameters are strings and integers only: under AOT ZLogger loses a line with
/// anything else.
/// </summary>
internal static partial class Log
{
    [ZLoggerMessage(LogLevel.Information, "{cause}: {summary}{fields}")]
    public static partial void Converged(ILogger logger, string cause, string summary, string fields);

    [ZLoggerMessage(LogLevel.Information, "{cause}: nothing to forward, all rules are removed{fields}")]
    public static partial void Removed(ILogger logger, string cause, string fields);

    [ZLoggerMessage(LogLevel.Error, "{message}")]
    public static partial void Failed(ILogger logger, string message);

    [ZLoggerMessage(LogLevel.Warning, "{message}")]
    public static partial void Warned(ILogger logger, string message);

    [ZLoggerMessage(LogLevel.Information, "{message}")]
    public static partial void Noted(ILogger logger, string message);

    [ZLoggerMessage(LogLevel.Debug, "running {path} {arguments}, with stdin:")]
    public static partial void Command(ILogger logger, string path, string arguments);

    [ZLoggerMessage(LogLevel.Debug, "  {line}")]
    public static partial void ScriptLine(ILogger logger, string line);

    [ZLoggerMessage(LogLevel.Debug, "hairpin mode is on for {port}")]
    public static partial void Hairpin(ILogger logger, string port);

    [ZLoggerMessage(LogLevel.Debug, "{count} UDP flows that are older than their forward are forgotten")]
    public static partial void Forgotten(ILogger logger, int count);
}
