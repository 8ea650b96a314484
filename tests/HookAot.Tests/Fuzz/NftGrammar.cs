using System.Net;
using System.Text.RegularExpressions;
using HookAot.Backends;
using static HookAot.Tests.Fuzz.BrokenPromiseException;

namespace HookAot.Tests.Fuzz;

/// <summary>
/// What nft -f may be given: our own tables and our chain in libvirt's, with rules of a few forms. It is read here as
/// nft reads it, a line a command, and packets go through what was read.
/// </summary>
internal sealed partial class NftGrammar
{
    private const string Network = @"[0-9a-f.:]+(?:/\d{1,3})?";
    private const string Port = @"\d{1,5}(?:-\d{1,5})?";
    private const string Key = @"(?:ip6? saddr \. )?(?:ip6? daddr \. )?(?:tcp|udp|sctp) dport";

    private readonly NftState state;

    private NftGrammar(NftState state) => this.state = state;

    /// <summary>Reads a script. Every line is one that we mean.</summary>
    /// <param name="script">The script.</param>
    /// <param name="before">What is there when it begins; null: nobody knows.</param>
    public static NftGrammar Check(IEnumerable<ScriptLine> script, NftState? before = null)
    {
        var read = new NftGrammar(before is null ? new NftState(isKnown: false) : new NftState(before));
        var (set, isDeleted) = ("", false);
        foreach (var text in script.Select(line => line.Text))
        {
            Unless(!text.AsSpan().ContainsAnyExceptInRange(' ', '~'), "a script is plain ASCII", text);
            if (set.Length > 0)
            {
                if (text == "}") set = "";
                else read.Element(set, text, isDeleted);
            }
            else if (Begin().Match(text) is { Success: true } begin)
            {
                (set, isDeleted) = ($"{begin.Groups[2].Value} {begin.Groups[3].Value}", begin.Groups[1].Value != "add");
            }
            else read.Command(text);
        }

        Unless(set.Length == 0, "a list of elements ends");
        return read;
    }

    /// <summary>What is there afterwards.</summary>
    public NftState State => state;

    /// <summary>Where a packet goes; null: it stays as it is.</summary>
    public Destination? Translate(Packet packet, IReadOnlySet<IPAddress> local)
    {
        var (family, loopback) = packet.IsIPv4 ? ("ip", "127.0.0.0/8") : ("ip6", "::1");
        var asked = state.Rules($"{family} hookaot prerouting");
        if (asked is not [var jump]) return null;
        Unless(jump == $"{family} daddr != {loopback} fib daddr type local jump forwards", "prerouting", jump);
        if (Packet.IsIn(packet.Destination, loopback) || !local.Contains(packet.Destination)) return null;
        foreach (var rule in state.Rules($"{family} hookaot forwards"))
        {
            if (rule.EndsWith(" return", StringComparison.Ordinal))
            {
                if (Returns(rule, family, packet)) return null;
            }
            else if (LookUp(rule, family, packet) is { } found) return found;
        }

        return null;
    }

    /// <summary>Whether a translated connection, which begins, is let through to the guest.</summary>
    public bool Accepts(Packet packet)
    {
        var family = packet.IsIPv4 ? "ip" : "ip6";
        foreach (var rule in state.Rules($"{family} libvirt_network hookaot"))
        {
            if (Range().Match(rule) is { Success: true } range)
            {
                if (Packet.IsIn(packet.Destination, range.Groups[1].Value)) return true;
                continue;
            }

            if (NewConnection().Match(rule) is not { Success: true } match) continue;
            if (match.Groups["from"].Success && !Packet.IsIn(packet.Source, match.Groups["from"].Value)) continue;
            if (match.Groups["protocol"].Value != packet.Protocol) continue;
            var elements = match.Groups["elements"].Value.Split(", ").Select(e => e.Split(" . "));
            var isThere = elements.Any(e => Packet.IsIn(packet.Destination, e[0]) && Packet.IsIn(packet.Port, e[1]));
            if (isThere) return true;
        }

        return false;
    }

