using System.CommandLine;
using System.Text;
using HookAot.Config;
using HookAot.Host;
using HookAot.Model;

namespace HookAot.Applets.Hookctrl;

/// <summary>hookctrl edit: the config in an editor, checked before it is saved, as visudo does.</summary>
internal static class EditVerb
{
    private const int Stdin = 0;

    /// <summary>The verb.</summary>
    public static Command Make()
    {
        const string description = "Open the config in $VISUAL or $EDITOR; it is saved and applied if it has no " +
            "mistakes.";
        var edit = new Command("edit", description);
        edit.SetAction(parsed => Run(Session.Of(parsed)));
        return edit;
    }

    private static int Run(Session session) => EditAndApply.Tell(session, outcome => Run(session, outcome));

    private static int Run(Session session, EditOutcome outcome)
    {
        if (Editor.Find() is not { } editor)
        {
            outcome.Fail("no editor was found, or no terminal for one; name one: EDITOR=/usr/bin/nano hookctrl edit");
            return Session.Refused;
        }

        // In a directory of its own, which nobody else can enter: editors write files of theirs beside it.
        var directory = Directory.CreateTempSubdirectory("hookctrl-");
        var draft = Path.Combine(directory.FullName, Path.GetFileName(session.Paths.Config));
        var original = SmallFile.TryRead(session.Paths.Config, ConfigFile.MaxBytes, out var problem) ?? [];
        if (problem is not null) throw new IOException(problem);
        var offered = original.Length > 0 ? original : Encoding.UTF8.GetBytes(ConfigText.NewFile);
        SmallFile.Replace(draft, offered);

        while (true)
        {
            if (editor.Run(draft) is { } failure)
            {
                outcome.Fail($"{failure}; nothing was saved");
                directory.Delete(recursive: true);
                return Session.Refused;
            }

            var edited = SmallFile.Read(draft, ConfigFile.MaxBytes);
            if (edited.AsSpan().SequenceEqual(offered))
            {
                directory.Delete(recursive: true);
                outcome.Note("nothing was changed");
                return Session.Done;
            }

            var answer = AskAboutHostPorts(session.Paths, original, edited);
            if (answer == Answer.Save)
            {
                outcome.TakeTurn();
                var change = ConfigStore.Exchange(session.Paths, original, edited, session.DryRun, outcome.Note);
                if (change.Refusals.Count == 0)
                {
                    directory.Delete(recursive: true);
                    return EditAndApply.Finish(session, [], change, outcome);
                }

                outcome.EndTurn();
                foreach (var refusal in change.Refusals) Session.Say(refusal);
                answer = Ask("edit again (e), or give up (x)? ");
                if (answer != Answer.EditAgain)
                    foreach (var refusal in change.Refusals) outcome.AddError(refusal);
            }

            if (answer == Answer.EditAgain) continue;
            outcome.Fail($"nothing was saved; what you wrote is in {Printable.Escape(draft)}");
            return Session.Refused;
        }
    }

    private enum Answer
    {
        GiveUp,
        EditAgain,
        Save,
    }

    /// <summary>
    /// What shall become of an edit that takes ports from services of the host. Where nobody can be asked it is saved,
    /// with a warning.
    /// </summary>
    private static Answer AskAboutHostPorts(HostPaths paths, byte[] before, byte[] after)
    {
        if (!CanAsk) return Answer.Save;
        var now = ConfigFile.Parse(after, paths.Config);
        // Mistakes come first.
        if (now.Errors.Any()) return Answer.Save;
        var taken = HostPort.NewlyTaken(paths, ConfigFile.Parse(before, paths.Config), now);
        if (taken.Count == 0) return Answer.Save;
        foreach (var port in taken) Session.Say(port.Danger);
        return Ask("save it all the same (s), edit again (e), or give up (x)? ", mayBeSaved: true);
    }

    private static bool CanAsk => Libc.isatty(Stdin) != 0;

    private static Answer Ask(string question, bool mayBeSaved = false)
    {
        if (!CanAsk) return Answer.GiveUp;
        StandardError.Write($"hookctrl: {question}");
        var answer = new byte[80];
        var length = Descriptor.Read(Stdin, answer);
        if (length <= 0) return Answer.GiveUp;
        return answer[0] switch
        {
            (byte)'e' or (byte)'E' or (byte)'\n' => Answer.EditAgain,
            (byte)'s' or (byte)'S' when mayBeSaved => Answer.Save,
            _ => Answer.GiveUp,
        };
    }
}
