using System.CommandLine;
using HookAot.Config;
using HookAot.Host;

namespace HookAot.Applets.Hookctrl;

/// <summary>hookctrl import: the configuration of another hook.</summary>
internal static class ImportVerb
{
    /// <summary>The verb.</summary>
    public static Command Make()
    {
        var file = new Argument<string>("FILE")
        {
            Description = "Its hooks.json, such as /etc/libvirt/hooks/hooks.json.",
        };
        const string description = "Take over the hooks.json of saschpe's libvirt-hook-qemu. Guests that the config " +
            "has already stay as they are; what cannot be taken over is named.";
        var import = new Command("import", description) { file };
        import.SetAction(parsed => Run(Session.Of(parsed), parsed.GetValue(file)!));
        return import;
    }

    private static int Run(Session session, string file)
    {
        var hooks = HooksJson.Read(SmallFile.Read(file, ConfigFile.MaxBytes), file, KnownGuests(session));
        foreach (var finding in hooks.Mistakes.Concat(hooks.Notes)) StandardError.WriteLine(finding.ToString());
        if (!hooks.Mistakes.IsEmpty)
        {
            Session.Say("nothing was taken over; correct the file, and import it again");
            return Session.Refused;
        }

        // The other hook may have left rules where nobody looks for them.
        foreach (var leftover in LibvirtLeftovers.Read()) Session.Say($"{leftover.Message}; do: {leftover.Cure}");
        if (!hooks.Edits.IsEmpty) return EditAndApply.Run(session, hooks.Edits, force: true);
        Session.Say($"{file} has no guest that the config lacks");
        return Session.Done;
    }

    private static HashSet<string> KnownGuests(Session session)
    {
        if (!File.Exists(session.Paths.Config) || session.UsableConfig() is not { } config) return [];
        return config.Machines.Select(m => m.Name).ToHashSet(StringComparer.Ordinal);
    }
}
