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
        Description = "PUBLIC[:VM][/PROTOCOL]: 8080:80, 443, 5060/udp, 5000-5010:6000-6010/tcp+udp.",
        Arity = ArgumentArity.OneOrMore,
    };
}
