using System.Net;
using System.Text.RegularExpressions;
using HookAot.Backends;
using static HookAot.Tests.Fuzz.BrokenPromiseException;

namespace HookAot.Tests.Fuzz;

/// <summary>
/// What iptables-restore may be given: our own chains, and rules of a few words. It is read here as that tool reads it,
/// and not as it was printed, so that a name which smuggles a word or a line in becomes another rule, or none.
/// </summary>
internal sealed partial class IptablesGrammar
{
    private readonly Dictionary<string, List<Dictionary<string, string>>> chains = new(StringComparer.Ordinal);

    /// <summary>Reads a script. Every line is one that we mean.</summary>
    public static IptablesGrammar Check(string script, bool ipv4)
    {
        var read = new IptablesGrammar();
        var table = "";
        Unless(script.Length == 0 || script.EndsWith('\n'), "a script ends with a line end");
        foreach (var line in script.Split('\n')[..^1])
        {
            Unless(!line.AsSpan().ContainsAnyExceptInRange(' ', '~'), "a script is plain ASCII", line);
            if (table.Length == 0)
            {
                Unless(line is "*nat" or "*filter" or "*raw", "a table begins", line);
                table = line[1..];
            }
            else if (line == "COMMIT") table = "";
            else read.Command(table, CounterPrefix().Replace(line, ""), ipv4);
        }

        Unless(table.Length == 0, "each table ends with COMMIT");
        return read;
    }

    /// <summary>Where a packet goes; null: it stays as it is.</summary>
    /// <param name="packet">It comes from outside.</param>
    /// <param name="local">The host's addresses.</param>
    public Destination? Translate(Packet packet, IReadOnlySet<IPAddress> local) =>
        Walk(IptablesLayout.Dnat, packet, local) is { } rule ? To(rule, packet) : null;

    /// <summary>Whether a translated connection, which begins, is let through to the guest.</summary>
    public bool Accepts(Packet translated, IReadOnlySet<IPAddress> local) =>
        Walk(IptablesLayout.Forwards, translated, local) is not null
        || Walk(IptablesLayout.Ranges, translated, local) is not null;

    private static Destination To(Dictionary<string, string> rule, Packet packet)
    {
        var match = DestinationForm().Match(rule["--to-destination"]);
        var address = IPAddress.Parse(match.Groups["address"].Value.Trim('[', ']'));
        if (!match.Groups["first"].Success) return new(address, packet.Port);
        var first = int.Parse(match.Groups["first"].Value, null);
        // "first-last/base": as far behind the first port as the packet's is behind the base.
        if (match.Groups["base"].Success) first += packet.Port - int.Parse(match.Groups["base"].Value, null);
        return new(address, first);
    }

    /// <summary>The rule that ends the way of a packet through a chain of ours; null if none does.</summary>
    private Dictionary<string, string>? Walk(string chain, Packet packet, IReadOnlySet<IPAddress> local)
    {
        foreach (var rule in chains.GetValueOrDefault(chain) ?? [])
        {
            if (!Matches(rule, packet, local)) continue;
            switch (rule["-j"])
            {
                case "RETURN":
                    return null;
                case IptablesLayout.Local:
                    if (Walk(IptablesLayout.Local, packet, local) is { } inner) return inner;
                    break;
                default:
                    return rule;
            }
        }

        return null;
    }

    private static bool Matches(Dictionary<string, string> rule, Packet packet, IReadOnlySet<IPAddress> local)
    {
        foreach (var (word, value) in rule)
        {
            var matches = word switch
            {
                "-s" => Packet.IsIn(packet.Source, value),
                "-d" => Packet.IsIn(packet.Destination, value),
                "! -d" => !Packet.IsIn(packet.Destination, value),
                "-p" => packet.Protocol == value,
                "--dport" => Packet.IsIn(packet.Port, value),
                "--dports" => value.Split(',').Any(p => Packet.IsIn(packet.Port, p)),
                "-o" => false, // at prerouting there is none
                "--dst-type" => local.Contains(packet.Destination),
                "--ctdir" => value == "ORIGINAL",
                "--ctstate" => value == "DNAT", // it is new
                _ => true,
            };
            if (!matches) return false;
        }

        return true;
    }

