using System.Text;
using CsCheck;
using HookAot.Config;
using HookAot.Tests.Backends;
using NJsonSchema;

namespace HookAot.Tests.Config;

/// <summary>config.schema.json and the parser say the same, but for what a schema cannot say.</summary>
public sealed class SchemaTests
{
    private static readonly Task<JsonSchema> Schema =
        JsonSchema.FromFileAsync(Repository.File("src", "config.schema.json"));

    /// <summary>Where a value may stand in a config, "@" being the value.</summary>
    private static readonly string[] Places =
    [
        "@",
        """{ "$schema": @ }""", """{ "debug": @ }""", """{ "strict": @ }""", """{ "backend": @ }""",
        """{ "public_ip": @ }""", """{ "machines": @ }""", """{ "networks": @ }""", """{ "colour": @ }""",
        """{ "networks": { "n": @ } }""", """{ "machines": { "m": @ } }""",
        """{ "machines": { "m": { "private_ip": @ } } }""", """{ "machines": { "m": { "public_ip": @ } } }""",
        """{ "machines": { "m": { "source": @ } } }""", """{ "machines": { "m": { "interface": @ } } }""",
        """{ "machines": { "m": { "snat": @, "public_ip": "10.0.0.1", "port_map": [80] } } }""",
        """{ "machines": { "m": { "localhost": @ } } }""", """{ "machines": { "m": { "port_map": @ } } }""",
        """{ "machines": { "m": { "colour": @ } } }""", """{ "machines": { "m": { "port_map": [@] } } }""",
        """{ "machines": { "m": { "port_map": [[@, 80]] } } }""",
        """{ "machines": { "m": { "port_map": [["80-82", @]] } } }""",
        """{ "machines": { "m": { "port_map": [{ "public": @ }] } } }""",
        """{ "machines": { "m": { "port_map": [{ "public": 80, "vm": @ }] } } }""",
        """{ "machines": { "m": { "port_map": [{ "public": 80, "protocol": @ }] } } }""",
        """{ "machines": { "m": { "port_map": [{ "public": 80, "source": @ }] } } }""",
        """{ "machines": { "m": { "port_map": [{ "public": 80, "public_ip": @ }] } } }""",
        """{ "machines": { "m": { "port_map": [{ "public": 80, "localhost": @ }] } } }""",
        """{ "machines": { "m": { "public_ip": "10.0.0.1", "port_map": [{ "public": 80, "snat": @ }] } } }""",
        """{ "machines": { "m": { "port_map": [{ "public": 80, "colour": @ }] } } }""",
        """{ "machines": { "m": { "enabled": @ } } }""", """{ "machines": { "m": { "comment": @ } } }""",
        """{ "machines": { "m": { "port_map": [{ "public": 80, "enabled": @ }] } } }""",
        """{ "machines": { "m": { "port_map": [{ "public": 80, "until": @ }] } } }""",
        """{ "machines": { "m": { "port_map": [{ "public": 80, "comment": @ }] } } }""",
        """{ "networks": { "n": { "range": @ } } }""",
        """{ "networks": { "n": { "range": "10.0.0.0/8", "comment": @ } } }""",
        """{ "networks": { "n": { "range": "10.0.0.0/8", "colour": @ } } }""",
    ];

    private static readonly string[] Values =
    [
        "null", "true", "false", "0", "1", "80", "65535", "65536", "-1", "8.5", "{}", "[]", "[null]", "[[]]", "[{}]",
        """{ "public": 1 }""", """{ "vm": 1 }""", "\"\"", "\" \"", "\"true\"", "\"FALSE\"", "\" true\"",
        "\"true\\u0000\"", "\"yes\"", "\"auto\"", "\"iptables\"", "\"nftables\"", "\"Auto\"", "\"80\"", "\"080\"",
        "\" 80\"", "\"0\"", "\"65535\"", "\"65536\"", "\"80-82\"", "\"82-80\"", "\"80-\"", "\"80:82\"", "\"tcp\"",
        "\"TCP\"", "\"udp+tcp\"", "\"tcp+\"", "\"icmp\"", """["tcp", "udp"]""", """["tcp+udp", 1]""",
        "\"192.168.122.2\"", "\"192.168.122.256\"", "\"192.168.122\"", "\"0.0.0.0\"", "\"::\"", "\"127.0.0.1\"",
        "\"::1\"", "\"224.0.0.1\"", "\"255.255.255.255\"", "\"fd00::2\"", "\"fd00:::2\"", "\"192.168.122.2 \"",
        "\"010.0.0.1\"", "\"fe80::1\"",
        """["192.168.122.2", "fd00::2"]""", """["192.168.122.2", 7]""", "\"10.0.0.0/8\"",
        "\"10.0.0.1/8\"", "\"10.0.0.0/33\"", "\"10.0.0.0/\"", "\"0.0.0.0/0\"", "\"fd00::/64\"", "\"fd00::/129\"",
        """["10.0.0.0/8", "192.168.0.1"]""", "\"virbr0\"", "\"..\"", "\"-x\"", "\"a/b\"", "\"br0.100@x\"",
        "\"sixteen-letters-\"", "[80, 80]", "[80]", "[1, 2, 3]", """[80, "81"]""", """["80-82", 80]""",
        """["80-82", "90-92"]""",
        "\"2026-11-28T18:00:00Z\"", "\"2026-02-30T18:00:00Z\"", "\"2026-11-28T24:00:00Z\"",
        "\"1969-11-28T18:00:00Z\"", "\"2026-11-28T18:00:00+01:00\"", "\"a\\u001bb\"", "\"a\\u202eb\"",
        $"\"{new string('x', 256)}\"", $"\"{new string('x', 257)}\"",
    ];

