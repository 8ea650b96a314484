using System.CommandLine;
using HookAot.Config;
using HookAot.Host;

namespace HookAot.Applets.Hookctrl;

/// <summary>hookctrl import: the configuration of another hook.</summary>
internal static class ImportVerb
{
    private const string Stdin = "-";

    /// <summary>The verb.</summary>
    public static Command Make()
    {
        var file = new Argument<string>("FILE")
        {
            Description = "Its hooks.json, such as /etc/libvirt/hooks/hooks.json; - for standard input.",
        };
        const string description = "Take over the hooks.json of saschpe's libvirt-hook-qemu. Guests that the config " +
            "has already stay as they are; what cannot be taken over is named.";
        var import = new Command("import", description) { file };
        import.SetAction(parsed => Run(Session.Of(parsed), parsed.GetValue(file)!));
        return import;
    }

    private static int Run(Session session, string file)
    {
        var hooks = HooksJson.Read(Content(file), file == Stdin ? "standard input" : file, KnownGuests(session));
        foreach (var finding in hooks.Mistakes.Concat(hooks.Notes)) StandardError.WriteLine(finding.ToString());
        if (!hooks.Mistakes.IsEmpty)
        {
            return EditAndApply.Refuse(session, "nothing was taken over; correct the file, and import it again");
        }

        // The other hook may have left rules where nobody looks for them.
        foreach (var leftover in LibvirtLeftovers.Read()) Session.Say($"{leftover.Message}; do: {leftover.Cure}");
        if (!hooks.Edits.IsEmpty) return EditAndApply.Run(session, hooks.Edits, force: true);
        return EditAndApply.ChangeNothing(session, $"{file} has no guest that the config lacks");
    }

    private static byte[] Content(string file)
    {
        if (file != Stdin) return SmallFile.Read(file, ConfigFile.MaxBytes);
        var deadline = Deadline.In(Limits.All);
        return StandardInput.Read(ConfigFile.MaxBytes, deadline, out var problem) ?? throw new IOException(problem);
    }

    private static HashSet<string> KnownGuests(Session session)
    {
        if (session.UsableConfig() is not { } config) return [];
        return config.Machines.Select(m => m.Name).ToHashSet(StringComparer.Ordinal);
    }
}