    private void Command(string table, string line, bool ipv4)
    {
        if (ChainLine().Match(line) is { Success: true } chain)
        {
            Unless(IsOurs(table, chain.Groups["chain"].Value, ipv4), "a chain is one of ours", line);
            return;
        }

        if (line is ['-', 'I' or 'D', ' ', .. var jump])
        {
            var jumps = IptablesLayout.Parts(ipv4).Where(p => p.Table == table).SelectMany(p => p.Jumps);
            Unless(jumps.Contains(jump), "a jump is one of ours", line);
            return;
        }

        var words = line.Split(' ');
        Unless(words is ["-A", _, ..], "a line is a command", line);
        Unless(IsOurs(table, words[1], ipv4), "a rule is in a chain of ours", line);
        if (!chains.TryGetValue(words[1], out var rules)) chains[words[1]] = rules = [];
        rules.Add(Rule(words[2..], line));
    }

    private static bool IsOurs(string table, string chain, bool ipv4) =>
        IptablesLayout.Parts(ipv4).Any(p => p.Table == table && p.Chains.Contains(chain));

    /// <summary>A rule's words with their values.</summary>
    private static Dictionary<string, string> Rule(string[] words, string line)
    {
        var rule = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var i = 0; i < words.Length; i += 2)
        {
            var word = words[i];
            if (word == "!") word = $"! {words[++i]}";
            Unless(i + 1 < words.Length, "a word has a value", line);
            var isGood = Value(word)?.IsMatch(words[i + 1]) ?? false;
            Unless(isGood, $"a value of {word} is as it should be", line);
            if (word != "-m") Unless(rule.TryAdd(word, words[i + 1]), "a word stands once", line);
        }

        Unless(rule.TryGetValue("-j", out var target), "a rule has a target", line);
        Unless(rule.ContainsKey("--to-destination") == (target == "DNAT"), "DNAT has a destination", line);
        Unless(rule.ContainsKey("--to-source") == (target == "SNAT"), "SNAT has a source", line);
        return rule;
    }

    private static Regex? Value(string word) => word switch
    {
        "-s" or "-d" or "! -d" or "--to-source" => Network(),
        "-p" => Protocol(),
        "-m" => Module(),
        "--dport" => Ports(),
        "--dports" => PortList(),
        "-i" or "-o" => Interface(),
        "--dst-type" or "--ctdir" or "--ctstate" => Upper(),
        "--comment" => Comment(),
        "--to-destination" => DestinationForm(),
        "-j" => Target(),
        _ => null,
    };

    [GeneratedRegex(@"^\[[0-9]+:[0-9]+\] ")]
    private static partial Regex CounterPrefix();

    [GeneratedRegex(@"^(?:-[NX] (?<chain>[A-Z-]+)|:(?<chain>[A-Z-]+) - \[0:0\])$")]
    private static partial Regex ChainLine();

    [GeneratedRegex(@"^[0-9a-f.:]+(/[0-9]{1,3})?$")]
    private static partial Regex Network();

    [GeneratedRegex("^(tcp|udp|sctp)$")]
    private static partial Regex Protocol();

    [GeneratedRegex("^(tcp|udp|sctp|multiport|conntrack|addrtype|comment)$")]
    private static partial Regex Module();

    [GeneratedRegex("^[1-9][0-9]{0,4}(:[1-9][0-9]{0,4})?$")]
    private static partial Regex Ports();

    [GeneratedRegex("^[1-9][0-9]{0,4}(:[1-9][0-9]{0,4})?(,[1-9][0-9]{0,4}(:[1-9][0-9]{0,4})?){1,14}$")]
    private static partial Regex PortList();

    [GeneratedRegex("^[A-Za-z0-9._@][A-Za-z0-9._@-]{0,14}$")]
    private static partial Regex Interface();

    [GeneratedRegex("^(LOCAL|ORIGINAL|REPLY|DNAT|RELATED,ESTABLISHED)$")]
    private static partial Regex Upper();

    [GeneratedRegex("^\"[A-Za-z0-9._+:@-]{1,60}(/[A-Za-z0-9._+:@-]{0,50})?\"$")]
    private static partial Regex Comment();

    [GeneratedRegex(
        @"^(?<address>[0-9.]+|[0-9a-f:.]+|\[[0-9a-f:.]+\])(?::(?<first>\d{1,5})(-\d{1,5}/(?<base>\d{1,5}))?)?$")]
    private static partial Regex DestinationForm();

    [GeneratedRegex("^(RETURN|ACCEPT|DROP|DNAT|SNAT|MASQUERADE|HOOKAOT-LOCAL)$")]
    private static partial Regex Target();
}
