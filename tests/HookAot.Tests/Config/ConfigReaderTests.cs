using System.Text;
using HookAot.Config;
using HookAot.Model;

namespace HookAot.Tests.Config;

public class ConfigReaderTests
{
    private static ConfigResult Read(string text) => ConfigReader.Read(Encoding.UTF8.GetBytes(text), "config.json");

    [Test]
    public async Task The_ancestors_file_is_read_with_its_meaning()
    {
        var result = Read("""
            {
                "debug": true,
                "machines": { "test": { "private_ip": "192.168.122.2", "port_map": [["2222", "22"], [8002, 80]] } },
                "networks": { "default": "192.168.122.0/24" },
                "public_ip": "192.168.0.166"
            }
            """);
        await Assert.That(result.Diagnostics).IsEmpty();
        var machine = result.Config!.Machines.Single();
        await Assert.That(machine.Forwards.Select(f => $"{f.PublicAddresses.Single()}:{f.Public}->{f.Guest}"))
            .IsEquivalentTo(["192.168.0.166:2222->22", "192.168.0.166:8002->80"]);
        await Assert.That(result.Config.Debug).IsTrue();
        await Assert.That(result.Config.Networks.Single().Range.ToString()).IsEqualTo("192.168.122.0/24");
    }

    [Test]
    public async Task Comments_trailing_commas_and_a_byte_order_mark_are_allowed()
    {
        var result = Read("\uFEFF{ // one\n /* two */ \"machines\": { \"a\": { \"private_ip\": \"10.0.0.2\", \"port_map\": [443,], }, },\r\n}");
        await Assert.That(result.Diagnostics).IsEmpty();
        await Assert.That(result.Config!.Machines.Single().Forwards.Single().Guest).IsEqualTo(new PortRange(443, 443));
    }

    [Test]
    [Arguments("{ \"public_ip\" /* here */ : /* and */ \"\" // there\n }")]
    [Arguments("{ \"public_ip\": \"\" }// at the end")]
    [Arguments("{ \"machines\": { \"a // no \\\" /* comment */\": {} } }")]
    public async Task Comments_are_allowed_everywhere_but_in_a_string(string text)
    {
        await Assert.That(Read(text).Diagnostics).IsEmpty();
        await Assert.That(Read(text).Config!.Machines.Select(m => m.Name).FirstOrDefault("a // no \" /* comment */")).IsEqualTo("a // no \" /* comment */");
    }

    [Test]
    [Arguments("{\n  /* without end", "config.json:2:3: error: not valid JSON: the comment that begins here has no end")]
    [Arguments("{\n  \"debug\": /", "config.json:2:12: error: not valid JSON: '/' is invalid")]
    public async Task A_comment_without_end_is_a_mistake(string text, string message) =>
        await Assert.That(Read(text).Diagnostics.Single().ToString()).StartsWith(message);

    [Test]
    public async Task Every_mistake_is_reported_at_once_and_costs_only_its_machine()
    {
        var result = Read("""
            { "machines": {
              "good": { "private_ip": "192.168.122.2", "port_map": [80] },
              "bad": { "private_ip": "192.168.122.333", "port_map": [[1, 2, 3], "x"], "prot_map": 1 } } }
            """);
        await Assert.That(result.Config!.Machines.Select(m => m.Name)).IsEquivalentTo(["good"]);
        await Assert.That(result.LeftOutMachines).IsEquivalentTo(["bad"]);
        await Assert.That(string.Join('\n', result.Diagnostics)).IsEqualTo("""
            config.json:3:26: error: found "192.168.122.333"; expected the guest's own address such as "192.168.122.2", or a list of them (at $.machines.bad.private_ip)
            config.json:3:58: error: found a list of 3; expected a pair [public, vm] (at $.machines.bad.port_map[0])
            config.json:3:69: error: found "x"; expected a port from 1 to 65535, or a range "8000-8010" (at $.machines.bad.port_map[1])
            config.json:3:75: warning: "prot_map" is not a key that is known here, it has no effect; did you mean "port_map"? (at $.machines.bad.prot_map)
            """);
    }

