using Microsoft.Extensions.Logging;

namespace HookAot.Host;

/// <summary>
/// Leaves out what is below a level. LoggerFactory would do that too, but asks each provider's attributes for it by
/// reflection, and brings the tracing of activities along: 0.1 ms of each start.
/// </summary>
/// <param name="logger">Takes the others.</param>
/// <param name="least">The least that is wanted.</param>
internal sealed class LevelLogger(ILogger logger, LogLevel least) : ILogger
{
    /// <inheritdoc/>
    public bool IsEnabled(LogLevel logLevel) => logLevel >= least && logger.IsEnabled(logLevel);

    /// <inheritdoc/>
    public void Log<TState>(
        LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel)) logger.Log(logLevel, eventId, state, exception, formatter);
    }

    /// <inheritdoc/>
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => logger.BeginScope(state);
}
