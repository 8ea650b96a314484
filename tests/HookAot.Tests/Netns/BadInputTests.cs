using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using static HookAot.Tests.Netns.World;

namespace HookAot.Tests.Netns;

/// <summary>Configurations that cannot be used, names that are no words, calls that are wrong.</summary>
[Category("Netns")]
public sealed class BadInputTests
{
    // Four of them are a long name, and still one that libvirt can name its files after.
    private const string Digits = "01234567890123456789012345678901234567890123456789";

    [Test]
    [Arguments("printf '{ \"machines\": { \"a\": ' > \"$C\"", ":1:", "not valid JSON")]
    [Arguments("rm \"$C\"", "", "does not exist")]
    [Arguments(": > \"$C\"", "", "is empty; the last good")]
    [Arguments("rm \"$C\"; mkdir \"$C\"", "", "is a directory")]
    [Arguments("rm \"$C\"; mkfifo \"$C\"", "", "is not a regular file")]
    [Arguments("truncate -s 100M \"$C\"", "", "104857600 bytes; at most 16777216 are read")]
    [Arguments("{ printf '{ \"a\": '; head -c 100000 /dev/zero | tr '\\0' '['; } > \"$C\"", ":1:", "not valid JSON")]
    [Arguments("printf '{ \"machines\": { \"a\\377\": {} } }' > \"$C\"", ":1:19: error:", "not UTF-8")]
    [Arguments(
        "printf '{ \"a\": 1, \"public_ip\": \"nonsense\" }' > \"$C\"",
        ":1:24: error:",
        "found \"nonsense\"; expected an address of this host")]
    public async Task A_config_that_cannot_be_used_is_reported_and_changes_nothing(
        string damage,
        string place,
        string words)
    {
        await using var world = await World.Create();
        await world.Quietly("a", "start");
        var rules = await world.Rules();
        await Tool.Succeed(["sh", "-euc", $"C={world.Config}; {damage}"]);
        var log = await world.Event("a", "reconnect");
        await Assert.That(log).Contains($"{world.Config}{place}").And.Contains(words);
        await Assert.That(log).Contains("the last good configuration stays in force");
        await Assert.That(await world.Rules()).IsEqualTo(rules);
        await Assert.That(await world.Client.Tcp(Public, 2222)).IsEqualTo("A:22 from 192.168.0.50");
        await world.Event("a", "stopped");
        await Assert.That(await world.OurRules()).IsEmpty();
    }

    [Test]
    public async Task A_mistake_in_one_machine_costs_only_that_machine()
    {
        await using var world = await World.Create($$"""
            { "public_ip": "{{Public}}", "machines": {
                "a": { "private_ip": "{{AddressA}}", "port_map": [[2222, 22]] },
                "b": { "private_ip": "{{AddressB}}; rm -rf /", "port_map": [[8080, 80]] } } }
            """);
        await world.Event("a", "start");
        var log = await world.Event("b", "start");
        await Assert.That(log).Contains($"{world.Config}:3:26: error: found \"{AddressB}; rm -rf /\"");
        await Assert.That(await world.Client.Tcp(Public, 2222)).IsEqualTo("A:22 from 192.168.0.50");
        await Assert.That(await world.Client.Tcp(Public, 8080)).IsEqualTo("ConnectionRefused");
    }

    [Test]
    public async Task Strict_refuses_a_start_but_never_a_guest_that_runs()
    {
        await using var world = await World.Create($$"""
            { "strict": true, "machines": { "a": { "private_ip": "{{AddressA}}", "port_map": [[2222, 22]] } } }
            """);
        await Assert.That((await world.Hook("qemu", "a", "prepare")).ExitCode).IsEqualTo(0);
        await world.Quietly("a", "start");
        await world.Configure("{ \"machines\": { \"a\": ");
        foreach (var operation in new[] { "prepare", "start" })
        {
            var refused = await world.Hook("qemu", "a", operation);
            await Assert.That(refused.ExitCode).IsEqualTo(1);
            await Assert.That(refused.Output).IsEmpty();
            await Assert.That(refused.Error).Contains("\"strict\" is on").And.Contains("not valid JSON");
        }

        string[] others = ["started", "reconnect", "stopped", "release", "migrate"];
        foreach (var operation in others) await world.Event("a", operation);
    }

