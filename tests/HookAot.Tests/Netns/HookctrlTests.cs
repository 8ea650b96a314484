using System.Text.Json;
using static HookAot.Tests.Netns.World;

namespace HookAot.Tests.Netns;

/// <summary>hookctrl, every verb of the published binary.</summary>
[Category("Netns")]
public sealed class HookctrlTests
{
    private const string TwoKindsOfForward = $$"""
        {
            "public_ip": "{{Public}}",
            "machines": {
                "web": {
                    "private_ip": "{{AddressA}}",
                    "port_map": [
                        [8080, 80],
                        { "public": "53", "protocol": "udp", "source": "10.0.0.0/8" }
                    ]
                }
            },
            "networks": { "default": "192.168.122.0/24" }
        }
        """;

    private const string HooksJson = $$"""
        {
            "a": {
                "interface": "virbr0",    // its bridge
                "private_ip": "{{AddressA}}",
                "source_ip": "192.168.0.50",
                "port_map": { "tcp": [[2222, 22], 80], "udp": [[53, 22]] },
                "port_range": [{ "init_port": 9000, "ports_num": 3, "protocol": "tcp" }],
            },
        }
        """;

    private const string MistakenHooksJson = """
        { "c": { "private_ip": "x" },
          "d": { "private_ip": "192.168.122.9", "port_map": { "tcp": [70000] } } }
        """;

    [Test]
    public async Task The_ancestors_command_lines_work_one_by_one()
    {
        await using var world = await World.Create("");
        File.Delete(world.Config);
        await world.Done("--cmd add_machine --name a --private_ip 192.168.122.2");
        await world.Done($"--debug false --public_ip {Public}");
        await world.Done("--cmd add_network --name default --network 192.168.122.0/24");
        await world.Quietly("a", "start");

        const string forward = "--name a --public_port 2222 --vm-port 22";
        await world.Done($"--cmd add_port {forward}");
        await Assert.That(await world.Client.Tcp(Public, 2222)).IsEqualTo("A:22 from 192.168.0.50");
        var again = await world.Refused($"--cmd add_port {forward}");
        await Assert.That(again).Contains("public port 2222/tcp is taken");

        await world.Done($"--cmd remove_port {forward}");
        await Assert.That(await world.Client.Tcp(Public, 2222)).IsEqualTo("ConnectionRefused");

        await world.Done("--cmd remove_network --name default");
        await world.Done("--cmd remove_machine --name a");
        await Assert.That(await File.ReadAllTextAsync(world.Config)).IsEqualTo($$"""
            {
                "machines": {},
                "networks": {},
                "public_ip": "{{Public}}",
                "debug": false
            }

            """);

        await Assert.That(await world.Refused("--cmd add_prot --name a", 2)).Contains("did you mean \"add_port\"?");
    }

    [Test]
    public async Task A_forward_is_in_force_at_once_and_ends_at_once()
    {
        await using var world = await World.Create($$"""{ "public_ip": "{{Public}}" }""");
        await world.Runs("a");
        await world.Done($"machine add a --private-ip {AddressA}");
        await world.Done("port add a 2222:22/tcp+udp 9000-9002");
        await Assert.That(await world.Client.Udp(Public, 2222)).IsEqualTo("A:22 from 192.168.0.50");
        await Assert.That(await world.Client.Tcp(Public, 9001)).IsEqualTo("A:9001 from 192.168.0.50");

        await Assert.That(await world.Refused("machine remove a"))
            .Contains("runs and has forwards")
            .And.Contains("--force");
        await world.Done("port remove a 2222 9000-9002");
        await Assert.That(await world.Client.Tcp(Public, 9001)).IsEqualTo("ConnectionRefused");
        await world.Done("machine remove a");
    }

    [Test]
    public async Task Lists_show_what_the_config_says()
    {
        await using var world = await World.Create(TwoKindsOfForward);
        await Assert.That(await world.Done("list")).IsEqualTo("""
            GUEST  PUBLIC         PORT      TO                SOURCE
            web    192.168.0.166  8080/tcp  192.168.122.2:80  any
            web    192.168.0.166  53/udp    192.168.122.2:53  10.0.0.0/8

            """);
        await Assert.That(await world.Done("show web")).IsEqualTo(await world.Done("list"));
        await Assert.That(await world.Done("machine list")).IsEqualTo("""
            GUEST  ADDRESS        FORWARDS
            web    192.168.122.2  2

            """);
        await Assert.That(await world.Done("network list")).IsEqualTo("NETWORK  RANGE\ndefault  192.168.122.0/24\n");

        using var json = JsonDocument.Parse(await world.Done("list --json"));
        await Assert.That(json.RootElement[1].GetProperty("source")[0].GetString()).IsEqualTo("10.0.0.0/8");

        await Assert.That(await world.Refused("show wbe")).Contains("did you mean \"web\"?");
    }