    private bool Returns(string rule, string family, Packet packet)
    {
        var words = rule.Split(' ');
        var address = words[1] == "saddr" ? packet.Source : packet.Destination;
        if (words[2] != "@not_any") return Packet.IsIn(address, words[2]);
        return Elements(family, "not_any").Any(e => Packet.IsIn(address, e.Key[0]));
    }

    private Destination? LookUp(string rule, string family, Packet packet)
    {
        var maps = MapName().Matches(rule).Select(m => m.Groups[1].Value).ToList();
        var protocol = rule.Contains(" tcp dport", StringComparison.Ordinal) ? "tcp"
            : rule.Contains(" udp dport", StringComparison.Ordinal) ? "udp" : "sctp";
        if (rule.Contains("to udp", StringComparison.Ordinal)) protocol = "udp";
        if (packet.Protocol != protocol || Find(family, maps[0], packet) is not { } data) return null;

        var fields = data.Split(" . ");
        var port = packet.Port;
        if (fields.Length > 1) port = int.Parse(fields[1], null);
        else if (maps.Count > 1)
        {
            // Where the second map has none, nft translates nothing.
            if (Find(family, maps[1], packet) is not { } second) return null;
            port = int.Parse(second, null);
        }

        return new Destination(IPAddress.Parse(fields[0]), port);
    }

    private string? Find(string family, string map, Packet packet)
    {
        string? found = null;
        foreach (var (key, data) in Elements(family, map))
        {
            var isMet = key.Length switch
            {
                1 => Packet.IsIn(packet.Port, key[0]),
                2 => Packet.IsIn(packet.Destination, key[0]) && Packet.IsIn(packet.Port, key[1]),
                _ => Packet.IsIn(packet.Source, key[0])
                    && Packet.IsIn(packet.Destination, key[1])
                    && Packet.IsIn(packet.Port, key[2]),
            };
            if (!isMet) continue;
            Unless(found is null || found == data, "a packet has one way", $"{map}: {found} and {data}");
            found = data;
        }

        return found;
    }

    private IEnumerable<(string[] Key, string Data)> Elements(string family, string set) =>
        state.Elements($"{family} {set}").Select(e => (e.Key.Split(" . "), e.Data));

    private void Element(string set, string text, bool isDeleted)
    {
        var match = ElementForm().Match(text);
        Unless(match.Success, "an element is as it should be", text);
        var (data, comment) = (match.Groups["data"].Value, match.Groups["comment"].Value);
        state.Element(set, match.Groups["key"].Value, $"{data}\t{comment}", !isDeleted);
    }

    private void Command(string text)
    {
        if (Rule().Match(text) is { Success: true } rule)
        {
            var body = rule.Groups["rule"].Value;
            Unless(RuleForm().IsMatch(body), "a rule has one of our forms", text);
            Unless(NftScript.Hash(body) == rule.Groups["hash"].Value, "a rule says its own hash", text);
            state.Rule(rule.Groups["chain"].Value, body);
            return;
        }

        var match = Structure().Match(text);
        Unless(match.Success, "a line is a command of ours", text);
        var verb = match.Groups["verb"].Value;
        var family = match.Groups["family"].Value;
        if (match.Groups["set"].Success) state.Set($"{family} {match.Groups["set"].Value}", match.Groups["type"].Value);
        else if (match.Groups["chain"].Success)
            state.Chain($"{family} hookaot {match.Groups["chain"].Value}", match.Groups["type"].Value);
        else if (match.Groups["rule"].Success) state.Jump($"{family} libvirt_network hookaot", verb == "insert");
        else if (match.Groups["libvirt"].Success && verb == "add") state.Chain($"{family} libvirt_network hookaot", "");
        else if (match.Groups["libvirt"].Success) state.Empty($"{family} libvirt_network hookaot", verb == "delete");
        else state.Table(family, verb == "add");
    }

