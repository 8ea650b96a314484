using System.Net;
using System.Text;
using HookAot.Config;
using HookAot.Model;

namespace HookAot.Tests.Config;

/// <summary>What is there already, what is absent already, and what is there otherwise.</summary>
public class EditTwiceTests
{
    private const long Now = 1_800_000_000; // 2027-01-15T08:00:00Z

    private const string File = """
        {
            // The web server.
            "machines": {
                "web": {
                    "private_ip": ["192.168.122.2"],
                    "source": "10.0.0.0/8",
                    "port_map": [
                        [8080, 80], /* the site */
                        "443",
                        { "public": "5000-5010", "vm": "6000-6010", "protocol": "tcp+udp" },
                        { "public": 22, "enabled": false },
                        { "public": 9000, "until": "2026-11-28T18:00:00Z" },
                        { "public": 9001, "until": "2027-11-28T18:00:00Z", "source": "10.1.0.0/16", "comment": "Eve" }
                    ]
                }
            },
            "networks": { "default": "192.168.122.0/24", "lan": { "range": "10.9.0.0/16", "comment": "ours" } },
            "public_ip": "192.168.0.166"
        }
        """;

    private static EditResult Apply(ConfigEdit edit) => ConfigEditor.Apply(Encoding.UTF8.GetBytes(File), edit);

    private static PortNotation Port(string text) =>
        PortNotation.Parse(text, out var port) is null ? port! : throw new ArgumentException(text);

    private static ConfigEdit.AddPort Add(string port, Extras? extras = null) =>
        new("web", Port(port), extras) { Now = Now };

    private static async Task IsSame(ConfigEdit edit, string note)
    {
        var result = Apply(edit);
        await Assert.That(result.Refusal).IsNull();
        await Assert.That(result.Note).IsEqualTo(note);
        await Assert.That(Encoding.UTF8.GetString(result.Content!)).IsEqualTo(File);
    }

    private static async Task BecomesBy(ConfigEdit edit, string old, string by)
    {
        var result = Apply(edit);
        await Assert.That(result.Refusal).IsNull();
        await Assert.That(result.Note).IsNull();
        await Assert.That(File).Contains(old);
        await Assert.That(Encoding.UTF8.GetString(result.Content!))
            .IsEqualTo(File.Replace(old, by, StringComparison.Ordinal));
    }

    [Test]
    [Arguments("8080:80", "8080:80/tcp")]
    [Arguments("443", "443/tcp")]
    [Arguments("5000-5010:6000-6010/udp", "5000-5010:6000-6010/tcp+udp")]
    [Arguments("5003:6003", "5000-5010:6000-6010/tcp+udp")]
    public async Task A_forward_that_is_there_is_not_added_again(string port, string there) =>
        await IsSame(Add(port), $"\"web\" forwards {there} already");

    [Test]
    public async Task What_is_inherited_counts_as_said()
    {
        var extras = new Extras
        {
            Sources = [IPNetwork.Parse("10.0.0.0/8")],
            PublicAddresses = [IPAddress.Parse("192.168.0.166")],
            Localhost = false,
        };
        await IsSame(Add("8080:80", extras), "\"web\" forwards 8080:80/tcp already");
    }

    [Test]
    public async Task Another_target_is_a_rival_with_the_command_that_changes_it()
    {
        await Assert.That(Apply(Add("8080:8088")).Rival).IsEqualTo(
            "\"web\" forwards 8080:80/tcp already; 'hookctrl port set web 8080 --to 8088' changes it");
        var extras = new Extras { Sources = [IPNetwork.Parse("10.2.0.0/16")], Comment = "it's" };
        await Assert.That(Apply(Add("8080:80", extras)).Rival).IsEqualTo(
            "\"web\" forwards 8080:80/tcp already, with source 10.0.0.0/8, without comment; " +
            "'hookctrl port set web 8080 --source 10.2.0.0/16 --comment 'it'\\''s'' changes it");
        await Assert.That(Apply(Add("443/udp")).Rival).IsNull();
        await Assert.That(Apply(Add("443/tcp+udp")).Rival).IsEqualTo(
            "\"web\" forwards 443/tcp already; 'hookctrl port remove web 443' ends that");
    }

    [Test]
    public async Task A_disabled_one_says_how_to_enable_it()
    {
        await Assert.That(Apply(Add("22")).Refusal).IsEqualTo(
            "\"web\" forwards 22/tcp already, and it is disabled: 'hookctrl port enable web 22' enables it");
        // Another target is another forward, which the disabled one does not hinder.
        await Assert.That(Apply(Add("22:2222")).Refusal).IsNull();
    }

