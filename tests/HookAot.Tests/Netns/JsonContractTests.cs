using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using HookAot.Applets.Hookctrl;
using HookAot.Tests.Watch;
using NJsonSchema;
using static HookAot.Tests.Netns.World;

namespace HookAot.Tests.Netns;

/// <summary>
/// What hookctrl prints with --json is what src/hookctrl.schema.json says: a field without a schema is a fault.
/// </summary>
[Category("Netns")]
public sealed class JsonContractTests
{
    private const string Config = $$"""
        {
            "machines": {
                "a": {
                    "private_ip": "{{AddressA}}",
                    "port_map": [[2222, 22], { "public": "5000-5002", "protocol": "tcp+udp", "source": "10.0.0.0/8" }]
                },
                "learns": { "port_map": [80] },
                "mistaken": { "private_ip": "nonsense" }
            },
            "networks": { "default": "192.168.122.0/24" },
            "public_ip": ["{{Public}}", "{{Public2}}"]
        }
        """;

    /// <summary>A verb's command line without --json, and what makes its output interesting.</summary>
    private static readonly (string Verb, string Command, string Before)[] Calls =
    [
        ("check", "check", ""),
        ("check", "check {D}/hooks.json", ""),
        ("version", "version", ""),
        ("list", "list", ""),
        ("show", "show a", ""),
        ("machine list", "machine list", ""),
        ("network list", "network list", ""),
        ("plan", "plan", ""),
        ("plan", "plan --script", ""),
        ("apply", "apply --dry-run", ""),
        ("explain", "explain a", ""),
        ("apply", "apply", ""),
        ("status", "status", ""),
        ("status", "status", "iptables -t nat -F HOOKAOT-DNAT"),
        ("doctor", "doctor", ""),
        ("doctor", "doctor a", ""),
        ("doctor", "doctor nobody", ""),
        ("apply", "apply", ""),
        ("doctor", "doctor a:5000", ""),
        ("change", "port add a 8080:80", ""),
        ("change", "port add a 8080:80", ""),
        ("change", "port add a 8080:81", ""),
        ("change", "port add a 0", ""),
        ("change", "port add a 8088:80 --dry-run", ""),
        ("change", "port add a 8088:80 --no-apply --quiet", ""),
        ("change", "port set a 8080 --comment x --for 2h", ""),
        ("list", "list", ""),
        ("change", "port disable a 8080", ""),
        ("status", "status", ""),
        ("change", "port enable a 8080", ""),
        ("change", "port remove a 8080", ""),
        ("change", "machine add b --private-ip 192.168.122.3 --comment x", ""),
        ("machine list", "machine list", ""),
        ("change", "machine set b --source 10.0.0.0/8", ""),
        ("change", "machine disable b", ""),
        ("change", "machine enable b", ""),
        ("change", "machine rename b c", ""),
        ("change", "machine remove a", ""),
        ("change", "machine remove c", ""),
        ("change", "network add other 10.9.0.0/16 --comment x", ""),
        ("network list", "network list", ""),
        ("change", "network remove other", ""),
        ("change", "set debug false", ""),
        ("change", "undo", ""),
        ("change", "edit", ""),
        ("change", "edit", ""),
        ("change", "edit --dry-run", "rm {C}"),
        ("export", "export", ""),
        ("completion", "completion bash", ""),
        ("completion", "completion zsh", ""),
        ("completion", "completion fish", ""),
        ("change", "edit --nonsense", ""),
        ("change", "port add a", ""),
        ("change", "port add a 80 --sorce x", ""),
        ("change", "import {D}/hooks.json", ""),
        ("change", "--cmd remove_machine --name nobody", ""),
        ("apply", "apply --stop-all", ""),
        ("log", "log", ""),
        ("error", "list --nonsense", ""),
        ("error", "show nobody", ""),
        ("error", "nonsense", ""),
        ("error", "explain nobody:80", ""),
        ("error", "status nobody", ""),
        ("error", "list --config {D}", ""),
        ("log", "log a", ""),
    ];

    private static readonly string[] Logged =
    [
        "[hookaot@32473 kind=\"config\" user=\"x\" uid=\"1\" command=\"hookctrl x\" file=\"/x\" guest=\"a\" add=\"x\"]",
        "[hookaot@32473 kind=\"converge\" event=\"start\" guest=\"a\" del=\"a: x\" more=\"3\"]",
        "[hookaot@32473 kind=\"repair\" who=\"firewalld[812\\]\" chains=\"3\" ms=\"14\" add=\"a: x\"]",
        "[hookaot@32473 kind=\"lease\" guest=\"a\" address=\"192.168.122.77\" add=\"a: x\"]",
        "[hookaot@32473 kind=\"conv",
    ];

    // It has no end, and a test of its own.
    private static readonly string[] Endless = ["watch"];

    private static async Task<JsonObject> Definitions()
    {
        var text = await File.ReadAllTextAsync(Repository.File("src", "hookctrl.schema.json"));
        return JsonNode.Parse(text)!["$defs"]!.AsObject();
    }

    /// <summary>
    /// The schema of one verb, as the library wants it: it looks for definitions under their older name.
    /// </summary>
    private static async Task<JsonSchema> SchemaOf(string verb)
    {
        var definitions = (await Definitions()).ToJsonString();
        var older = definitions.Replace("#/$defs/", "#/definitions/", StringComparison.Ordinal);
        var schema = new JsonObject
        {
            ["$ref"] = $"#/definitions/{verb}",
            ["definitions"] = JsonNode.Parse(older),
        };
        return await JsonSchema.FromJsonAsync(schema.ToJsonString());
    }