    [GeneratedRegex("^(add|delete) element (ip6?) hookaot ([a-z_]+) {$")]
    private static partial Regex Begin();

    [GeneratedRegex(
        $"^(?<key>(?:{Network} \\. )*(?:{Port}|{Network}))" +
        "(?: counter packets \\d+ bytes \\d+)?" +
        "(?: comment \"(?<comment>[A-Za-z0-9._+:@-]{1,60}(?:/[A-Za-z0-9._+:@-]{0,50})?(?: \\d{1,5}-\\d{1,5})?)\")?" +
        $"(?: : (?<data>{Network}(?: \\. {Port})?|{Port}))?,$")]
    private static partial Regex ElementForm();

    [GeneratedRegex(
        "^add rule (?<chain>ip6? (?:hookaot [a-z_]+|libvirt_network hookaot)) (?<rule>.+) " +
        "comment \"(?<hash>[0-9a-f]{16})\"$")]
    private static partial Regex Rule();

    [GeneratedRegex(
        "^(?:(?<verb>add|delete) table (?<family>ip6?) hookaot"
        + "|add (?:map|set) (?<family>ip6?) hookaot (?<set>[a-z_]+) "
        + "{ (?<type>type [a-z0-9_. :]+ ;(?: flags interval ;)?(?: counter ;)?) }"
        + "|add chain (?<family>ip6?) hookaot (?<chain>[a-z_]+)"
        + "(?: { (?<type>type (?:nat|filter) hook [a-z]+ priority -?[0-9]+ ;) })?"
        + "|(?<verb>add|flush|delete) (?<libvirt>chain) (?<family>ip6?) libvirt_network hookaot"
        + "|(?<verb>delete) (?<rule>rule) (?<family>ip6?) libvirt_network forward handle [0-9]+"
        + "|(?<verb>insert) (?<rule>rule) (?<family>ip6?) libvirt_network forward jump hookaot)$")]
    private static partial Regex Structure();

    [GeneratedRegex(
        "^(?:ip6 [sd]addr fe80::/10 return"
        + "|ip6? daddr @not_any return"
        + $"|dnat ip6? addr \\. port to {Key} map @[a-z_]+"
        + $"|dnat to {Key} map @[a-z_]+(?: : {Key} map @[a-z_]+)?"
        + "|ip6? daddr != [0-9a-f.:/]+ fib daddr type local jump forwards"
        + "|ip daddr 127\\.0\\.0\\.1 jump localhost"
        + $"|ct status dnat {Key} @[a-z_]+ masquerade"
        + $"|ct status & dnat != dnat ip6? saddr {Network} "
        + $"ip6? daddr != {{ {Network}(?:, {Network})+ }} snat to {Network}"
        + "|iifname \"[A-Za-z0-9._@][A-Za-z0-9._@-]{0,14}\" ip daddr 127\\.0\\.0\\.0/8 drop"
        + $"|ct status dnat ct direction reply ip6? saddr {{ {Network}(?:, {Network})* }} accept"
        + "|ct status dnat ct direction original ct state established,related "
        + $"ip6? daddr {{ {Network}(?:, {Network})* }} accept"
        + $"|ct status dnat ct direction original (?:ip6? saddr {Network} )?ip6? daddr \\. (?:tcp|udp|sctp) dport "
        + $"{{ {Network} \\. {Port}(?:, {Network} \\. {Port})* }} accept"
        + $"|ip6? daddr {Network} accept"
        + $"|ip6? saddr {Network} ct state established,related accept)$")]
    private static partial Regex RuleForm();

    [GeneratedRegex("@([a-z_]+)")]
    private static partial Regex MapName();

    [GeneratedRegex($"^ip6? daddr ({Network}) accept$")]
    private static partial Regex Range();

    [GeneratedRegex(
        $"^ct status dnat ct direction original (?:ip6? saddr (?<from>{Network}) )?"
        + "ip6? daddr \\. (?<protocol>[a-z]+) dport { (?<elements>[^}]+) } accept$")]
    private static partial Regex NewConnection();
}
