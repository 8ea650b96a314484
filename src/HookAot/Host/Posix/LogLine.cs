using HookAot.Model;

namespace HookAot.Host;

/// <summary>A line of the log that has fields of ours.</summary>
internal sealed class LogLine(long time, string tag, uint? stranger, string text, LoggedChange change)
{
    /// <summary>When it was logged, in seconds since 1970.</summary>
    public long Time => time;

    /// <summary>The program that logged it: hookctrl, libvirt-hook-qemu, ...; any text.</summary>
    public string Tag => tag;

    /// <summary>The user who sent it, where the log knows, and that is not root; else null.</summary>
    public uint? Stranger => stranger;

    /// <summary>What it says, as it stands there.</summary>
    public string Text => text;

    /// <summary>What that means.</summary>
    public LoggedChange Change => change;

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
        return new(time, tag.ToString(), stranger: null, text, change);
    }
}