    [Test]
    public async Task A_dry_run_shows_the_change_and_makes_none()
    {
        await using var world = await World.Create(OneForward);
        await Assert.That(await world.Done("port add a 8080:80 --dry-run"))
            .Contains("\n-")
            .And.Contains("\"8080\", \"80\"");
        await Assert.That(await File.ReadAllTextAsync(world.Config)).IsEqualTo(OneForward);
    }

    [Test]
    public async Task Set_and_machine_set_change_what_they_name()
    {
        await using var world = await World.Create(OneForward);
        await world.Done($"set public_ip {Public} {Public2}");
        await world.Done("set strict true");
        await world.Done("machine set a --source 10.0.0.0/8 --interface virbr0");
        await Assert.That(await File.ReadAllTextAsync(world.Config))
            .Contains($"\"public_ip\": [\"{Public}\", \"{Public2}\"]")
            .And.Contains("\"strict\": true")
            .And.Contains("\"source\": \"10.0.0.0/8\"")
            .And.Contains("\"interface\": \"virbr0\"");

        await Assert.That(await world.Refused("set backend nft", 2)).Contains("expected auto, iptables or nftables");
        await Assert.That(await world.Refused("set nonsense x", 2)).Contains("nonsense");
    }

    [Test]
    public async Task Doubts_are_told_but_refuse_nothing()
    {
        await using var world = await World.Create("{}");
        var etc = Path.Combine(world.Directory, "etc");
        var networks = Path.Combine(etc, "qemu", "networks");
        Directory.CreateDirectory(networks);
        await File.WriteAllTextAsync(Path.Combine(etc, "qemu", "web.xml"), Domain("web"));
        await File.WriteAllTextAsync(
            Path.Combine(networks, "default.xml"),
            "<network><name>default</name><ip address='192.168.122.1' netmask='255.255.255.0'/></network>");
        world.HookEnvironment["HOOKAOT_LIBVIRT_ETC"] = etc;
        world.Host.Serve("host", 2222);

        var added = await world.Call("machine", "add", "wbe", "--private-ip", "10.9.9.9");
        await Assert.That(added.ExitCode).IsEqualTo(0);
        await Assert.That(added.Error)
            .Contains("libvirt does not know a guest \"wbe\"; did you mean \"web\"?")
            .And.Contains("10.9.9.9 of \"wbe\" is in none of libvirt's networks (192.168.122.0/24)");

        var port = await world.Call("port", "add", "wbe", "2222:22", "--public-ip", "192.0.2.1", "--force");
        await Assert.That(port.ExitCode).IsEqualTo(0);
        await Assert.That(port.Error)
            .Contains("no interface of this host has the public address 192.0.2.1")
            .And.Contains("a service of this host listens on 2222/tcp");
        await Assert.That(port.Error).DoesNotContain("does not know a guest");
    }

    [Test]
    public async Task Networks_are_added_and_removed()
    {
        await using var world = await World.Create("{}");
        await world.Done("network add default 192.168.122.0/24");
        await Assert.That(await world.Done("network list")).Contains("192.168.122.0/24");

        await Assert.That(await world.Refused("network add lan 192.168.122.1/24", 2))
            .Contains("found '192.168.122.1/24'; expected 192.168.122.0/24");
        var absent = await world.Call("network", "remove", "defualt");
        await Assert.That(absent.ExitCode).IsEqualTo(0).Because(absent.Error);
        await Assert.That(absent.Error).Contains("did you mean \"default\"?");

        await world.Done("network remove default");
        await Assert.That(await world.Done("network list")).IsEqualTo("NETWORK  RANGE\n");
    }

    [Test]
    public async Task Check_shows_every_mistake_with_its_place()
    {
        await using var world = await World.Create(OneForward);
        await Assert.That(await world.Done("check")).IsEmpty();

        var other = Path.Combine(world.Directory, "other.json");
        await File.WriteAllTextAsync(other, """
            { "machines": {
                "a": { "private_ip": "1.2.3", "port_map": [0] }
            } }
            """);
        await Assert.That(await world.Refused($"check {other}"))
            .Contains($"{other}:2:26: error: found \"1.2.3\"")
            .And.Contains($"{other}:2:48: error: found 0");
        await Assert.That(await world.Refused($"check {other}.not")).Contains("does not exist");
    }

    [Test]
    public async Task Help_version_and_what_is_not_known()
    {
        await using var world = await World.Create();
        await Assert.That(await world.Done("version")).Matches(@"^hookaot \d+\.\d+\.\d+\+\S+\n$");
        await Assert.That(await world.Done("--version")).IsEqualTo(await world.Done("version"));
        await Assert.That(await world.Done("port add --help")).Contains("hookctrl port add NAME PORT...");
        await Assert.That((await world.Call()).Output).Contains("hookctrl port add web 8080:80");

        await Assert.That(await world.Refused("statsu", 2)).Contains("did you mean 'hookctrl status'?");
        await Assert.That(await world.Refused("port ad a 80", 2)).Contains("did you mean 'hookctrl port add'?");
        await Assert.That(await world.Refused("port add a 80:81:82", 2)).Contains("expected PUBLIC[:VM][/PROTOCOL]");
        await Assert.That(await world.Refused("port add a", 2))
            .IsEqualTo("hookctrl: port add: expected PORT; 'hookctrl port add --help' explains\n");
        await Assert.That(await world.Refused("list --colour", 2)).Contains("--colour");
    }

