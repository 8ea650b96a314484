using System.Net;
using System.Text;
using CsCheck;
using HookAot.Config;

namespace HookAot.Tests.Config;

public class ConfigEditorTests
{
    private const string Commented = """
        // the house's forwards
        {
          "machines": {
            "web": { // the wiki: {"no": "entry"}, really
              "private_ip": "192.168.122.2",
              "port_map": [["8080", "80"], [8443, 443], "22", { "public": 53, "protocol": "udp" }] /* , */
            }
          },
          "other": [1, 2,], // kept
          "public_ip": ""
        }
        """;

    private static readonly IPAddress Address = IPAddress.Parse("192.168.122.9");

    private static string Edit(string file, ConfigEdit edit)
    {
        var result = ConfigEditor.Apply(Encoding.UTF8.GetBytes(file), edit);
        return result.Content is { } content ? Encoding.UTF8.GetString(content) : $"refused: {result.Refusal}";
    }

    [Test]
    public async Task A_new_file_is_written_as_a_person_would()
    {
        var file = Edit("", new ConfigEdit.AddMachine("web", [Address]));
        await Assert.That(Edit(file, new ConfigEdit.AddPort("web", Port("8080:80")))).IsEqualTo("""
            {
                "machines": {
                    "web": {
                        "private_ip": "192.168.122.9",
                        "port_map": [["8080", "80"]]
                    }
                },
                "networks": {},
                "public_ip": ""
            }

            """);
    }

    [Test]
    public async Task What_the_edit_does_not_touch_stays_as_it_is()
    {
        await Assert.That(Edit(Commented, new ConfigEdit.AddPort("web", Port("2222:22"))))
            .IsEqualTo(Commented.Replace("\"udp\" }]", "\"udp\" }, [\"2222\", \"22\"]]", StringComparison.Ordinal));
        await Assert.That(Edit(Commented, new ConfigEdit.SetPublic([Address])))
            .IsEqualTo(Commented.Replace("\"public_ip\": \"\"", "\"public_ip\": \"192.168.122.9\"", StringComparison.Ordinal));
    }

    [Test]
    [Arguments(8080, 80, "[\"8080\", \"80\"], ")]
    [Arguments(8443, 443, "[8443, 443], ")]
    [Arguments(22, 22, "\"22\", ")]
    [Arguments(53, 53, ", { \"public\": 53, \"protocol\": \"udp\" }")]
    public async Task A_forward_is_found_however_it_was_written(int publicPort, int vmPort, string gone)
    {
        var edit = new ConfigEdit.RemovePort("web", Port($"{publicPort}:{vmPort}"));
        await Assert.That(Edit(Commented, edit)).IsEqualTo(Commented.Replace(gone, "", StringComparison.Ordinal));
    }

    [Test]
    public async Task What_is_not_there_is_refused_with_what_was_probably_meant()
    {
        await Assert.That(Edit(Commented, new ConfigEdit.RemoveMachine("wbe"))).IsEqualTo("refused: \"wbe\" is not in \"machines\"; did you mean \"web\"?");
        await Assert.That(Edit(Commented, new ConfigEdit.AddMachine("web", [Address]))).IsEqualTo("refused: \"web\" is already in \"machines\"");
        await Assert.That(Edit(Commented, new ConfigEdit.RemovePort("web", Port("1")))).IsEqualTo("refused: \"web\" does not forward 1; it forwards 8080:80/tcp, 8443:443/tcp, 22/tcp, 53/udp");
    }

