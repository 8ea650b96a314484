namespace HookAot.Model;

/// <summary>
/// Names of network interfaces as the kernel takes them (dev_valid_name in net/core/dev.c), narrowed to what is safe
/// as a word of an iptables script and as one component of a path in /sys.
/// </summary>
internal static class InterfaceName
{
    /// <summary>1 to 15 letters, digits and "._-@", not "." or "..", not beginning with "-".</summary>
    public static bool IsValid(string? name)
    {
        if (name is null || name.Length is 0 or > 15 || name is "." or ".." || name[0] == '-') return false;
        foreach (var c in name)
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('.' or '_' or '-' or '@')) return false;
        return true;
    }
}
