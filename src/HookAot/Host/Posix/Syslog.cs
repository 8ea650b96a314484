using System.Globalization;
using System.Text;
using HookAot.Model;
using Microsoft.Extensions.Logging;
using ZLogger;
using ZLogger.Providers;

namespace HookAot.Host;

/// <summary>
/// The log: one RFC 3164 datagram a line to the syslog socket, or a line on stderr where there is no socket.
/// </summary>
internal sealed class Syslog
{
    private const int Daemon = 3 << 3; // facility "system daemons" (RFC 3164, 4.1.1)
    private const int MaxLine = 8192;  // what journald and rsyslog take by default
    private const int Informational = 6;
    private static readonly string Harmless = "\\u005b" + StructuredData.Begin[1..];

    private readonly string socketPath;
    private readonly string tag;
    private int socket;

    private Syslog(string socketPath, string tag)
    {
        this.socketPath = socketPath;
        this.tag = tag;
        socket = UnixDatagram.Connect(socketPath);
    }

    /// <summary>A logger that writes under "tag[pid]".</summary>
    /// <param name="socketPath">The syslog socket.</param>
    /// <param name="tag">Such as libvirt-hook-qemu.</param>
    /// <param name="debug">Whether debug messages are wanted.</param>
    public static ILogger Open(string socketPath, string tag, bool debug) =>
        Open(socketPath, tag, debug ? LogLevel.Debug : LogLevel.Information);

    private static ILogger Open(string socketPath, string tag, LogLevel level) =>
        Open(new Syslog(socketPath, tag).Write, tag, level);

    /// <summary>A logger that writes elsewhere.</summary>
    /// <param name="write">Takes a line.</param>
    /// <param name="tag">The program.</param>
    /// <param name="level">The least that is wanted.</param>
    public static ILogger Open(Action<LogLevel, string> write, string tag, LogLevel level)
    {
        var options = new ZLoggerOptions { InternalErrorLogger = e => StandardError.WriteLine($"{tag}: {e.Message}") };
#pragma warning disable CA2000 // It lives as long as the process, and there is nothing to flush.
        var provider = new ZLoggerLogProcessorLoggerProvider(new LogProcessor(write), options);
#pragma warning restore CA2000
        return new LevelLogger(provider.CreateLogger(tag), level);
    }

    /// <summary>A logger for a person at a terminal: lines on stderr.</summary>
    public static ILogger OpenStandardError(string tag, LogLevel level) => Open("", tag, level);

    private void Write(LogLevel level, string line)
    {
        var text = Printable.Escape(line);
        var severity = level switch
        {
            LogLevel.Critical => 2,
            LogLevel.Error => 3,
            LogLevel.Warning => 4,
            LogLevel.Information => Informational,
            LogLevel.Trace or LogLevel.Debug or LogLevel.None => 7,
            _ => 6,
        };
        // A guest's name at the end of an error must not pass for fields.
        if (level != LogLevel.Information)
            text = text.Replace(StructuredData.Begin, Harmless, StringComparison.Ordinal);
        if (!Send(severity, text)) StandardError.WriteLine($"{tag}: {text}");
    }

    /// <summary>Logs a sentence, which is lost where nobody listens.</summary>
    /// <param name="socketPath">The syslog socket.</param>
    /// <param name="tag">The program.</param>
    /// <param name="text">The sentence.</param>
    public static void TryNote(string socketPath, string tag, string text)
    {
        var socket = UnixDatagram.Connect(socketPath);
        if (socket < 0) return;
        _ = UnixDatagram.Send(socket, Datagram(Informational, tag, Printable.Escape(text)));
        _ = Libc.close(socket);
    }

    private bool Send(int severity, string text)
    {
        var whole = Datagram(severity, tag, text);
        if (socket >= 0 && UnixDatagram.Send(socket, whole)) return true;

        // The receiver may have been started, or started anew, since: a watcher lives for months.
        if (socket >= 0) _ = Libc.close(socket);
        socket = UnixDatagram.Connect(socketPath);
        return socket >= 0 && UnixDatagram.Send(socket, whole);
    }

    private static ReadOnlySpan<byte> Datagram(int severity, string tag, string text)
    {
        // The receiver stamps the line itself; RFC 3164 wants one all the same, in English and padded with a space.
        var now = DateTime.UtcNow;
        var line = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture,
            $"<{Daemon | severity}>{now:MMM} {now.Day,2} {now:HH:mm:ss} {tag}[{Environment.ProcessId}]: {text}"));
        return line.AsSpan(0, Math.Min(line.Length, MaxLine));
    }
}