    /// <summary>
    /// What the schema accepts and the parser does not, by a part of the place and the values: patterns know digits,
    /// not numbers and not addresses.
    /// </summary>
    private static readonly (string Place, string[] Values, string Reason)[] CannotBeSaid =
    [
        ("", ["\"82-80\""], "a range that runs backwards"),
        ("", ["\"fd00:::2\""], "IPv6 in full is beyond a readable pattern"),
        ("", ["\"10.0.0.1/8\""], "host bits"),
        ("", ["[\"80-82\", 80]"], "as many ports on both sides"),
        ("[[@, 80]]", ["\"80-82\""], "as many ports on both sides"),
        ("[[\"80-82\", @]]", ["1", "80", "65535", "\"80\"", "\"080\"", "\"65535\""], "as many ports on both sides"),
        ("\"vm\": @", ["\"80-82\""], "as many ports on both sides"),
        ("\"port_map\": @ ", ["[80, 80]"], "the same public port twice"),
        ("_ip\": @", ["\"fe80::1\"", "\"224.0.0.1\"", "\"255.255.255.255\"", "\"::\""], "addresses that nobody has"),
        ("until\": @", ["\"2026-02-30T18:00:00Z\""], "days that a month has not"),
        ("private_ip\": @", ["\"127.0.0.1\"", "\"::1\"", "\"0.0.0.0\""], "addresses that no guest has"),
        ("public_ip\": @", ["\"127.0.0.1\"", "\"::1\""], "accepted, with a warning that they forward nothing"),
    ];

    private static bool ParserAccepts(string text) =>
        ConfigReader.Read(Encoding.UTF8.GetBytes(text), "config.json").Diagnostics.IsEmpty;

    private static async Task<bool> SchemaAccepts(string text) => (await Schema).Validate(text).Count == 0;

    [Test]
    public async Task Every_value_at_every_place_is_accepted_by_both_or_by_none()
    {
        var differ = new HashSet<string>();
        var mayDiffer = new HashSet<string>();
        foreach (var place in Places)
        {
            foreach (var value in Values)
            {
                var text = place.Replace("@", value, StringComparison.Ordinal);
                var (parser, schema) = (ParserAccepts(text), await SchemaAccepts(text));
                if (parser == schema) continue;

                var known = CannotBeSaid.Where(c => Holds(c, place, value)).ToList();
                if (!schema || known.Count == 0) differ.Add($"{text}: parser {parser}, schema {schema}");
                else mayDiffer.UnionWith(known.Select(k => Line(k, value)));
            }
        }

        await Assert.That(differ).IsEmpty().Because(string.Join('\n', differ));
        // The list of what cannot be said has nothing in it that can.
        var all = new List<string>();
        foreach (var entry in CannotBeSaid) all.AddRange(entry.Values.Select(value => Line(entry, value)));
        await Assert.That(mayDiffer).IsEquivalentTo(all);
    }

    private static bool Holds((string Place, string[] Values, string Reason) entry, string place, string value) =>
        place.Contains(entry.Place, StringComparison.Ordinal) && entry.Values.Contains(value);

    private static string Line((string Place, string[] Values, string Reason) entry, string value) =>
        $"{entry.Place} {entry.Reason} {value}";

    [Test]
    public void Every_config_that_hookctrl_may_meet_is_accepted() =>
        ConfigGen.Configs.Sample(
            sample => ParserAccepts(sample.Config) && SchemaAccepts(sample.Config).GetAwaiter().GetResult(), iter: 300);

    [Test]
    public async Task Both_know_the_same_keys()
    {
        var schema = await Schema;
        await Assert.That(schema.Properties.Keys).IsEquivalentTo(ConfigReader.GlobalKeys);
        await Assert.That(schema.Definitions["machine"].Properties.Keys).IsEquivalentTo(ConfigReader.MachineKeys);
        await Assert.That(schema.Definitions["forward"].Properties.Keys).IsEquivalentTo(ConfigReader.ForwardKeys);
        var network = schema.Definitions["namedNetwork"].AnyOf.Last();
        await Assert.That(network.Properties.Keys).IsEquivalentTo(ConfigReader.NetworkKeys);
    }
}
