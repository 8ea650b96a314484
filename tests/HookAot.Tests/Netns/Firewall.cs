using System.Text.RegularExpressions;

namespace HookAot.Tests.Netns;

/// <summary>The firewall rules of the world's host.</summary>
internal static partial class Firewall
{
    /// <summary>Runs iptables on the host.</summary>
    /// <returns>What it wrote to stdout.</returns>
    public static Task<string> Iptables(this World world, string arguments) =>
        world.Host.Run($"{world.Variant} {arguments}");

    /// <summary>All rules, without counters.</summary>
    public static async Task<string> Rules(this World world)
    {
        var saved = await world.Host.Run($"{world.Variant}-save");
        return Counters().Replace(Comments().Replace(saved, ""), "");
    }

    /// <summary>The lines among them that are ours.</summary>
    public static async Task<string> OurRules(this World world)
    {
        var lines = (await world.Rules()).Split('\n');
        return string.Join('\n', lines.Where(line => line.Contains("HOOKAOT", StringComparison.Ordinal)));
    }

    [GeneratedRegex(@" \[\d+:\d+\]")]
    private static partial Regex Counters();

    [GeneratedRegex(@"^#.*\n", RegexOptions.Multiline)]
    private static partial Regex Comments();
}
