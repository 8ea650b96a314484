using System.Text;
using HookAot.Config;
using HookAot.Model;

namespace HookAot.Tests.Config;

/// <summary>hooks.json of saschpe's hook: every form it had.</summary>
public sealed class HooksJsonTests
{
    private static HooksJson Read(string text, params string[] known) =>
        HooksJson.Read(Encoding.UTF8.GetBytes(text), "hooks.json", known.ToHashSet());

    /// <summary>The config that an empty one becomes by the import.</summary>
    private static async Task<string> Imported(string text)
    {
        var hooks = Read(text);
        await Assert.That(hooks.Mistakes).IsEmpty();
        var file = Encoding.UTF8.GetBytes("{}");
        foreach (var edit in hooks.Edits) file = ConfigEditor.Apply(file, edit).Content!;
        await Assert.That(ConfigReader.Read(file, "config.json").Diagnostics).IsEmpty();
        return Encoding.UTF8.GetString(file);
    }

    [Test]
    public async Task Ports_pairs_strings_ranges_and_comments()
    {
        await Assert.That(await Imported("""
            {
                "admin": {
                    "interface": "virbr1",          // a comment
                    "private_ip": "192.168.124.10", /* and another */
                    "public_ip": "192.168.0.166",
                    "source_ip": "8.8.8.8",
                    "port_map": { "tcp": [[1100, 3000], 443, ["8000:8010", "9000:9010"]], "udp": ["53"], },
                },
                "node": {
                    "private_ip": "192.168.126.2",
                    "public_ip": "192.168.0.166",
                    "port_range": [{ "init_port": 6000, "ports_num": 10, "protocol": "udp" }]
                },
            }
            """)).IsEqualTo(string.Concat("""
            {"machines": {
            "admin": { "private_ip": "192.168.124.10", "public_ip": "192.168.0.166", "source": "8.8.8.8/32",
             "interface": "virbr1", "port_map": [ ["1100", "3000"], ["443", "443"], ["8000-8010", "9000-9010"],
             { "public": "53", "vm": "53", "protocol": "udp" } ] },
             "node": { "private_ip": "192.168.126.2", "public_ip": "192.168.0.166",
             "port_map": [ { "public": "6000-6009", "vm": "6000-6009", "protocol": "udp" } ] }}}
            """.Split('\n')));
    }

    [Test]
    public async Task A_list_of_objects_becomes_one_machine()
    {
        var text = """
            { "web": [
              { "private_ip": "192.168.122.2", "public_ip": "192.168.0.166", "port_map": { "tcp": [80] } },
              { "private_ip": "192.168.122.2", "public_ip": "192.168.0.167", "source_ip": "10.0.0.0/8",
                "port_map": { "tcp": [81] } },
              { "private_ip": "192.168.122.3", "public_ip": "192.168.0.167", "port_map": { "tcp": [82] } }
            ] }
            """;
        const string second = """
            ["80", "80"], { "public": "81", "vm": "81", "public_ip": "192.168.0.167", "source": "10.0.0.0/8" } ]
            """;
        await Assert.That(await Imported(text)).Contains(second).And.DoesNotContain("82");
        await Assert.That(Read(text).Notes.Single().ToString()).IsEqualTo(
            "hooks.json:5:3: warning: \"web\" has two addresses, and forwards of one guest go to one of them here; "
            + "left out: 192.168.122.3 with 1 entries (at $.web[2])");
    }

    private const string Guest = "\"private_ip\": \"10.0.0.2\"";
    private const string Addressed = Guest + ", \"public_ip\": \"1.2.3.4\"";
    private const string Tcp = "\"port_map\": { \"tcp\": [1] }";
    private const string Range = """ "port_range": [{ "init_port": 1, "ports_num": 2, "protocol": "tcp" }]""";

    [Test]
    [Arguments($$"""{ "a": { {{Guest}}, "port_map": { "icmp": [1] } } }""", "icmp has no ports")]
    [Arguments($$"""{ "a": { {{Guest}}, {{Tcp}} } }""", "without public_ip the address of the default route was meant")]
    [Arguments($$"""{ "a": { {{Addressed}}, "colour": 1, {{Tcp}} } }""", "\"colour\" is not a key of hooks.json")]
    [Arguments($$"""{ "a": { {{Addressed}}, "source_ip": "9.9.9.9",{{Range}} } }""", "source_ip did not hold")]
    [Arguments($$"""{ "b": { {{Addressed}}, {{Tcp}} } }""", "is in the config already")]
    [Arguments(
        $$"""{ "a": [{ {{Addressed}}, "interface": "br0", {{Tcp}} }, { {{Addressed}}, {{Range}} }] }""",
        "a second interface of one guest is not taken over: none")]
    [Arguments("""{ "a": [] }""", "an empty list")]
    [Arguments($$"""{ "a": { {{Addressed}} } }""", "no port to forward")]
    public async Task What_has_no_equal_is_named(string text, string note)
    {
        var hooks = Read(text, "b");
        await Assert.That(hooks.Mistakes).IsEmpty();
        await Assert.That(hooks.Notes.Select(n => n.Message)).Contains(m => m.Contains(note, StringComparison.Ordinal));
    }

    [Test]
    public async Task All_mistakes_are_named_at_once_and_nothing_is_taken_over()
    {
        var hooks = Read("""
            {
              "a": { "port_map": { "tcp": [0] } },
              "b": { "private_ip": "10.0.0.2.3", "public_ip": 7, "source_ip": "x", "interface": "a/b",
                     "port_map": { "tcp": [0, [1, 2, 3], ["1:2", 3]], "tpc": [1] },
                     "port_range": [{ "init_port": 65535, "ports_num": 2, "protocol": "tcp" }, 5] },
              "c": 1,
              "d": { "private_ip": "10.0.0.3", "port_map": [1], "port_range": {} },
              "e": { "private_ip": "10.0.0.4", "port_map": { "tcp": 80 } }
            }
            """);
        await Assert.That(hooks.Edits).IsEmpty();
        await Assert.That(hooks.Mistakes.Select(m => m.JsonPath)).IsEquivalentTo([
            "$.a", "$.b.private_ip", "$.b.public_ip", "$.b.source_ip", "$.b.interface",
            "$.b.port_map.tcp[0]", "$.b.port_map.tcp[1]", "$.b.port_map.tcp[2]", "$.b.port_map.tpc",
            "$.b.port_range[0].ports_num", "$.b.port_range[1]", "$.c", "$.d.port_map", "$.d.port_range",
            "$.e.port_map.tcp"]);
        await Assert.That(hooks.Mistakes.All(m => m.Severity == Severity.Error && m.Line > 1)).IsTrue();
    }

    [Test]
    [Arguments("[]")]
    [Arguments("")]
    [Arguments("{")]
    public async Task What_is_no_hooks_json_is_one_mistake(string text) =>
        await Assert.That(Read(text).Mistakes.Length).IsEqualTo(1);
}
