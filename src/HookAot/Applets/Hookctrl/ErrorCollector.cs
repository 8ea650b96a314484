using HookAot.Model;
using Microsoft.Extensions.Logging;

namespace HookAot.Applets.Hookctrl;

/// <summary>
/// Keeps the errors of a converge, which are to be said together with what they mean; the rest is logged.
/// </summary>
internal sealed class ErrorCollector(ILogger rest) : ILogger
{
    private readonly List<string> errors = [];
    private readonly List<string> warnings = [];

    /// <summary>The errors so far, safe for a terminal.</summary>
    public IReadOnlyList<string> Errors => errors;

    /// <summary>The warnings so far, which are logged as well.</summary>
    public IReadOnlyList<string> Warnings => warnings;

    /// <inheritdoc/>
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => rest.BeginScope(state);

    /// <inheritdoc/>
    public bool IsEnabled(LogLevel logLevel) => rest.IsEnabled(logLevel);

    /// <inheritdoc/>
    public void Log<TState>(
        LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter)
    {
        if (logLevel >= LogLevel.Error)
        {
            errors.Add(Printable.Escape(formatter(state, exception)));
            return;
        }

        if (logLevel == LogLevel.Warning) warnings.Add(Printable.Escape(formatter(state, exception)));
        rest.Log(logLevel, eventId, state, exception, formatter);
    }
}
