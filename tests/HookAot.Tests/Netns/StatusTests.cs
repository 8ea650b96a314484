using System.Text.Json;
using static HookAot.Tests.Netns.World;

namespace HookAot.Tests.Netns;

/// <summary>hookctrl status, plan and apply: what is in the kernel, what should be, and what changed.</summary>
[Category("Netns")]
public sealed class StatusTests
{
    private const string Two = $$"""
        {
            "machines": {
                "a": {
                    "private_ip": "{{AddressA}}",
                    "port_map": [
                        ["2222", "22"],
                        {
                            "public": "5000-5002",
                            "vm": "9000-9002",
                            "protocol": "tcp+udp",
                            "source": ["192.168.0.0/24", "10.0.0.0/8"]
                        }
                    ]
                },
                "b": { "private_ip": "{{AddressB}}", "port_map": [{ "public": 80, "public_ip": "" }] }
            },
            "networks": { "default": "192.168.122.0/24" },
            "public_ip": ["{{Public}}", "{{Public2}}"]
        }
        """;

    private const string OneUdpForward = $$"""
        {
            "machines": {
                "a": {
                    "private_ip": "{{AddressA}}",
                    "port_map": [{ "public": 2222, "vm": 22, "protocol": "udp" }]
                }
            },
            "public_ip": "{{Public}}"
        }
        """;

    private const string NotAtTheHead =
        "not at the head of FORWARD: -A FORWARD -m conntrack --ctstate DNAT -j HOOKAOT-FWD is rule 2, ";

    private static async Task<string> Drift(World world)
    {
        var ended = await world.Call("status");
        await Assert.That(ended.ExitCode).IsEqualTo(1).Because(ended.Output + ended.Error);
        return ended.Output;
    }

    [Test]
    [Arguments("iptables")]
    [Arguments("iptables-legacy")]
    public async Task Status_shows_state_and_counters(string iptables)
    {
        await using var world = await World.Create(Two, iptables);
        await Assert.That(await world.Done("status")).Contains("not running").And.DoesNotContain("active ");

        await world.Quietly("default", "started", "network");
        await world.Quietly("a", "start");
        await Assert.That(await world.Client.Tcp(Public, 2222)).IsEqualTo("A:22 from 192.168.0.50");

        var lines = (await world.Done("status")).Split('\n');
        var first = $@"^a +{Public} {Public2} +2222/tcp +{AddressA}:22 +any +active +1 +\d$";
        await Assert.That(lines[1]).Matches(first);
        await Assert.That(lines[2])
            .Contains("5000-5002/tcp+udp")
            .And.Contains("192.168.0.0/24 10.0.0.0/8")
            .And.Matches(@"active +0 +0$");
        await Assert.That(lines[3]).Matches(@"^b +any +80/tcp .* not running +- +-$");
        await Assert.That(lines[4]).Contains("192.168.122.0/24");

        await world.Quietly("b", "start");
        await Assert.That(await world.Done("status")).DoesNotContain("not running");

        using var json = JsonDocument.Parse(await world.Done("status --json"));
        await Assert.That(json.RootElement.GetProperty("ok").GetBoolean()).IsTrue();
        var third = json.RootElement.GetProperty("forwards")[2];
        await Assert.That(third.GetProperty("state").GetString()).IsEqualTo("active");
    }

