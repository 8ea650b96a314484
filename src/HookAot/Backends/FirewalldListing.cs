using HookAot.Model;

namespace HookAot.Backends;

/// <summary>
/// firewalld's chains for what was translated, as "nft list chain" prints them. They exist with StrictForwardPorts=yes
/// (2.3 and later), and accept a port whatever its protocol, once firewalld itself forwards it
/// (firewall/core/nftables.py).
/// </summary>
internal static class FirewalldListing
{
    /// <summary>Its table, of family inet.</summary>
    public const string Table = "firewalld";

    /// <summary>What drops every packet while "firewall-cmd --panic-on" is in force.</summary>
    public const string PanicTable = "firewalld_policy_drop";

    /// <summary>Whether the chain at the forward hook hands what was translated to a chain of exceptions.</summary>
    public static bool IsStrict(string chain) =>
        chain.Contains("ct status dnat jump", StringComparison.Ordinal);

    /// <summary>Whether a chain of exceptions accepts the ports.</summary>
    public static bool Accepts(string chain, PortRange ports)
    {
        const string match = "ct original proto-dst ";
        foreach (var line in chain.Split('\n', StringSplitOptions.TrimEntries))
        {
            var rule = NftRuleText.WithoutCounter(line);
            var at = rule.IndexOf(match, StringComparison.Ordinal);
            if (at < 0) continue;
            var words = rule[(at + match.Length)..].Split(' ');
            if (words is [var accepted, "accept"]
                && PortRange.TryParse(accepted, out var range)
                && range.First <= ports.First
                && ports.Last <= range.Last) return true;
        }

        return false;
    }
}
