using System.CommandLine;

namespace HookAot.Applets.Hookctrl;

/// <summary>Arguments and options that more than one verb has.</summary>
internal static class EditArguments
{
    /// <summary>A guest's name.</summary>
    public static Argument<string> MachineName() => new("NAME") { Description = "libvirt's name of the guest." };

    /// <summary>Forwards, one or more.</summary>
    public static Argument<string[]> Forwards() => new("PORT")
    {
        Description = "[IP:]PUBLIC[:VM][/PROTOCOL]: 8080:80, 80,443, https, 5060/udp, 192.168.0.166:8080:80, "
            + "5000-5010:6000-6010/tcp+udp.",
        Arity = ArgumentArity.OneOrMore,
    };

    /// <summary>Takes ports from services of the host.</summary>
    public static Option<bool> TakesHostPorts() => new("--force")
    {
        Description = "Also a port on which a service of this host listens.",
    };
}
