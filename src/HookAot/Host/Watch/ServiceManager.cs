using System.Globalization;

namespace HookAot.Host;

/// <summary>
/// Tells systemd how we are (sd_notify(3)); nothing where it has not started us. The watchdog is on only while we work:
/// who sleeps in poll(2) cannot hang, and need not wake up to say so.
/// </summary>
internal sealed class ServiceManager
{
    // Longer than any converge may take.
    private const long WatchdogMicroseconds = 2L * Limits.All * 1000;

    private readonly int socket;

    /// <summary>Connects to the socket that the environment names.</summary>
    public ServiceManager()
    {
        var path = Environment.GetEnvironmentVariable("NOTIFY_SOCKET");
        socket = path is { Length: > 0 } ? UnixDatagram.Connect(path) : -1;
    }

    /// <summary>Everything is in force for the first time.</summary>
    public void Ready() => Tell("READY=1");

    /// <summary>Work begins.</summary>
    public void Working() => Tell(string.Create(CultureInfo.InvariantCulture, $"WATCHDOG_USEC={WatchdogMicroseconds}"));

    /// <summary>Work has ended.</summary>
    /// <param name="status">What 'systemctl status' shows, in one line.</param>
    public void Idle(string status) => Tell($"WATCHDOG_USEC=0\nSTATUS={status}");

    private void Tell(string text)
    {
        if (socket >= 0) UnixDatagram.Send(socket, text);
    }
}