    [Test]
    public async Task One_whose_time_has_ended_makes_room()
    {
        const string ended = "{ \"public\": 9000, \"until\": \"2026-11-28T18:00:00Z\" }";
        await BecomesBy(Add("9000"), ended, "[\"9000\", \"9000\"]");
    }

    [Test]
    public async Task A_time_is_set_anew()
    {
        var extras = new Extras { Until = Now + 60, Sources = [IPNetwork.Parse("10.1.0.0/16")] };
        await BecomesBy(Add("9001", extras), "2027-11-28T18:00:00Z", "2027-01-15T08:01:00Z");
        await Assert.That(Apply(Add("9001", new Extras { Sources = extras.Sources })).Rival).IsEqualTo(
            "\"web\" forwards 9001/tcp already, with until 2027-11-28T18:00:00Z; " +
            "'hookctrl port set web 9001 --for ''' changes it");
    }

    [Test]
    public async Task Machines_and_networks_that_are_there_stay()
    {
        var address = IPAddress.Parse("192.168.122.2");
        await IsSame(new ConfigEdit.AddMachine("web", []), "\"web\" is already in \"machines\"");
        await IsSame(new ConfigEdit.AddMachine("web", [address]), "\"web\" is already in \"machines\"");
        await IsSame(
            new ConfigEdit.AddNetwork("default", IPNetwork.Parse("192.168.122.0/24")),
            "\"default\" is already in \"networks\"");
        await IsSame(
            new ConfigEdit.AddNetwork("lan", IPNetwork.Parse("10.9.0.0/16"), "ours"),
            "\"lan\" is already in \"networks\"");

        var other = new ConfigEdit.AddMachine("web", [IPAddress.Parse("192.168.122.9")], new() { Localhost = true });
        await Assert.That(Apply(other).Refusal).IsEqualTo(
            "\"web\" is already in \"machines\", with private_ip 192.168.122.2, without localhost; " +
            "'hookctrl machine set web --private-ip 192.168.122.9 --localhost true' changes it");
        await Assert.That(Apply(new ConfigEdit.AddNetwork("lan", IPNetwork.Parse("10.8.0.0/16"))).Refusal).IsEqualTo(
            "\"lan\" is already in \"networks\", with 10.9.0.0/16 and the comment ours; " +
            "'hookctrl network remove lan' makes room for another");
    }

    [Test]
    public async Task What_is_absent_is_removed_already()
    {
        await IsSame(
            new ConfigEdit.RemoveMachine("wbe"), "\"wbe\" is not in \"machines\"; did you mean \"web\"?");
        await IsSame(new ConfigEdit.RemoveNetwork("x"), "\"x\" is not in \"networks\"");
        await IsSame(new ConfigEdit.RemovePort("nobody", new(Port("1"))), "\"nobody\" is not in \"machines\"");
        var note = Apply(new ConfigEdit.RemovePort("web", new(Port("1")))).Note;
        await Assert.That(note).StartsWith("\"web\" does not forward 1; it forwards 8080:80/tcp, 443/tcp, ");
        var udp = new ConfigEdit.RemovePort("web", new(Port("443/udp")));
        await IsSame(udp, note!.Replace(" 1;", " 443/udp;", StringComparison.Ordinal));
    }

    [Test]
    [Arguments("8080:81", "8080:80/tcp")]
    [Arguments("5003", "5000-5010:6000-6010/tcp+udp")]
    [Arguments("5000-5010/udp", "5000-5010:6000-6010/tcp+udp")]
    public async Task What_stays_open_is_not_called_removed(string port, string there) =>
        await Assert.That(Apply(new ConfigEdit.RemovePort("web", new(Port(port)))).Refusal).IsEqualTo(
            $"\"web\" does not forward {port}; it forwards {there}: 'hookctrl port remove web {there}' ends that");

    private static ConfigEdit.SetPort Set(string port, Extras extras, PortRange? to = null) =>
        new("web", new(Port(port)), to, extras) { Now = Now };

