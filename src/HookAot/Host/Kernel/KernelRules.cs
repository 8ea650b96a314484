using HookAot.Backends;

namespace HookAot.Host;

/// <summary>What iptables-save says is in the kernel. It grows with everything on the host, so the hook does without it.</summary>
internal static class KernelRules
{
    private const int MaxOutput = 256 * 1024 * 1024;
    private const int PatienceMilliseconds = 30_000;

    /// <summary>Lists the rules of this network namespace.</summary>
    /// <param name="paths">Where iptables is.</param>
    /// <param name="lockFd">See <see cref="Child.Run"/>.</param>
    /// <param name="error">Why there is no answer; null if there is one.</param>
    public static IptablesListing? Read(HostPaths paths, int lockFd, out string? error)
    {
        if (paths.IptablesSave is not { } save)
        {
            error = IptablesTool.Missing;
            return null;
        }

        var listed = Child.Run(save, ["-c"], "", lockFd, Deadline.In(PatienceMilliseconds), MaxOutput);
        error = listed.Succeeded ? null : $"{save} {listed.Description}: {listed.Output.Trim()}";
        return error is null ? IptablesListing.Parse(listed.Output) : null;
    }
}