    [Test]
    public async Task Colours_are_for_a_terminal_and_for_who_wants_them()
    {
        await using var world = await World.Create(OneForward);
        string[] list = ["script", "-qec", $"{world.HookctrlPath()} list", "/dev/null"];
        Task<Ended> OnTerminal() => Tool.Run(list, environment: world.HookEnvironment);

        await Assert.That((await OnTerminal()).Output).Contains("\e[1mGUEST").And.Contains("2222");
        await Assert.That(await world.Done("list")).DoesNotContain("\e");

        world.HookEnvironment["NO_COLOR"] = "1";
        await Assert.That((await OnTerminal()).Output).DoesNotContain("\e[").And.Contains("2222");
    }

    [Test]
    public async Task Import_takes_over_a_hooks_json_and_its_forwards_work()
    {
        await using var world = await World.Create($$"""{ "public_ip": "{{Public}}" }""");
        var hooks = Path.Combine(world.Directory, "hooks.json");
        await File.WriteAllTextAsync(hooks, HooksJson);
        await world.Runs("a");

        await Assert.That(await world.Done($"import {hooks} --dry-run")).Contains("+").And.Contains("\"9000-9002\"");
        await Assert.That(await world.OurRules()).IsEmpty();

        await Assert.That(await world.Done($"import {hooks}"))
            .Contains($"+ a: {Public}:2222/tcp -> {AddressA}:22 from 192.168.0.50/32");
        await Assert.That(await world.Client.Tcp(Public, 9001)).IsEqualTo("A:9001 from 192.168.0.50");
        await Assert.That(await world.Client.Udp(Public, 53)).IsEqualTo("A:22 from 192.168.0.50");
        await Assert.That(await world.Neighbour.Tcp(Public, 80)).IsEqualTo("ConnectionRefused");

        var again = await world.Call("import", hooks);
        await Assert.That(again.ExitCode).IsEqualTo(0);
        await Assert.That(again.Error)
            .Contains("is in the config already")
            .And.Contains("has no guest that the config lacks");

        var before = await File.ReadAllTextAsync(world.Config);
        await File.WriteAllTextAsync(hooks, MistakenHooksJson);
        await Assert.That(await world.Refused($"import {hooks}"))
            .Contains($"{hooks}:1:10: error: found \"x\"")
            .And.Contains("70000")
            .And.Contains("nothing was taken over");
        await Assert.That(await world.Refused($"import {hooks}.not")).Contains("does not exist");
        await Assert.That(await File.ReadAllTextAsync(world.Config)).IsEqualTo(before);
    }

    [Test]
    public async Task The_binary_takes_the_name_of_a_link_as_its_first_word()
    {
        await using var world = await World.Create();
        var binary = Path.Combine(world.Directory, "hooks", "hookaot");
        var hook = await Tool.Run(
            [.. world.Host.Enter, binary, "qemu", "a", "start", "begin", "-"], Domain("a"), world.HookEnvironment);
        await Assert.That(hook.ExitCode).IsEqualTo(0).Because(hook.Error);
        await Assert.That(await world.Client.Tcp(Public, 2222)).IsEqualTo("A:22 from 192.168.0.50");

        var list = await Tool.Run([.. world.Host.Enter, binary, "hookctrl", "list"], "", world.HookEnvironment);
        await Assert.That(list.Output).IsEqualTo(await world.Done("list"));
    }

    [Test]
    public async Task Two_at_once_lose_nothing()
    {
        await using var world = await World.Create(OneForward);
        var ports = Enumerable.Range(3001, 20).ToArray();

        var calls = ports.Select(port => world.Call("port", "add", "a", $"{port}:80", "--no-apply"));
        var ended = await Task.WhenAll(calls);
        await Assert.That(ended.All(e => e.ExitCode == 0)).IsTrue();

        var list = await world.Done("list");
        foreach (var port in ports) await Assert.That(list).Contains($" {port}/tcp ");
    }

    [Test]
    public async Task A_symlinked_config_is_changed_where_it_lies_and_keeps_its_mode()
    {
        await using var world = await World.Create(OneForward);
        var real = Path.Combine(world.Directory, "real.json");
        const string moveAndLink = """
            mv "$0" "$1"
            chmod 640 "$1"
            chown 1:1 "$1"
            ln -s "$1" "$0"
            """;
        await Tool.Succeed(["sh", "-euc", moveAndLink, world.Config, real]);

        await world.Done("port add a 8080:80 --no-apply");

        var files = await Tool.Succeed(["stat", "-c", "%a %u:%g %F", real, world.Config]);
        string[] expected = ["640 1:1 regular file", "777 0:0 symbolic link", ""];
        await Assert.That(files.Split('\n')).IsEquivalentTo(expected);
        await Assert.That(await File.ReadAllTextAsync(real)).Contains("\"8080\"");
    }
}