    [Test]
    public async Task A_forward_is_changed_in_its_place()
    {
        await BecomesBy(Set("8080", Extras.None, new(88, 88)), "[8080, 80]", "[8080, \"88\"]");
        await BecomesBy(Set("443", Extras.None, new(4443, 4443)), "\"443\",", "[\"443\", \"4443\"],");
        await BecomesBy(
            Set("8080", new() { Sources = [IPNetwork.Parse("10.1.0.0/16")] }, new(88, 88)),
            "[8080, 80]", "{ \"public\": 8080, \"vm\": \"88\", \"source\": \"10.1.0.0/16\" }");
        await BecomesBy(
            Set("443", new() { Localhost = true, Comment = "a \"b\"" }),
            "\"443\"", "{ \"public\": \"443\", \"localhost\": true, \"comment\": \"a \\\"b\\\"\" }");
        await BecomesBy(Set("9001", new() { Unset = ["source", "comment", "until"] }),
            ", \"until\": \"2027-11-28T18:00:00Z\", \"source\": \"10.1.0.0/16\", \"comment\": \"Eve\" }", " }");
    }

    [Test]
    public async Task A_forward_is_disabled_and_enabled()
    {
        await BecomesBy(
            Set("8080", Extras.Switched(isOn: false)), "[8080, 80]",
            "{ \"public\": 8080, \"vm\": 80, \"enabled\": false }");
        await BecomesBy(
            Set("22", Extras.Switched(isOn: true)), "{ \"public\": 22, \"enabled\": false }", "{ \"public\": 22 }");
        await IsSame(Set("22", Extras.Switched(isOn: false)), "\"web\" forwards 22/tcp so already");
        await IsSame(Set("8080", Extras.Switched(isOn: true)), "\"web\" forwards 8080:80/tcp so already");
        await Assert.That(Apply(Set("9000", Extras.Switched(isOn: true))).Refusal)
            .Contains("the time of 9000/tcp has ended; 'hookctrl port set web 9000 --for 2h'");
        await Assert.That(Apply(Set("1", Extras.Switched(isOn: false))).Refusal).Contains("\"web\" does not forward 1");
    }

    [Test]
    public async Task A_machine_is_renamed_disabled_and_enabled()
    {
        await BecomesBy(new ConfigEdit.RenameMachine("web", "w\"1"), "\"web\"", "\"w\\\"1\"");
        await Assert.That(Apply(new ConfigEdit.RenameMachine("x", "y")).Refusal)
            .Contains("\"x\" is not in \"machines\"");
        await IsSame(
            new ConfigEdit.RenameMachine("old", "web"), "\"web\" is already in \"machines\", \"old\" is not");
        await BecomesBy(
            new ConfigEdit.SetMachine("web", null, new() { Unset = ["source"] }),
            "            \"source\": \"10.0.0.0/8\",\n", "");
        var off = Apply(new ConfigEdit.SetMachine("web", null, Extras.Switched(isOn: false)));
        await Assert.That(Encoding.UTF8.GetString(off.Content!)).Contains("            \"enabled\": false\n");
        var again = new ConfigEdit.SetMachine("web", null, Extras.Switched(isOn: true));
        await Assert.That(Encoding.UTF8.GetString(ConfigEditor.Apply(off.Content, again).Content!)).IsEqualTo(File);
    }

    [Test]
    public async Task An_address_tells_forwards_of_one_port_apart()
    {
        const string twice = """
            { "machines": { "a": { "port_map": [
                { "public": 80, "public_ip": "192.168.0.1" }, { "public": 80, "public_ip": "192.168.0.2" } ] } } }
            """;
        var file = Encoding.UTF8.GetBytes(twice);
        await Assert.That(ConfigEditor.Apply(file, new ConfigEdit.RemovePort("a", new(Port("80")))).Refusal).IsEqualTo(
            "\"a\" forwards 80 more than once; say which: 192.168.0.1:80/tcp, 192.168.0.2:80/tcp");
        var second = new TypedPort(Port("80"), IPAddress.Parse("192.168.0.2"));
        var left = ConfigEditor.Apply(file, new ConfigEdit.RemovePort("a", second)).Content;
        await Assert.That(Encoding.UTF8.GetString(left!)).Contains("0.1").And.DoesNotContain("0.2");
    }

    [Test]
    public async Task Strict_edits_refuse_as_the_ancestor_did()
    {
        ConfigEdit[] edits =
        [
            new ConfigEdit.AddMachine("web", []) { IsStrict = true },
            new ConfigEdit.RemoveMachine("x") { IsStrict = true },
            new ConfigEdit.RemoveNetwork("x") { IsStrict = true },
            new ConfigEdit.AddNetwork("default", IPNetwork.Parse("192.168.122.0/24")) { IsStrict = true },
            new ConfigEdit.RemovePort("web", new(Port("1"))) { IsStrict = true },
        ];
        foreach (var edit in edits) await Assert.That(Apply(edit).Refusal).IsNotNull();
        await Assert.That(Apply(new ConfigEdit.AddPort("web", Port("8080:80")) { IsStrict = true }).Note).IsNull();
    }
}
