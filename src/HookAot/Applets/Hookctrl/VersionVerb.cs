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
        version.SetAction(_ => Run());
        return version;
    }

    /// <summary>Shows "hookaot 0.1.0+SOURCE".</summary>
    public static int Run()
    {
        var version = typeof(VersionVerb).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>();
        Output.Write($"hookaot {version?.InformationalVersion}\n");
        return Session.Done;
    }
}