    [Test]
    [Arguments("two words")]
    [Arguments("quo'te\"s")]
    [Arguments("$(touch /tmp/hookaot-pwned); `reboot`")]
    [Arguments("ünïcödé 客人")]
    [Arguments("line\nbreak -j ACCEPT")]
    [Arguments("esc\u001b[31m")]
    [Arguments("*nat")]
    [Arguments("-x")]
    [Arguments("../../etc/passwd")]
    [Arguments(Digits + Digits + Digits + Digits)]
    public async Task A_guest_may_be_called_anything(string name)
    {
        var key = JsonEncodedText.Encode(name);
        await using var world = await World.Create($$"""
            {
                "public_ip": "{{Public}}",
                "machines": { "{{key}}": { "private_ip": "{{AddressA}}", "port_map": [[2222, 22]] } }
            }
            """);
        var log = await world.Event(name, "start");
        await Assert.That(await world.Client.Tcp(Public, 2222)).IsEqualTo("A:22 from 192.168.0.50");
        await Assert.That(log.Split('\n').Any(line => line.Any(char.IsControl))).IsFalse();
        await world.Event(name, "stopped");
        await Assert.That(await world.OurRules()).IsEmpty();
        await Assert.That(File.Exists("/tmp/hookaot-pwned")).IsFalse();
    }

    [Test]
    public async Task A_guest_that_the_config_does_not_name_leaves_no_trace()
    {
        await using var world = await World.Create();
        foreach (var operation in new[] { "prepare", "start", "started", "reconnect", "stopped", "release" })
            await Assert.That(await world.Event("stranger", operation)).IsEmpty();
        await Assert.That(Directory.Exists(world.HookEnvironment["HOOKAOT_RUN_DIR"])).IsFalse();
    }

    [Test]
    [Arguments("<domain><devices><interface>")]
    [Arguments("<!DOCTYPE d [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><domain>&e;</domain>")]
    [Arguments("")]
    [Arguments("no xml")]
    public async Task Xml_that_is_not_understood_is_no_reason_not_to_forward(string xml)
    {
        await using var world = await World.Create();
        var ended = await world.Hook("qemu", "a", "start", xml);
        await Assert.That(ended.ExitCode).IsEqualTo(0);
        await Assert.That(ended.Error).Contains("its XML is not understood");
        await Assert.That(await world.Client.Tcp(Public, 2222)).IsEqualTo("A:22 from 192.168.0.50");
    }

    [Test]
    [Arguments("qemu")]
    [Arguments("lxc")]
    [Arguments("libxl")]
    [Arguments("bhyve")]
    [Arguments("qemu.d/50-hookaot")]
    public async Task The_name_that_it_is_called_by_says_what_it_is(string called)
    {
        await using var world = await World.Create();
        await world.Quietly("a", "start", called);
        await Assert.That(await world.Client.Tcp(Public, 2222)).IsEqualTo("A:22 from 192.168.0.50");
    }

    [Test]
    [Arguments("qemu a", "usage: qemu OBJECT OPERATION SUB-OPERATION EXTRA")]
    [Arguments("network", "usage: network OBJECT OPERATION SUB-OPERATION EXTRA")]
    [Arguments("hookaot", "usage: hookaot qemu|lxc|libxl|bhyve|network OBJECT")]
    [Arguments("hookaot nonsense a start begin -", "usage: hookaot qemu|lxc|libxl|bhyve|network OBJECT")]
    [Arguments("hookctrl --nonsense", "unknown option --nonsense")]
    [Arguments("hookctrl --dry-run", "nothing to do")]
    [Arguments("hookctrl mchine", "did you mean 'hookctrl machine'?")]
    [Arguments("hookctrl port add web 80:80:80", "expected PUBLIC[:VM][/PROTOCOL]")]
    public async Task A_wrong_call_says_what_is_expected(string call, string words)
    {
        await using var world = await World.Create();
        var argv = call.Split(' ');
        var program = Path.Combine(world.Directory, "hooks", argv[0]);
        var ended = await Tool.Run([program, .. argv[1..]], environment: world.HookEnvironment);
        await Assert.That(ended.ExitCode).IsEqualTo(2);
        await Assert.That(ended.Output).IsEmpty();
        await Assert.That(ended.Error).Contains(words);
    }

    [Test]
    public async Task It_runs_where_there_is_nothing_but_itself()
    {
        await using var world = await World.Create();
        const string Script = """
            mkdir empty
            cp hooks/hookaot empty
            exec chroot empty /hookaot qemu a start begin -
            """;
        var ended = await Tool.Run(["sh", "-euc", $"cd {world.Directory}\n{Script}"]);
        await Assert.That(ended.ExitCode).IsEqualTo(0);
        await Assert.That(ended.Output).IsEmpty();
        await Assert.That(ended.Error).IsEmpty();
    }

    [Test]
    public async Task The_log_goes_to_the_syslog_socket()
    {
        await using var world = await World.Create();
        var path = world.HookEnvironment["HOOKAOT_LOG_SOCKET"];
        using var syslog = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        syslog.Bind(new UnixDomainSocketEndPoint(path));
        await Assert.That(await world.Event("a", "start")).IsEmpty();
        var line = new byte[1024];
        var length = await syslog.ReceiveAsync(line);
        const string Time = @"[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d";
        const string Words = "a start: 1 forward for 1 active guest";
        await Assert.That(Encoding.UTF8.GetString(line, 0, length))
            .Matches($@"^<30>{Time} libvirt-hook-qemu\[\d+\]: {Words} \[.*\]$");
    }
}
