using System.CommandLine;
using System.Text;
using HookAot.Config;
using HookAot.Host;
using HookAot.Model;

namespace HookAot.Applets.Hookctrl;

/// <summary>hookctrl edit: the config in an editor, checked before it is saved, as visudo does.</summary>
internal static class EditVerb
{
    /// <summary>The verb.</summary>
    public static Command Make()
    {
        const string description = "Open the config in $VISUAL or $EDITOR; it is saved and applied if it has no " +
            "mistakes.";
        var edit = new Command("edit", description);
        edit.SetAction(parsed => Run(Session.Of(parsed)));
        return edit;
    }

    private static int Run(Session session)
    {
        if (Editor.Find() is not { } editor)
        {
            Session.Say("no editor was found; name one: EDITOR=/usr/bin/nano hookctrl edit");
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
                Session.Say($"{failure}; nothing was saved");
                directory.Delete(recursive: true);
                return Session.Refused;
            }

            var edited = SmallFile.Read(draft, ConfigFile.MaxBytes);
            if (edited.AsSpan().SequenceEqual(offered))
            {
                directory.Delete(recursive: true);
                Session.Say("nothing was changed");
                return Session.Done;
            }

            var change = ConfigStore.Exchange(session.Paths, original, edited, session.DryRun, Session.Say);
            if (change.Refusals.Count == 0)
            {
                directory.Delete(recursive: true);
                return EditAndApply.Finish(session, [], change);
            }

            foreach (var refusal in change.Refusals) Session.Say(refusal);
            if (WantsToGoOn()) continue;
            Session.Say($"nothing was saved; what you wrote is in {Printable.Escape(draft)}");
            return Session.Refused;
        }
    }

    private static bool WantsToGoOn()
    {
        const int Stdin = 0;
        if (Libc.isatty(Stdin) == 0) return false;
        StandardError.Write("hookctrl: edit again (e), or give up (x)? ");
        var answer = new byte[80];
        var length = Descriptor.Read(Stdin, answer);
        return length > 0 && answer[0] is (byte)'e' or (byte)'E' or (byte)'\n';
    }
}
