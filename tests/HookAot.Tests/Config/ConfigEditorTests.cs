using System.Net;
using System.Text;
using CsCheck;
using HookAot.Config;

namespace HookAot.Tests.Config;

/// <summary>
/// Each file of "edited" is a config that an edit could spoil: its comments, its line ends, its doubled keys.
/// </summary>
public class ConfigEditorTests
{
    private static readonly IPAddress Address = IPAddress.Parse("192.168.122.9");

    private static readonly string Commented = Content("a-careful-persons");

    public static IEnumerable<string> Names() =>
        Directory.EnumerateFiles(Folder, "*.json").Select(f => Path.GetFileNameWithoutExtension(f));

    private static string Folder => Repository.File("tests", "HookAot.Tests", "Config", "edited");

    // The bytes as they are: File.ReadAllText would drop the byte order mark.
    private static string Content(string name) =>
        Encoding.UTF8.GetString(File.ReadAllBytes(Path.Combine(Folder, name + ".json")));

    private static string Edit(string file, params IEnumerable<ConfigEdit> edits)
    {
        foreach (var edit in edits)
        {
            var result = ConfigEditor.Apply(Encoding.UTF8.GetBytes(file), edit);
            if (result.Content is null) return $"refused: {result.Refusal}";
            file = Encoding.UTF8.GetString(result.Content);
        }

        return file;
    }

