using static HookAot.Tests.Netns.World;

namespace HookAot.Tests.Netns;

/// <summary>The kernel, or its tool, does not take what it is given.</summary>
[Category("Netns")]
public sealed class RefusalTests
{
    private const string Three = $$"""
        "public_ip": "{{Public}}", "machines": {
            "a": { "private_ip": "{{AddressA}}", "port_map": [[2222, 22]] },
            "bad": { "private_ip": "192.168.122.66", "port_map": [[6666, 66]] },
            "b": { "private_ip": "{{AddressB}}", "port_map": [[8080, 80]] } }
        """;

    private const string MistakeInB = $$"""
        {
            "strict": true,
            "machines": {
                "a": { "private_ip": "{{AddressA}}", "port_map": [[2222, 22]] },
                "b": { "private_ip": "{{AddressB}}", "port_map": [["80x", 80]] }
            }
        }
        """;

    private const string DnatOfBad = "HOOKAOT-DNAT .*192.168.122.66";

    // The tables before the refused line are committed, as by the real tool.
    private const string Refusing = """
        script=$(cat)
        line=$(printf '%s\n' "$script" | grep -n -m 1 -e "$PATTERN" | cut -d : -f 1)
        [ -n "$line" ] || { printf '%s\n' "$script" | /usr/sbin/iptables-restore "$@"; exit; }
        last=$(printf '%s\n' "$script" | head -n "$line" | grep -n COMMIT | tail -n 1 | cut -d : -f 1)
        [ -z "$last" ] || printf '%s\n' "$script" | head -n "$last" | /usr/sbin/iptables-restore "$@" || exit
        eval "echo \"$WORDS\"" >&2
        exit 1
        """;

    [Test]
    [Arguments(DnatOfBad, "iptables-restore: line $line failed")]
    [Arguments(DnatOfBad, "iptables-restore v1.8.9 (nf_tables): unknown option; Error occurred at line: $line")]
    [Arguments(DnatOfBad, "RULE_APPEND failed (No such file or directory): rule in chain HOOKAOT-DNAT")]
    [Arguments("HOOKAOT-FWD .*192.168.122.66", "iptables-restore: line $line failed")]
    [Arguments("HOOKAOT-FWD .*192.168.122.66", "no memory")]
    [Arguments("HOOKAOT-SNAT .*192.168.122.66", "something else")]
    public async Task One_guest_is_left_out_and_the_others_are_served_whatever_the_tool_says(
        string pattern,
        string words)
    {
        await using var world = await World.Create($"{{ {Three} }}");
        var before = await world.Rules();
        await world.Event("a", "start");
        await world.Event("b", "start");
        var good = await world.Rules();
        await Refuse(world, pattern, words);

        var log = await world.Event("bad", "start");
        await Assert.That(log).Contains("bad is left out, the kernel refuses its rules");
        await Assert.That(await world.Rules()).IsEqualTo(good);
        await Assert.That(await world.Client.Tcp(Public, 2222)).IsEqualTo("A:22 from 192.168.0.50");
        await Assert.That(await world.Client.Tcp(Public, 8080)).IsEqualTo("B:80 from 192.168.0.50");

        foreach (var name in (string[])["a", "bad", "b"]) await world.Event(name, "stopped");
        await Assert.That(await world.Rules()).IsEqualTo(before);
    }

    [Test]
    public async Task Strict_refuses_the_start_of_the_guest_whose_rules_are_refused_and_nothing_else()
    {
        await using var world = await World.Create($$"""{ "strict": true, {{Three}} }""");
        await Refuse(world, DnatOfBad, "line $line failed");

        await Assert.That((await world.Hook("qemu", "a", "start")).ExitCode).IsEqualTo(0);
        var refused = await world.Hook("qemu", "bad", "start");
        await Assert.That(refused.ExitCode).IsEqualTo(1);
        await Assert.That(refused.Output).IsEmpty();
        await AllButStart(world, "bad");
        await Assert.That((await world.Hook("qemu", "b", "start")).ExitCode).IsEqualTo(0);
        await Assert.That(await world.Client.Tcp(Public, 8080)).IsEqualTo("B:80 from 192.168.0.50");
    }

    [Test]
    public async Task Strict_does_not_let_another_guests_refusal_stop_a_start()
    {
        await using var world = await World.Create($$"""{ "strict": true, {{Three}} }""");
        await Refuse(world, DnatOfBad, "line $line failed");
        await world.Event("bad", "reconnect");

        await Assert.That((await world.Hook("qemu", "a", "start")).ExitCode).IsEqualTo(0);
        await Assert.That(await world.Client.Tcp(Public, 2222)).IsEqualTo("A:22 from 192.168.0.50");
    }

    [Test]
    public async Task Strict_refuses_the_start_of_a_guest_whose_entry_has_a_mistake_and_of_no_other()
    {
        await using var world = await World.Create(MistakeInB);

        await Assert.That((await world.Hook("qemu", "a", "start")).ExitCode).IsEqualTo(0);
        await Assert.That((await world.Hook("qemu", "b", "start")).ExitCode).IsEqualTo(1);
        await AllButStart(world, "b");
        await Assert.That(await world.Client.Tcp(Public, 2222)).IsEqualTo("A:22 from 192.168.0.50");
    }

    [Test]
    [Arguments("/nonexistent/iptables", "/nonexistent/iptables-restore")]
    [Arguments("/dev/null", "/dev/null-restore")]
    public async Task Without_iptables_the_guest_starts_all_the_same(string iptables, string words)
    {
        await using var world = await World.Create();
        var before = await world.Rules();
        world.HookEnvironment["IPTABLES_BINARY"] = iptables;

        await Assert.That(await world.Event("a", "start")).Contains(words);
        await world.Event("a", "stopped");
        await Assert.That(await world.Rules()).IsEqualTo(before);

        world.HookEnvironment["IPTABLES_BINARY"] = "/usr/sbin/iptables";
        await world.Quietly("a", "start");
        await Assert.That(await world.Client.Tcp(Public, 2222)).IsEqualTo("A:22 from 192.168.0.50");
    }

    [Test]
    [Arguments("exit 1")]
    [Arguments("kill -KILL $$")]
    [Arguments("exec 1>&- 2>&-; exit 4")]
    [Arguments("head -c 1000000 /dev/zero | tr '\\0' '\\33'; exit 1")]
    [Arguments("head -c 300000 /dev/urandom; exit 1")]
    [Arguments("echo 'line 99999999999 failed; line 0 failed; line -1; line: line'; exit 1")]
    public async Task A_tool_that_always_fails_costs_no_guest_its_start(string script)
    {
        await using var world = await World.Create($"{{ {Three} }}");
        var before = await world.Rules();
        await world.FakeTool(script);

        var log = await world.Event("a", "start");
        await Assert.That(log).Contains("a start: the rules are not in place");
        await Assert.That(log.Where(c => c != '\n').Any(char.IsControl)).IsFalse();
        await world.Event("a", "stopped");
        await Assert.That(await world.Rules()).IsEqualTo(before);
    }

    private static Task<string> Refuse(World world, string pattern, string words) =>
        world.FakeTool($"PATTERN='{pattern}'; WORDS='{words}'\n{Refusing}");

    // The operations that the hook must not refuse.
    private static async Task AllButStart(World world, string guest)
    {
        string[] operations = ["started", "reconnect", "stopped", "release"];
        foreach (var operation in operations) await world.Event(guest, operation);
    }
}