    [Test]
    public async Task A_public_port_that_is_given_twice_stays_with_the_first()
    {
        var result = Read("""
            { "machines": {
              "a": { "private_ip": "192.168.122.2", "port_map": [{ "public": "8000-8010" }] },
              "b": { "private_ip": "192.168.122.3", "port_map": [[8005, 80], [{"x":1}, 2], 9000] },
              "c": { "private_ip": "192.168.122.4", "port_map": [[8005, 80], 9000] } } }
            """);
        var c = result.Config!.Machines.Single(m => m.Name == "c");
        await Assert.That(c.Forwards.Single().Public).IsEqualTo(new PortRange(9000, 9000));
        await Assert.That(result.Diagnostics[^1].ToString()).IsEqualTo(
            "config.json:4:54: error: public port 8005/tcp is taken by 8000-8010 of \"a\" (line 2); choose another, or another public_ip (at $.machines.c.port_map[0])");
    }

    [Test]
    [Arguments("\"\"", "\"192.168.0.1\"", true)] // every address against one
    [Arguments("\"192.168.0.1\"", "\"\"", true)]
    [Arguments("\"192.168.0.1\"", "[\"192.168.0.2\", \"192.168.0.1\"]", true)]
    [Arguments("\"192.168.0.1\"", "\"192.168.0.2\"", false)]
    public async Task A_public_port_is_taken_on_its_addresses(string first, string second, bool taken)
    {
        var result = Read($$"""
            { "machines": { "a": { "private_ip": "10.0.0.2", "public_ip": {{first}}, "port_map": [["80-90", "80-90"]] }, "b": { "private_ip": "10.0.0.3", "public_ip": {{second}}, "port_map": [85, { "public": 85, "protocol": "udp" }] } } }
            """);
        await Assert.That(result.Config!.Machines[1].Forwards.Length).IsEqualTo(taken ? 1 : 2);
        await Assert.That(result.Diagnostics.Length).IsEqualTo(taken ? 1 : 0);
    }

    [Test]
    public async Task A_port_may_be_shared_by_sources_that_do_not_meet()
    {
        const string Text = """{ "machines": { "a": { "private_ip": "10.0.0.2", "source": "10.1.0.0/16", "port_map": [80] }, "b": { "private_ip": "10.0.0.3", "source": "10.2.0.0/16", "port_map": [80] } } }""";
        await Assert.That(Read(Text).Diagnostics).IsEmpty();
        await Assert.That(Read(Text.Replace("10.2.0.0/16", "10.0.0.0/8", StringComparison.Ordinal)).Diagnostics.Single().Message).Contains("is taken by \"a\"");
    }

    [Test]
    [Arguments("", "config.json: error: the file is empty; expected an object, at least {}")]
    [Arguments("[]", "config.json:1:1: error: found a list; expected an object with \"machines\" (at $)")]
    [Arguments("{\n  \"debug\": maybe\n}", "config.json:2:12: error: not valid JSON: 'm' is an invalid start of a value.")]
    [Arguments("{\n  \"debug\": 3 }", "config.json:2:12: error: found 3; expected true or false (at $.debug)")]
    [Arguments("{ \"public_ip\": \"1.2.3\" }", "config.json:1:16: error: found \"1.2.3\"; expected an address of this host such as \"192.168.0.166\", a list of them, or \"\" for every address (at $.public_ip)")]
    public async Task A_file_that_cannot_be_used_says_why(string text, string message)
    {
        var result = Read(text);
        await Assert.That(result.Config).IsNull();
        await Assert.That(result.Diagnostics.Single().ToString()).IsEqualTo(message);
    }

    [Test]
    public async Task A_network_with_host_bits_is_told_what_was_meant()
    {
        var result = Read("{ \"networks\": { \"default\": \"192.168.122.1/24\" } }");
        await Assert.That(result.Config!.Networks).IsEmpty();
        await Assert.That(result.Diagnostics.Single().ToString()).IsEqualTo(
            "config.json:1:28: error: found \"192.168.122.1/24\", an address within a network; expected the network itself: \"192.168.122.0/24\" (at $.networks.default)");
    }
}
