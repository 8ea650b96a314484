using System.Globalization;
using System.Text;

namespace HookAot.Host;

/// <summary>The person who runs us, for the log: not root, where root was only lent by sudo.</summary>
internal sealed class Caller(string name, uint uid)
{
    /// <summary>The name; the number where nobody knows one.</summary>
    public string Name => name;

    /// <summary>The user's number.</summary>
    public uint Uid => uid;

    private const int MaxBytes = 16 * 1024 * 1024;
    private const uint NotSet = uint.MaxValue; // what /proc/self/loginuid says where nobody logged in, as in a service

    /// <summary>
    /// Who asked sudo, else who logged in, else who runs us. An ordinary user's SUDO_USER may say anything, and is not
    /// believed.
    /// </summary>
    public static Caller Now()
    {
        if (Libc.geteuid() == 0
            && Number(Environment.GetEnvironmentVariable("SUDO_UID")) is { } asked
            && Environment.GetEnvironmentVariable("SUDO_USER") is { Length: > 0 } name) return new(name, asked);

        var login = Number(Text("/proc/self/loginuid").TrimEnd());
        return OfUid(login is null or NotSet ? Libc.getuid() : login.Value);
    }

    /// <summary>
    /// The user of a number, by /etc/passwd itself: a static program has no way to the name services (nsswitch.conf).
    /// </summary>
    public static Caller OfUid(uint uid)
    {
        var number = uid.ToString(CultureInfo.InvariantCulture);
        foreach (var line in Text("/etc/passwd").Split('\n'))
            if (line.Split(':') is [{ Length: > 0 } name, _, var of, ..] && of == number) return new(name, uid);
        return new(number, uid);
    }

    private static uint? Number(string? text) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static string Text(string path) => Encoding.UTF8.GetString(SmallFile.TryRead(path, MaxBytes) ?? []);
}
