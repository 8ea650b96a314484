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
        var listed = Run(iptables, ["-c"], lockFd, deadline);
        if (listed.Succeeded && IsWhole(listed.Output)) return IptablesListing.Parse(listed.Output, ipv4);

        if (listed.Succeeded)
        {
            problem = $"{iptables}-save ended in the middle of a table";
            return null;
        }

        problem = $"{iptables}-save {listed.Description}: {listed.Output.Trim()}";
        return null;
    }

    /// <summary>Lists the rules of the table nat only, for what they count; null if that cannot be had.</summary>
    public static IptablesListing? ReadNat(string iptables, bool ipv4, int lockFd, Deadline deadline)
    {
        var listed = Run(iptables, ["-c", "-t", "nat"], lockFd, deadline);
        return listed.Succeeded && IsWhole(listed.Output) ? IptablesListing.Parse(listed.Output, ipv4) : null;
    }

    // It ends with 0 also where a message of the kernel's was lost to it (iptables 1.8.9).
    private static bool IsWhole(string output)
    {
        var table = output.LastIndexOf("\n*", StringComparison.Ordinal);
        return table < 0 || output.IndexOf("\nCOMMIT", table, StringComparison.Ordinal) >= 0;
    }

    private static ChildResult Run(string iptables, string[] arguments, int lockFd, Deadline deadline) =>
        Child.Run(iptables + "-save", arguments, "", lockFd, deadline.AtMost(Limits.Tool), MaxOutput);
}
