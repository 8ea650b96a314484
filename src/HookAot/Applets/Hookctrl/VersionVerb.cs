using System.CommandLine;
using System.Reflection;

namespace HookAot.Applets.Hookctrl;

/// <summary>hookctrl version.</summary>
internal static class VersionVerb
{
    /// <summary>The verb.</summary>
    public static Command Make()
    {
        var version = new Command("version", "Show the version, and what it was built from.");
        version.SetAction(parsed => Run(Session.Of(parsed).Json));
        return version;
    }

    /// <summary>Shows "hookaot 0.1.0+SOURCE".</summary>
    /// <param name="json">Whether a program asks.</param>
    public static int Run(bool json = false)
    {
        var version = typeof(VersionVerb).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>();
        var words = version?.InformationalVersion ?? "";
        if (json) HookctrlJson.Write(new VersionRow(words));
        else Output.Write($"hookaot {words}\n");
        return Session.Done;
    }
}
