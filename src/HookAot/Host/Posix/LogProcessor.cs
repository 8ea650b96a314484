using Microsoft.Extensions.Logging;
using ZLogger;

namespace HookAot.Host;

/// <summary>
/// Hands each line of ZLogger on at once, so that there is nothing to flush and nothing to lose at exit. There is no
/// second class of its kind: with one the compiler knows what is disposed, else every DisposeAsync of .NET stays in the
/// binary, 170 kB.
/// </summary>
/// <param name="write">Takes a line.</param>
internal sealed class LogProcessor(Action<LogLevel, string> write) : IAsyncLogProcessor
{
    /// <inheritdoc/>
    public void Post(IZLoggerEntry log)
    {
        var text = log.ToString();
        var (level, exception) = (log.LogInfo.LogLevel, log.LogInfo.Exception);
        log.Return(); // what it said is gone from here on
        write(level, exception is null ? text : $"{text}: {exception.Message}");
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
