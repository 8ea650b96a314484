using System.CommandLine;
using HookAot.Host;
using Microsoft.Extensions.Logging;

namespace HookAot.Applets.Hookctrl;

/// <summary>hookctrl watch: everything that no event of libvirt's tells of.</summary>
internal static class WatchVerb
{
    private const string Tag = "hookaot";

    /// <summary>The verb.</summary>
    public static Command Make()
    {
        var watch = new Command(
            "watch",
            "Put the rules in place whenever something has changed that libvirt's hooks do not tell: a guest's first " +
            "lease, an edited config, rules that another program took out. Runs until it is killed; hookaot.service " +
            "runs it. With --json each line of the log is an object on standard output, as log --follow has them.");
        watch.SetAction(parsed => Run(Session.Of(parsed)));
        return watch;
    }

    private static int Run(Session session)
    {
        if (!Session.IsRoot("watch the rules")) return Session.Refused;

        using var watcher = new Watcher(session.Paths, OpenLog(session));
        Session.Say(watcher.Run());
        return Session.Refused;
    }

    /// <summary>The system's log; at a terminal the person who sits there, and with --json a program.</summary>
    private static ILogger OpenLog(Session session)
    {
        var debug = ConfigFile.Read(session.Paths).Config?.Debug ?? false;
        var level = debug ? LogLevel.Debug : LogLevel.Information;
        if (session.Json) return Syslog.Open(JsonLog.Write, Tag, level);
        return Libc.isatty(2) != 0
            ? Syslog.OpenStandardError(Tag, level)
            : Syslog.Open(session.Paths.LogSocket, Tag, debug);
    }
}
