using HookAot.Model;

namespace HookAot.Host;

/// <summary>A line of the log that has fields of ours.</summary>
/// <param name="Time">Seconds since 1970.</param>
/// <param name="Tag">The program that logged it: hookctrl, libvirt-hook-qemu, ...; any text.</param>
/// <param name="Sender">The user who sent it, where the log knows and it is not root; null where not.</param>
/// <param name="Text">What it says, as it stands there.</param>
/// <param name="Change">What that means.</param>
internal sealed record LogLine(long Time, string Tag, uint? Sender, string Text, LoggedChange Change)
{
    /// <summary>The tags that our programs log under.</summary>
    public static readonly string[] Tags =
        ["hookctrl", "hookaot", NetworkTag, .. LibvirtStatus.Drivers.Select(d => $"libvirt-hook-{d}")];

    /// <summary>The tag of the hook for networks.</summary>
    public const string NetworkTag = $"libvirt-hook-{HostEvent.NetworkDriver}";

    /// <summary>
    /// Reads a line of a syslog file, "TIME host tag[pid]: text", perhaps with a priority in front; null where it is
    /// none of ours.
    /// </summary>
    public static LogLine? Parse(string line)
    {
        if (!line.Contains(StructuredData.Begin, StringComparison.Ordinal)) return null;
        if (LocalTime.Stamp(line, out var length) is not { } time) return null;
        var rest = line.AsSpan(length).TrimStart(' ');

        // busybox's syslogd may leave the host's name out, and puts "daemon.info" there.
        var colon = rest.IndexOf(": ", StringComparison.Ordinal);
        if (colon < 0) return null;
        var head = rest[..colon];
        var tag = head[(head.LastIndexOf(' ') + 1)..];
        if (tag.IndexOf('[') is > 0 and var bracket) tag = tag[..bracket];
        if (Array.IndexOf(Tags, tag.ToString()) < 0) return null;
        var text = rest[(colon + 2)..].ToString();
        if (LoggedChange.Parse(text) is not { } change) return null;
        return new(time, tag.ToString(), Sender: null, text, change);
    }
}