    [Test]
    public async Task A_new_file_is_written_as_a_person_would()
    {
        var machine = new ConfigEdit.AddMachine("web", [Address]);
        await Assert.That(Edit("", machine, new ConfigEdit.AddPort("web", Port("8080:80")))).IsEqualTo("""
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
            .IsEqualTo(Replaced("\"udp\" }]", "\"udp\" }, [\"2222\", \"22\"]]"));
        await Assert.That(Edit(Commented, new ConfigEdit.SetPublic([Address])))
            .IsEqualTo(Replaced("\"public_ip\": \"\"", "\"public_ip\": \"192.168.122.9\""));
    }

    [Test]
    [Arguments(8080, 80, "[\"8080\", \"80\"], ")]
    [Arguments(8443, 443, "[8443, 443], ")]
    [Arguments(22, 22, "\"22\", ")]
    [Arguments(53, 53, ", { \"public\": 53, \"protocol\": \"udp\" }")]
    public async Task A_forward_is_found_however_it_was_written(int publicPort, int vmPort, string gone)
    {
        var edit = new ConfigEdit.RemovePort("web", new(Port($"{publicPort}:{vmPort}")));
        await Assert.That(Edit(Commented, edit)).IsEqualTo(Replaced(gone, ""));
    }

    [Test]
    [Arguments("[8080, /* the shop */ 80]", "{ \"public\": 8080, /* the shop */ \"vm\": 80, X }")]
    [Arguments(
        "[/* a */ 8080 /* b */, 80 /* c */]",
        "{ /* a */ \"public\": 8080 /* b */, \"vm\": 80, X /* c */ }")]
    [Arguments("[ 8080,80, ]", "{ \"public\": 8080, \"vm\": 80, X, }")]
    [Arguments(
        "[\n  8080, // outside\n  \"80\" // inside\n]",
        "{\n  \"public\": 8080, // outside\n  \"vm\": \"80\", X // inside\n}")]
    public async Task A_pair_that_becomes_an_object_keeps_what_is_written_in_it(string pair, string becomes)
    {
        const string File = """{ "machines": { "web": { "port_map": [22, PAIR, 443] } } }""";
        var set = new ConfigEdit.SetPort("web", new(Port("8080")), null, new() { Comment = "x" });
        var expected = becomes.Replace("X", "\"comment\": \"x\"", StringComparison.Ordinal);
        await Assert.That(Edit(File.Replace("PAIR", pair, StringComparison.Ordinal), set))
            .IsEqualTo(File.Replace("PAIR", expected, StringComparison.Ordinal));
    }

    [Test]
    public async Task What_is_not_there_is_refused_with_what_was_probably_meant()
    {
        await Assert.That(Edit(Commented, new ConfigEdit.RemoveMachine("wbe") { IsStrict = true }))
            .IsEqualTo("refused: \"wbe\" is not in \"machines\"; did you mean \"web\"?");
        await Assert.That(Edit(Commented, new ConfigEdit.AddMachine("web", [Address]) { IsStrict = true }))
            .IsEqualTo("refused: \"web\" is already in \"machines\"");
        var absent = new ConfigEdit.RemovePort("web", new(Port("1"))) { IsStrict = true };
        await Assert.That(Edit(Commented, absent)).IsEqualTo(
            "refused: \"web\" does not forward 1; it forwards 8080:80/tcp, 8443:443/tcp, 22/tcp, 53/udp");
    }

    [Test]
    [Arguments("80", "80")]
    [Arguments("{}", "an object")]
    [Arguments("null", "null")]
    public async Task No_forward_is_added_to_what_is_no_list(string map, string found)
    {
        var file = $"{{ \"machines\": {{ \"web\": {{ \"port_map\": {map} }} }} }}";
        await Assert.That(Edit(file, new ConfigEdit.AddPort("web", Port("80")))).IsEqualTo(
            $"refused: \"web\": its port_map is {found}, and no list that a forward can be added to");
    }

    [Test]
    [MethodDataSource(nameof(Names))]
    public async Task An_edit_and_its_reverse_give_the_same_bytes_and_what_is_in_between_is_read(string name)
    {
        var file = Content(name);
        // A group that was missing stays behind, empty: begin with one that has it.
        if (!file.Contains("machines", StringComparison.Ordinal))
            file = Edit(file, new ConfigEdit.AddMachine("x", [Address]), new ConfigEdit.RemoveMachine("x"));

        var pairs = Gen.Select(Gen.UShort[1, 60000], Gen.UShort[1, 60000]).List[0, 4];
        Gen.Select(Gen.String[1, 20].Where(IsText), pairs)
            .Sample((machine, ports) => IsUndone(file, machine, ports.DistinctBy(p => p.Item1)), iter: 200);
        await Assert.That(ConfigReader.Read(Encoding.UTF8.GetBytes(file), "c").Config).IsNotNull();
    }

    private static readonly string[] Tokens =
        ["{", "\"machines\"", ":", "{", "\"a\"", ":", "{", "\"port_map\"", ":", "[", "1", ",", "2", "]", "}", "}", "}"];

    private static readonly string[] Between =
    [
        "", "", " ", "\t", "\n", "\r", "\r\n", "\n    ",
        "// , ] } \"\n", "// [ {\r", "/* , } ] */", "/*\r\n,*/", "/**/",
    ];

    [Test]
    public void An_edit_can_be_undone_whatever_stands_between_two_tokens()
    {
        var trivia = Gen.Int[0, Between.Length - 1].Array[3 * Tokens.Length];
        trivia.Sample(chosen =>
        {
            var file = new StringBuilder();
            for (var i = 0; i < chosen.Length; i++)
            {
                file.Append(Between[chosen[i]]);
                if (i % 3 == 1) file.Append(Tokens[i / 3]);
            }

            var text = file.ToString();
            return IsUndone(text, "b", [(5, 6), (7, 8)]) && IsEmptied(text);
        }, iter: 3000);
    }

    /// <summary>Whether what is in a file can be taken away, one after the other, and the rest is read.</summary>
    private static bool IsEmptied(string text)
    {
        text = Edit(text, new ConfigEdit.RemovePort("a", new(Port("1"))), new ConfigEdit.AddPort("a", Port("9")));
        var read = ConfigReader.Read(Encoding.UTF8.GetBytes(text), "c");
        var ports = read.Config?.Machines.Single().Forwards.Select(f => $"{f.Public}") ?? [];
        var empty = ConfigReader.Read(Encoding.UTF8.GetBytes(Edit(text, new ConfigEdit.RemoveMachine("a"))), "c");
        var isEmpty = empty is { Config.Machines.IsEmpty: true, Diagnostics.IsEmpty: true };
        return isEmpty && string.Join(' ', ports) == "2 9";
    }

    /// <summary>Whether a machine with forwards can be added and taken away again.</summary>
    private static bool IsUndone(string file, string machine, IEnumerable<(ushort Public, ushort Guest)> ports)
    {
        var added = Edit(file, new ConfigEdit.AddMachine(machine, [Address]) { IsStrict = true });
        if (added.StartsWith("refused", StringComparison.Ordinal)) return machine is "a" or "web";

        var read = ConfigReader.Read(Encoding.UTF8.GetBytes(added), "c").Config!;
        var isRead = read.Machines.Single(m => m.Name == machine).PrivateAddresses.Single().Equals(Address);
        var whole = Edit(added, ports.Select(p => new ConfigEdit.AddPort(machine, Port($"{p.Public}:{p.Guest}"))));
        var back = Edit(whole, ports.Select(p => new ConfigEdit.RemovePort(machine, new(Port($"{p.Public}")))));
        return isRead && back == added && Edit(back, new ConfigEdit.RemoveMachine(machine)) == file;
    }

    [Test]
    public async Task An_edit_in_a_file_of_ten_thousand_machines_and_its_reverse_give_the_same_bytes()
    {
        var machines = new StringBuilder();
        for (var i = 0; i < 10_000; i++)
        {
            var comma = i < 9_999 ? "," : "";
            machines.Append($"    \"m{i}\": {{ \"private_ip\": \"10.{i / 250}.{i % 250}.2\", ");
            machines.Append($"\"port_map\": [[{i + 1}, 80]] }}{comma} // {i}\n");
        }

        var file = $"{{\n  \"machines\": {{\n{machines}  }}\n}}\n";
        var added = Edit(file,
            new ConfigEdit.AddMachine("new", [Address]), new ConfigEdit.AddPort("m5000", Port("60000:22")));
        await Assert.That(added).Contains("\"port_map\": [[5001, 80], [\"60000\", \"22\"]] }, // 5000")
            .And.Contains("\"new\": {");
        var config = ConfigReader.Read(Encoding.UTF8.GetBytes(added), "c").Config!;
        await Assert.That(config.Machines.Length).IsEqualTo(10_001);

        var remove = new ConfigEdit.RemovePort("m5000", new(Port("60000")));
        var back = Edit(added, remove, new ConfigEdit.RemoveMachine("new"));
        await Assert.That(back == file).IsTrue();
    }

    private static string Replaced(string old, string by) => Commented.Replace(old, by, StringComparison.Ordinal);

    private static PortNotation Port(string text) =>
        PortNotation.Parse(text, out var port) is null ? port! : throw new ArgumentException(text);

    // A lone surrogate is no text.
    private static bool IsText(string name) => !name.Any(char.IsSurrogate);
}