    [Test]
    [Arguments("{}")]
    [Arguments("{\"machines\": {\"a\": {\"private_ip\": \"192.168.122.3\", \"port_map\": [80]}}, \"networks\": {}}")]
    [Arguments("{\n\t\"machines\": {\n\t\t\"a\": { \"private_ip\": \"192.168.122.3\", \"port_map\": [\n\t\t\t80, // web\n\t\t\t[443, 443],\n\t\t] }, // last\n\t},\n}\n")]
    [Arguments("\uFEFF{\r\n  \"machines\": {\r\n    \"a\": {\r\n      \"private_ip\": \"192.168.122.3\"\r\n    }\r\n  }\r\n}")]
    [Arguments("/*a*/{/*b*/\"machines\"/*c*/:/*d*/{/*e*/\"a\"/*f*/:/*g*/{/*h*/\"port_map\"/*i*/:/*j*/[/*k*/1/*l*/,/*m*/2/*n*/]/*o*/}/*p*/}/*q*/}/*r*/")]
    [Arguments("{\r\n\t// tabs and CRLF\r\n\t\"machines\": {\r\n\t\t\"a\": {}, // the last, with a comma\r\n\t\t/* nothing\r\n\t\t   else */\r\n\t},\r\n}\r\n")]
    [Arguments("{ \"machines\": { \"web\": {} }, \"machines\": { \"a\": { \"port_map\": [1] }, \"a\": { \"port_map\": [2], \"port_map\": [3] } } }")]
    [Arguments("{\"unknown\":[{\"machines\":{}}],\"machines\":{\"a\":{\"port_map\":[[\"1\",\"2\"]]}},\"x\":null}  \n\n")]
    [Arguments("{ // first\r  \"machines\": { // second\r    \"a\": { \"port_map\": [1] } // third\r  } // fourth\r} // fifth")]
    [Arguments("{ \"machines\": { \"a\": {} /*1*//*,*/ }, \"x\": [1 /*2*//*]*/, 2 /*,*//*,*/] }")]
    [Arguments(Commented)]
    public async Task An_edit_and_its_reverse_give_the_same_bytes_and_what_is_in_between_is_read(string original)
    {
        // A group that was missing stays behind, empty: begin with one that has it.
        var file = original.Contains("machines", StringComparison.Ordinal) ? original : Edit(Edit(original, new ConfigEdit.AddMachine("x", [Address])), new ConfigEdit.RemoveMachine("x"));
        Gen.Select(Gen.String[1, 20].Where(Valid), Gen.Select(Gen.UShort[1, 60000], Gen.UShort[1, 60000]).List[0, 4]).Sample((name, ports) =>
        {
            var added = Edit(file, new ConfigEdit.AddMachine(name, [Address]));
            if (added.StartsWith("refused", StringComparison.Ordinal)) return name is "a" or "web";
            var forwards = ports.DistinctBy(p => p.Item1).ToList();
            var whole = forwards.Aggregate(added, (text, p) => Edit(text, new ConfigEdit.AddPort(name, Port($"{p.Item1}:{p.Item2}"))));
            var machine = ConfigReader.Read(Encoding.UTF8.GetBytes(added), "c").Config!.Machines.Single(m => m.Name == name);
            var back = forwards.Aggregate(whole, (text, p) => Edit(text, new ConfigEdit.RemovePort(name, Port($"{p.Item1}"))));
            return machine.PrivateAddresses.Single().Equals(Address) && back == added && Edit(back, new ConfigEdit.RemoveMachine(name)) == file;
        }, iter: 200);
        await Assert.That(ConfigReader.Read(Encoding.UTF8.GetBytes(file), "c").Config).IsNotNull();
    }

    [Test]
    public async Task An_edit_in_a_file_of_ten_thousand_machines_and_its_reverse_give_the_same_bytes()
    {
        var machines = string.Join('\n', Enumerable.Range(0, 10_000).Select(i =>
            $"    \"m{i}\": {{ \"private_ip\": \"10.{i / 250}.{i % 250}.2\", \"port_map\": [[{i + 1}, 80]] }}{(i < 9_999 ? "," : "")} // {i}"));
        var file = $"{{\n  \"machines\": {{\n{machines}\n  }}\n}}\n";
        var added = Edit(Edit(file, new ConfigEdit.AddMachine("new", [Address])), new ConfigEdit.AddPort("m5000", Port("60000:22")));
        await Assert.That(added).Contains("\"port_map\": [[5001, 80], [\"60000\", \"22\"]] }, // 5000").And.Contains("\"new\": {");
        await Assert.That(ConfigReader.Read(Encoding.UTF8.GetBytes(added), "c").Config!.Machines.Length).IsEqualTo(10_001);
        await Assert.That(Edit(Edit(added, new ConfigEdit.RemovePort("m5000", Port("60000"))), new ConfigEdit.RemoveMachine("new")) == file).IsTrue();
    }

    private static PortNotation Port(string text) =>
        PortNotation.Parse(text, out var port) is null ? port! : throw new ArgumentException(text);

    // A lone surrogate is no text.
    private static bool Valid(string name) => !name.Any(char.IsSurrogate);
}
