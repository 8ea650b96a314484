using System.Text;
using HookAot.Config;

namespace HookAot.Host;

/// <summary>The host's names of services: by the file itself, since a static program has no name services.</summary>
internal static class Services
{
    /// <summary>Where they are (services(5)).</summary>
    public const string File = "/etc/services";

    // Debian's has 13 kB, IANA's whole list 1 MB.
    private const int MaxBytes = 8 * 1024 * 1024;

    /// <summary>Reads it; nothing where it is not there.</summary>
    public static ServiceNames Read() => new(Encoding.UTF8.GetString(SmallFile.TryRead(File, MaxBytes) ?? []));
}
