namespace HookAot.Backends;

/// <summary>Something in libvirt's own table that is not as libvirt makes it.</summary>
/// <param name="Message">What it is.</param>
/// <param name="Cure">What puts it right.</param>
internal sealed record LibvirtLeftover(string Message, string Cure);

/// <summary>
/// Finds in libvirt's own table what other hooks have left: rules that libvirt has not made, and its rejects where a
/// hook has deleted them. The forms of libvirt's rules are the same in all versions (src/network/network_nftables.c):
/// <code>
///   forward       counter jump guest_cross, guest_input, guest_output
///   guest_input   [iifname DEV] oif BRIDGE ip daddr NET [ct state related,established] accept ; oif BRIDGE reject
///   guest_output  ip saddr NET iif BRIDGE [oifname DEV] accept ; iif BRIDGE reject
///   guest_cross   iif BRIDGE oif BRIDGE accept
///   guest_nat     ... ip saddr NET ip daddr != NET masquerade or snat ; ... return
/// </code>
/// </summary>
internal static class LibvirtTable
{
    private const string Input = "guest_input", Output = "guest_output", Cross = "guest_cross";

    private const string Reload = "systemctl reload libvirtd (or virtnetworkd)";

    /// <summary>Reads a table as "nft -a list table" prints it.</summary>
    /// <param name="family">ip or ip6.</param>
    /// <param name="listing">The text.</param>
    public static IEnumerable<LibvirtLeftover> Leftovers(string family, string listing)
    {
        var bridges = new List<string>();
        var rejected = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (chain, line) in Rules(listing))
        {
            var text = NftRuleText.WithoutCounter(line);
            var words = text.Split(' ');
            if (!IsLibvirts(chain, words))
            {
                NftRuleText.Split(line, out var handle);
                yield return new(
                    $"libvirt's chain {family} {NftLayout.LibvirtTable} {chain} has a rule of something else: {text}",
                    $"nft delete rule {family} {NftLayout.LibvirtTable} {chain} handle {handle}");
            }
            else if (chain == Cross) bridges.Add(words[1]);
            else if (chain is Input or Output && words.Contains("reject")) rejected.Add($"{chain} {words[1]}");
        }

        foreach (var bridge in bridges)
        {
            if (!rejected.Contains($"{Input} {bridge}"))
            {
                yield return Deleted(family, Input, $"goes to {bridge}", "a neighbour with a route reaches every port");
            }

            if (!rejected.Contains($"{Output} {bridge}"))
                yield return Deleted(family, Output, $"comes from {bridge}", "guests may send from any address");
        }
    }

    private static LibvirtLeftover Deleted(string family, string chain, string what, string effect) =>
        new(
            $"libvirt's reject of what {what} is gone from {family} {NftLayout.LibvirtTable} {chain}: {effect}",
            Reload);

    private static IEnumerable<(string Chain, string Line)> Rules(string listing)
    {
        var chain = "";
        foreach (var line in listing.Split('\n', StringSplitOptions.TrimEntries))
        {
            if (line.Split(' ') is ["chain", var name, ..]) chain = name;
            else if (line == "}") chain = "";
            else if (chain.Length > 0 && line.Length > 0 && !line.StartsWith("type ", StringComparison.Ordinal))
                yield return (chain, line);
        }
    }

    private static bool IsLibvirts(string chain, string[] words) => chain switch
    {
        "forward" => words is [.., "jump", var to] && (to.StartsWith("guest_", StringComparison.Ordinal) || IsOurs(to)),
        Cross => words is [_, var from, _, var to, "accept"] && from == to,
        Input => IsOfNetwork(words, "oif", "daddr"),
        Output => IsOfNetwork(words, "iif", "saddr"),
        "guest_nat" => words.Contains("!=") || words[^1] == "return",
        _ => true,
    };

    private static bool IsOurs(string chain) => chain.StartsWith("hookaot", StringComparison.OrdinalIgnoreCase);

    // An accept for a network on its bridge, or a reject for all else on it; nothing finer.
    private static bool IsOfNetwork(string[] words, string way, string side)
    {
        var (hasBridge, hasNetwork) = (false, false);
        for (var i = 0; i < words.Length; i++)
        {
            switch (words[i])
            {
                case "iif" or "iifname" or "oif" or "oifname":
                    hasBridge |= words[i].StartsWith(way, StringComparison.Ordinal);
                    i++;
                    break;
                case "ip" or "ip6" when i + 2 < words.Length && words[i + 1] == side && words[i + 2].Contains('/'):
                    hasNetwork = true;
                    i += 2;
                    break;
                case "ct" when i + 2 < words.Length && words[i + 1] == "state":
                    i += 2;
                    break;
                case "accept":
                    return hasBridge && hasNetwork;
                case "reject":
                    return hasBridge && !hasNetwork;
                default:
                    return false;
            }
        }

        return false;
    }
}