    [Test]
    [Arguments("-D HOOKAOT-DNAT 1", "missing", "missing: -A HOOKAOT-DNAT", "nat")]
    [Arguments(
        "-A HOOKAOT-SNAT -d 10.1.1.1 -j MASQUERADE",
        "active",
        "should not be there: -A HOOKAOT-SNAT -d 10.1.1.1/32 -j MASQUERADE",
        "nat")]
    [Arguments(
        "-D PREROUTING -j HOOKAOT-DNAT",
        "missing",
        "the jump is missing: -A PREROUTING -j HOOKAOT-DNAT",
        "nat")]
    [Arguments("-D OUTPUT -j HOOKAOT-DNAT", "active", "the jump is missing: -A OUTPUT -j HOOKAOT-DNAT", "nat")]
    [Arguments("-I OUTPUT -j HOOKAOT-DNAT", "active", "there more than once: -A OUTPUT -j HOOKAOT-DNAT", "nat")]
    [Arguments(
        "-I FORWARD -i docker0 -j DROP",
        "active",
        NotAtTheHead + "behind -A FORWARD -i docker0 -j DROP",
        "filter")]
    [Arguments("-F HOOKAOT-FWD", "missing", "missing: -A HOOKAOT-FWD -d 192.168.122.2/32", "filter")]
    public async Task Drift_is_named_and_apply_ends_it(string damage, string state, string message, string table)
    {
        await using var world = await World.Create();
        await world.Quietly("a", "start");
        await world.Done("status");

        await world.Iptables($"-t {table} {damage}");
        await Assert.That(await Drift(world))
            .Contains($" {state}")
            .And.Contains("drift: ")
            .And.Contains(message)
            .And.EndsWith("'hookctrl apply' puts it right\n");

        await Assert.That(await world.Done("apply")).IsNotEqualTo("nothing to change\n");
        await world.Done("status");
        await Assert.That(await world.Done("apply")).IsEqualTo("nothing to change\n");
    }

    [Test]
    public async Task Status_reports_settings_rules_without_a_guest_and_a_guest_that_is_left_out()
    {
        await using var world = await World.Create("""
            {
                "machines": {
                    "a": { "port_map": [80] },
                    "b": { "private_ip": "nonsense" }
                }
            }
            """);
        await world.Event("a", "start");
        await Assert.That(await Drift(world))
            .Contains("left out: no address is known")
            .And.Contains("left out: its entry has mistakes: hookctrl check")
            .And.DoesNotContain("drift");

        await world.Configure(OneForward);
        await world.Done("apply");
        await world.Host.Run("echo 0 > /proc/sys/net/ipv4/ip_forward");
        await Assert.That(await Drift(world)).Contains("drift: net.ipv4.ip_forward is 0");
        await world.Host.Run("echo 1 > /proc/sys/net/ipv4/ip_forward");

        await world.Quietly("a", "stopped");
        await world.Iptables("-t nat -N HOOKAOT-SNAT");
        await Assert.That(await Drift(world)).Contains("chain HOOKAOT-SNAT is there, although nothing needs it");
        await world.Done("apply");
        await Assert.That(await world.OurRules()).IsEmpty();

        await world.Configure("{ nonsense");
        await Assert.That(await Drift(world)).Contains("drift: ").And.Contains("config.json:1:3");
    }

    [Test]
    public async Task Watch_shows_it_again_when_something_changes()
    {
        await using var world = await World.Create();
        await world.Quietly("a", "start");

        // Until the reader has seen two tables, and hangs up. The change may come before the first one.
        const string Change = "while sleep 0.3; do nft add table ip other; nft delete table ip other; done";
        var watch = $"{Change} & '{world.HookctrlPath()}' status --watch | grep -m 2 ^GUEST; kill $!";
        var seen = await Tool.Run([.. world.Host.Enter, "sh", "-c", watch], environment: world.HookEnvironment);

        var heads = seen.Output.Split('\n').Count(line => line.StartsWith("GUEST", StringComparison.Ordinal));
        await Assert.That(heads).IsEqualTo(2);
    }

