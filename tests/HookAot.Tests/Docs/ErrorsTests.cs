using System.Globalization;
using System.Text;
using HookAot.Tests.Netns;
using static HookAot.Tests.Netns.World;

namespace HookAot.Tests.Docs;

/// <summary>
/// errors.txt is what hookctrl says about calls that are wrong, or that have nothing to do, as the published binary
/// prints it: to be read in one sitting. What it says about a config is in Config/invalid.
/// </summary>
[Category("Netns")]
public sealed class ErrorsTests
{
    private const string Config = $$"""
        {
            "machines": {
                "web": {
                    "private_ip": "{{AddressA}}",
                    "port_map": [[8080, 80], "5000-5010", { "public": 53, "protocol": "tcp+udp" }]
                },
                "idle": { "private_ip": "192.168.122.9", "port_map": [81] },
                "bare": {}
            },
            "networks": { "default": "192.168.122.0/24" }
        }
        """;

    private static readonly string[] Calls =
    [
        "lst",
        "frobnicate",
        "add web 80",
        "port ad web 80",
        "port web add 80",
        "port add 80 web",
        "port",
        "port add",
        "port add web",
        "port add wbe 80",
        "port add web 80 --sorce 10.0.0.0/8",
        "port add web 0",
        "port add web 65536",
        "port add web 9000-8000",
        "port add web 80:90-99",
        "port add web 80/tpc",
        "port add web no-such-service",
        "port add web 80 --source 10.0.0.1/8",
        "port add web 80 --source nobody",
        "port add web 80 --public-ip 1.2.3",
        "port add web 80 --localhost perhaps",
        "port add web 80 --for ever",
        "port add web 8080:80",
        "port add web 8080:81",
        "port add web 8081 8081:82",
        "port add idle 8080",
        "port set web 9",
        "port set web 8080",
        "port remove web 9",
        "port remove wbe 8080",
        "machine add web",
        "machine add x --private-ip y",
        "machine set web",
        "machine set wbe --source 10.0.0.0/8",
        "machine rename web idle",
        "machine rename wbe x",
        "machine remove wbe",
        "network add default 10.0.0.0/8",
        "network add x 10.0.0.1/8",
        "network remove defualt",
        "set dbug true",
        "set debug perhaps",
        "set backend ipfw",
        "set public_ip 1.2.3",
        "show wbe",
        "list --port x",
        "status wbe",
        "status web:9",
        "explain wbe",
        "explain web:9",
        "explain idle",
        "explain bare",
        "doctor wbe",
        "log --since yesterday",
        "undo",
        "check /no/such/file",
        "import /no/such/file",
        "completion tcsh",
        "--cmd add_prt --name web",
        "--cmd add_port",
        "--cmd add_port --name web --public_port x --vm-port 80",
    ];

    [Test]
    public async Task All_errors_are_as_they_were_accepted()
    {
        await using var world = await World.Create(Config);
        await world.Runs("web");
        using var watched = world.AsIfWatched();
        var text = new StringBuilder();
        foreach (var call in Calls)
        {
            var ended = await world.Call([.. call.Split(' '), "--dry-run"]);
            var said = (ended.Output + ended.Error).Replace(world.Directory, "DIR", StringComparison.Ordinal);
            text.Append(CultureInfo.InvariantCulture, $"==== hookctrl {call} [{ended.ExitCode}]\n\n{said}\n");
        }

        var file = Repository.File("tests", "HookAot.Tests", "Docs", "errors.txt");
        await Accepted.Is(file, text.ToString(), nameof(ErrorsTests));
    }
}
