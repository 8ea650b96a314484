using System.CommandLine;
using HookAot.Host;
using HookAot.Model;

namespace HookAot.Applets.Hookctrl;

/// <summary>hookctrl log: who changed what, and when.</summary>
internal static class LogVerb
{
    private const string UsualSince = "24h";

    private const string HowToSaySince =
        "expected such as 30s, 15m, 2h or 3d, or a time: 2026-11-24, \"2026-11-24 18:00\"";

    /// <summary>The verb.</summary>
    public static Command Make()
    {
        var guest = new Argument<string>("GUEST")
        {
            Description = "Only what is about this guest.",
            Arity = ArgumentArity.ZeroOrOne,
        }.WithMachines();
        var since = new Option<string>("--since")
        {
            Description = "How far back: 30s, 15m, 2h, 3d, or a time such as \"2026-11-24 18:00\"; without it, 24h.",
            HelpName = "TIME",
        };
        var follow = new Option<bool>("--follow") { Description = "Go on with what comes, until interrupted." };
        var noHeaders = TableOptions.NoHeaders();
        const string description = "Show who changed the config and what was opened and closed, when and why: from " +
            "the journal, else from the files of syslog.";
        var log = new Command("log", description) { guest, since, follow, noHeaders };
        log.SetAction(parsed =>
        {
            var (session, isEndless) = (Session.Of(parsed), parsed.GetValue(follow));
            var printer = new LogPrinter(
                session.Json, isEndless, parsed.GetValue(guest), withHead: !parsed.GetValue(noHeaders));
            return Run(session, parsed.GetValue(since), isEndless, printer);
        });
        return log;
    }

    private static int Run(Session session, string? sinceText, bool follow, LogPrinter printer)
    {
        if (LocalTime.Since(sinceText ?? UsualSince, LocalTime.Now) is not { } since)
        {
            var shown = Printable.Shown(sinceText ?? "");
            return Session.RefuseUsage([$"--since: found \"{shown}\"; {HowToSaySince}"]);
        }

        if (Journal.Find(session.Paths, out var isDenied) is { } journal)
            return ReadJournal(journal, since, follow, printer);

        using var files = new SyslogFiles(session.Paths);
        files.Read(since, printer.Add);
        foreach (var problem in files.Problems) Session.Say(problem);
        if (files.Found.Count == 0 && (isDenied || files.IsDenied))
        {
            Session.Say("only root, or a group that may, reads the log: try again with sudo");
            return Session.Refused;
        }

        printer.Flush();
        var where = files.Found.Count > 0 ? $"in {string.Join(", ", files.Found)}" : "";
        if (printer.IsEmpty) SayNothing(where, since);
        while (follow && Output.WaitWithReader(1000))
        {
            files.ReadOn(printer.Add);
            printer.Flush();
        }

        return Session.Done;
    }

    private static int ReadJournal(Journal journal, long since, bool follow, LogPrinter printer)
    {
        var error = journal.Start(since, follow, out var child);
        if (error != 0) throw new IOException($"{journal.Tool} could not be started: {Libc.Words(error)}");

        using var ended = child;
        var lines = new LineReader();
        while (true)
        {
            // What is there is printed before more is waited for.
            if (!Descriptor.IsReady(child.Output, Libc.POLLIN, 0) && follow) printer.Flush();
            if (follow && !Output.WaitFor(child.Output)) return Session.Done;
            if (lines.Read(child.Output, line => Take(line, printer)) <= 0) break;
        }

        printer.Flush();
        if (!child.Succeeded())
        {
            Session.Say($"{journal.Tool} failed");
            return Session.Refused;
        }

        if (printer.IsEmpty) SayNothing("in the journal", since);
        return Session.Done;
    }

    private static void Take(ReadOnlySpan<byte> line, LogPrinter printer)
    {
        try
        {
            if (Journal.Parse(line) is { } entry) printer.Add(entry);
        }
        catch (System.Text.Json.JsonException)
        {
            Session.Say($"journalctl: {Printable.Escape(System.Text.Encoding.UTF8.GetString(line))}");
        }
    }

    private static void SayNothing(string where, long since) => Session.Say(where.Length > 0
        ? $"nothing since {LocalTime.Show(since)} {where}"
        : "there is no syslog nor journal on this host, so nothing is kept");
}