    [Test]
    public async Task Apply_says_what_changed()
    {
        await using var world = await World.Create(Two);
        await world.Runs("a");

        await Assert.That(await world.Done("apply")).IsEqualTo($"""
            + a: {Public}:2222/tcp -> {AddressA}:22
            + a: {Public2}:2222/tcp -> {AddressA}:22
            + a: {Public}:5000-5002/tcp -> {AddressA}:9000-9002 from 192.168.0.0/24
            + a: {Public}:5000-5002/tcp -> {AddressA}:9000-9002 from 10.0.0.0/8
            + a: {Public}:5000-5002/udp -> {AddressA}:9000-9002 from 192.168.0.0/24
            + a: {Public}:5000-5002/udp -> {AddressA}:9000-9002 from 10.0.0.0/8
            + a: {Public2}:5000-5002/tcp -> {AddressA}:9000-9002 from 192.168.0.0/24
            + a: {Public2}:5000-5002/tcp -> {AddressA}:9000-9002 from 10.0.0.0/8
            + a: {Public2}:5000-5002/udp -> {AddressA}:9000-9002 from 192.168.0.0/24
            + a: {Public2}:5000-5002/udp -> {AddressA}:9000-9002 from 10.0.0.0/8

            """);

        await Assert.That(await world.Done("port remove a 2222")).IsEqualTo($"""
            - a: {Public}:2222/tcp -> {AddressA}:22
            - a: {Public2}:2222/tcp -> {AddressA}:22

            """);
        await Assert.That(await world.Done("port add b 81")).IsEqualTo("in force when b starts\n");

        using var json = JsonDocument.Parse(await world.Done("port add a 2200:22 --public-ip 192.168.0.166 --json"));
        var added = json.RootElement.GetProperty("added")[0].GetString();
        await Assert.That(added).IsEqualTo($"a: {Public}:2200/tcp -> {AddressA}:22");

        await Assert.That(await world.Done("apply --stop-all")).Contains($"- a: {Public}:2200/tcp");
        await Assert.That(await world.OurRules()).IsEmpty();
    }

    [Test]
    public async Task Plan_is_what_apply_feeds_to_the_tool()
    {
        await using var world = await World.Create(Two);
        var fed = Path.Combine(world.Directory, "fed");
        var recorder = await world.FakeTool($"cat > {fed}; exec {world.RealTool}-restore \"$@\" < {fed}");
        await world.Runs("a");

        string[] damages =
        [
            "true",
            "iptables -t nat -F",
            "iptables -t nat -I PREROUTING -j HOOKAOT-DNAT",
            "iptables -F; iptables -X",
            "iptables -D FORWARD 1",
        ];
        foreach (var damage in damages)
        {
            await world.Host.Run(damage);
            var before = await world.Rules();
            var plan = await world.Done("plan --script");
            await Assert.That(await world.Rules()).IsEqualTo(before);
            await Assert.That(File.Exists(fed)).IsFalse();

            await world.Done("apply");
            var applied = $"# {recorder}-restore -w 10 --noflush\n{await File.ReadAllTextAsync(fed)}";
            await Assert.That(applied).IsEqualTo(plan).Because(damage);
            await world.Done("status");
            File.Delete(fed);
        }

        await Assert.That(await world.Done("plan --script")).StartsWith("# everything is as it should be");
        await world.Done("apply");
        await Assert.That(File.Exists(fed)).IsFalse();
        await world.Host.Run("iptables -t nat -F HOOKAOT-DNAT");
        await Assert.That(await world.Done("plan --json")).Contains("\"tool\": \"").And.Contains("HOOKAOT-DNAT");
        await world.Done("apply --stop-all");
        File.Delete(Path.Combine(world.Directory, "libvirt", "qemu", "a.xml"));
        await Assert.That(await world.Done("plan --script")).StartsWith("# everything is as it should be");
    }

    [Test]
    public async Task Apply_forgets_flows_that_are_older_than_the_forward()
    {
        await using var world = await World.Create(OneUdpForward);
        await world.Quietly("a", "start");

        // As an older hook, or a flush, leaves it: a flow that is tracked while the rule is missing.
        await world.Iptables("-t nat -F HOOKAOT-DNAT");
        await Assert.That(await world.Client.Udp(Public, 2222)).IsEqualTo("ConnectionRefused");

        await world.Done("apply");
        await Assert.That(await world.Client.Udp(Public, 2222)).IsEqualTo("A:22 from 192.168.0.50");
    }
}
