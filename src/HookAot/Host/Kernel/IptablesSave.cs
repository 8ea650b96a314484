using HookAot.Backends;

namespace HookAot.Host;

/// <summary>
/// What iptables-save or ip6tables-save says is in the kernel. It grows with everything on the host, so the hook does
/// without it.
/// </summary>
internal static class IptablesSave
{
    private const int MaxOutput = 256 * 1024 * 1024;

    /// <summary>Lists the rules of this network namespace.</summary>
    /// <param name="iptables">The iptables or ip6tables whose save tool is asked.</param>
    /// <param name="ipv4">Which of both it is.</param>
    /// <param name="lockFd">See <see cref="Child.Run"/>.</param>
    /// <param name="deadline">When it has to have answered.</param>
    /// <param name="problem">Why there is no answer; null if there is one.</param>
    public static IptablesListing? Read(
        string iptables, bool ipv4, int lockFd, Deadline deadline, out string? problem)
    {
        problem = null;
        var tool = iptables + "-save";
        var listed = Child.Run(tool, ["-c"], "", lockFd, deadline.AtMost(Limits.Tool), MaxOutput);
        if (listed.Succeeded) return IptablesListing.Parse(listed.Output, ipv4);

        problem = $"{tool} {listed.Description}: {listed.Output.Trim()}";
        return null;
    }
}