    private static string Line(string fields) =>
        $"{DateTimeOffset.Now:yyyy-MM-ddTHH:mm:sszzz} host hookaot[7]: said {fields}\n";

    private static async Task<World> Running()
    {
        var world = await World.Create(Config);
        await world.Runs("a");
        await world.Runs("learns");
        await File.WriteAllTextAsync(
            Path.Combine(world.Directory, "hooks.json"),
            """{ "imported": { "private_ip": "192.168.122.7", "port_map": { "tcp": [[7000, 70]] } } }""");
        var logs = Directory.CreateDirectory(world.HookEnvironment["HOOKAOT_LOG_DIR"]).FullName;
        await File.WriteAllTextAsync(Path.Combine(logs, "syslog"), string.Concat(Logged.Select(Line)));
        world.HookEnvironment["EDITOR"] = "sed -i s/false/true/";
        world.HookEnvironment["VISUAL"] = "";
        return world;
    }

    [Test]
    public async Task Every_verb_prints_what_the_schema_says()
    {
        await using var world = await Running();
        foreach (var (verb, command, before) in Calls)
        {
            if (before.Length > 0) await world.Host.Run(before.Replace("{C}", world.Config, StringComparison.Ordinal));
            var arguments = command.Replace("{D}", world.Directory, StringComparison.Ordinal).Split(' ');
            var ended = await world.Call([.. arguments, "--json"]);
            var mistakes = (await SchemaOf(verb)).Validate(ended.Output);
            var reason = $"{command}: {string.Join('\n', mistakes)}\n{ended.Output}{ended.Error}";
            await Assert.That(mistakes).IsEmpty().Because(reason);
        }
    }

    [Test]
    public async Task Watch_prints_an_object_a_line()
    {
        await using var world = await Running();
        await world.Call("apply"); // it has a guest with mistakes
        await using var watching = await Watching.Start(world, json: true);

        await world.Host.Run("iptables -t nat -F HOOKAOT-DNAT");
        await watching.Says("\"kind\":\"repair\"");
        await world.Configure("nonsense");
        await watching.Says("not valid JSON");

        await Assert.That(watching.Log).Contains("\"who\":\"iptables[").And.Contains("\"kind\":\"error\"");
        await Assert.That(await watching.Errors()).IsEmpty();
        var rows = $"[{watching.Log.ReplaceLineEndings(",")}]";
        await Assert.That((await SchemaOf("log")).Validate(rows)).IsEmpty().Because(rows);
    }

    [Test]
    public async Task Who_wants_silence_and_JSON_has_silence()
    {
        await using var world = await Running();
        await world.Call("apply");
        await world.Host.Run("iptables -t nat -F HOOKAOT-DNAT");

        var status = await world.Call("status", "--quiet", "--json");

        await Assert.That(status.ExitCode).IsEqualTo(1);
        await Assert.That(status.Output).IsEmpty();
    }

    [Test]
    public async Task No_verb_is_forgotten()
    {
        var verbs = Leaves(HookctrlApplet.CommandLine(), "").Select(v => v.Trim()).Except(Endless);
        var called = Calls.Select(c => c.Command).ToList();
        foreach (var verb in verbs)
        {
            var isCalled = called.Exists(c => $"{c} ".StartsWith($"{verb} ", StringComparison.Ordinal));
            await Assert.That(isCalled).IsTrue().Because(verb);
        }
    }

    [Test]
    [Arguments("status", "\"ok\": false", "\"ok\": false, \"surprise\": 1")]
    [Arguments("status", "\"state\": \"not active\"", "\"state\": \"absent\"")]
    [Arguments("status", "\"packets\": 0", "\"packets\": \"0\"")]
    [Arguments("list", "\"vm_port\": \"22\"", "\"vm_ports\": \"22\"")]
    [Arguments("list", "\"machine\": \"a\",", "")]
    public async Task The_schema_refuses_what_is_not_in_it(string verb, string right, string wrong)
    {
        await using var world = await Running();
        var printed = (await world.Call(verb, "--json")).Output;
        await Assert.That(printed).Contains(right);
        var mistakes = (await SchemaOf(verb)).Validate(printed.Replace(right, wrong, StringComparison.Ordinal));
        await Assert.That(mistakes).IsNotEmpty();
    }

    [Test]
    public async Task Every_object_of_the_schema_is_closed_and_has_all_its_fields()
    {
        foreach (var described in Objects(await Definitions()))
        {
            await Assert.That(described["additionalProperties"]!.GetValueKind()).IsEqualTo(JsonValueKind.False);
            var required = described["required"]!.AsArray().Select(r => r!.GetValue<string>());
            await Assert.That(required).IsEquivalentTo(described["properties"]!.AsObject().Select(p => p.Key));
        }
    }

    private static IEnumerable<JsonObject> Objects(JsonNode? node) => node switch
    {
        JsonObject closed when closed.ContainsKey("properties") =>
            [closed, .. closed.SelectMany(p => Objects(p.Value))],
        JsonObject other => other.SelectMany(p => Objects(p.Value)),
        JsonArray array => array.SelectMany(Objects),
        _ => [],
    };

    private static IEnumerable<string> Leaves(Command command, string name) => command.Subcommands.Count == 0
        ? [name]
        : command.Subcommands.SelectMany(c => Leaves(c, $"{name} {c.Name}"));
}
