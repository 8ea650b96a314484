using System.Text.Json;
using HookAot.Host;
using static HookAot.Tests.Netns.World;

namespace HookAot.Tests.Netns;

/// <summary>The verbs that edit: said twice, in place, for a while, and what they tell a program.</summary>
[Category("Netns")]
public sealed class EditVerbsTests
{
    private static async Task<JsonElement> Json(World world, string command, int code = 0)
    {
        var ended = await world.Call([.. command.Split(' '), "--json"]);
        await Assert.That(ended.ExitCode).IsEqualTo(code).Because(ended.Error + ended.Output);
        return JsonDocument.Parse(ended.Output).RootElement;
    }

    private static bool Is(JsonElement report, string field) => report.GetProperty(field).GetBoolean();

    private static string Texts(JsonElement report, string field) =>
        string.Join('\n', report.GetProperty(field).EnumerateArray().Select(t => t.GetString()));

    private static async Task<World> Running()
    {
        var world = await World.Create(OneForward);
        await world.Runs("a");
        await world.Event("a", "start");
        return world;
    }

    [Test]
    public async Task Nobody_can_put_an_edit_in_force_before_it_does_so_itself_and_tells()
    {
        await using var world = await Running();
        var path = $"{world.HookEnvironment["HOOKAOT_RUN_DIR"]}/lock";
        var inode = (await world.Host.Run($"stat -c %i {path}")).Trim();
        var file = await File.ReadAllTextAsync(world.Config);
        Task<JsonElement> adding;
        using (HostLock.Take(path, Deadline.In(0), out _))
        {
            adding = Json(world, "port add a 8080:80");
            while (!adding.IsCompleted && !(await File.ReadAllLinesAsync("/proc/locks")).Any(
                line => line.Contains("-> FLOCK", StringComparison.Ordinal)
                && line.Contains($":{inode} ", StringComparison.Ordinal)))
            {
                await Task.Delay(20);
            }

            // A watcher sees no change of the file so far.
            await Assert.That(await File.ReadAllTextAsync(world.Config)).IsEqualTo(file);
        }

        await Assert.That(Texts(await adding, "added")).IsEqualTo($"a: {Public}:8080/tcp -> {AddressA}:80");
    }

    [Test]
    public async Task A_script_may_say_everything_twice()
    {
        await using var world = await Running();
        string[] commands =
        [
            $"machine add b --private-ip {AddressB}",
            "port add b 8080:80 53/udp --source 10.0.0.0/8 --comment site",
            "network add default 192.168.122.0/24",
            "port set b 8080 --to 88",
            "port disable b 53/udp",
            "machine disable b",
            "machine enable b",
            "machine rename b c",
            "port remove c 8080",
            "machine remove c",
            "network remove default",
            "set strict true",
        ];
        foreach (var command in commands)
        {
            var first = await Json(world, command);
            await Assert.That(Is(first, "changed") && Is(first, "saved") && Is(first, "applied"))
                .IsTrue().Because($"{command}: {first}");
            var file = await File.ReadAllTextAsync(world.Config);
            var again = await Json(world, command);
            await Assert.That(Is(again, "changed") || Is(again, "saved")).IsFalse().Because($"{command}: {again}");
            await Assert.That(Is(again, "applied") && Is(again, "done")).IsTrue().Because($"{command}: {again}");
            await Assert.That(Texts(again, "messages")).IsNotEmpty().Because(command);
            await Assert.That(await File.ReadAllTextAsync(world.Config)).IsEqualTo(file);
        }
    }

    [Test]
    public async Task What_was_done_and_what_it_means_now_is_said()
    {
        await using var world = await Running();
        using var watcher = world.AsIfWatched();
        await Assert.That(await world.Done("machine add b"))
            .IsEqualTo("b has no forwards yet: hookctrl port add b 8080:80\n");
        await Assert.That(await world.Done("port add b 8080:80")).IsEqualTo("in force when b starts\n");
        await Assert.That(await world.Done("port add a 9000"))
            .IsEqualTo($"+ a: {Public}:9000/tcp -> {AddressA}:9000\nin force now\n");
        await Assert.That(await world.Done("port disable a 9000")).IsEqualTo(
            $"- a: {Public}:9000/tcp -> {AddressA}:9000\n9000 is disabled, and stays in the file\n");
        await Assert.That(await world.Done("machine disable a")).EndsWith(
            "a is disabled; 'hookctrl machine enable a' enables it\n");
        await Assert.That(await world.Client.Tcp(Public, 2222)).IsEqualTo("ConnectionRefused");
        await Assert.That(await world.Done("machine enable a")).EndsWith("in force now\n");
        await Assert.That(await world.Client.Tcp(Public, 2222)).IsEqualTo("A:22 from 192.168.0.50");
        await Assert.That(await world.Done("port add a 9001 --no-apply"))
            .IsEqualTo("saved; the watcher puts it in force\n");
        watcher!.Dispose();
        await Assert.That(await world.Done("port add a 9002 --no-apply"))
            .IsEqualTo("saved; 'hookctrl apply' puts it in force\n");
        await Assert.That(await world.Done("port add a 9002 -q")).IsEmpty();
    }

    [Test]
    public async Task A_learned_guest_without_a_lease_is_not_called_served()
    {
        await using var world = await Running();
        await world.Runs("b");
        await world.Done("machine add b");
        var report = await Json(world, "port add b 8080:80");
        await Assert.That(Is(report, "saved")).IsTrue();
        await Assert.That(Is(report, "applied")).IsFalse();
        await Assert.That(Texts(report, "messages")).StartsWith("not in force: ");
        await Assert.That(Texts(report, "warnings")).Contains("left out: ");
    }

    [Test]
    public async Task Programs_are_told_of_errors_and_dry_runs_too()
    {
        await using var world = await Running();
        var refused = await Json(world, "port add a 2222:23", 1);
        await Assert.That(Texts(refused, "errors")).IsEqualTo(
            "\"a\" forwards 2222:22/tcp already; 'hookctrl port set a 2222 --to 23' changes it");
        await Assert.That(Is(refused, "changed") || Is(refused, "done")).IsFalse();

        var wrong = await Json(world, "port add a 0", 2);
        await Assert.That(Texts(wrong, "errors")).Contains("found '0'");
        var missing = await Json(world, "port add nobody 80", 1);
        await Assert.That(Texts(missing, "errors")).Contains("--new-guest");

        var dry = await Json(world, "port add a 8080:80 --dry-run");
        await Assert.That(dry.GetProperty("diff").GetString()).Contains("\n+").And.Contains("8080");
        await Assert.That((Is(dry, "changed"), Is(dry, "saved"))).IsEqualTo((true, false));
        await Assert.That(await File.ReadAllTextAsync(world.Config)).IsEqualTo(OneForward);

        await world.Configure("{");
        await Assert.That(Texts(await Json(world, "port add a 80", 1), "errors")).Contains("not valid JSON");
        File.Delete(world.Config);
        Directory.CreateDirectory(world.Config);
        await Assert.That(Texts(await Json(world, "port add a 80", 1), "errors")).Contains("is a directory");
    }

    [Test]
    public async Task An_edit_says_what_check_says()
    {
        await using var world = await Running();
        var loopback = await world.Call("port", "add", "a", "8080:80", "--public-ip", "127.0.0.1");
        const string Loopback = "connections to 127.0.0.1 are not forwarded; \"localhost\": true";
        await Assert.That(loopback.Error).Contains($"warning: {Loopback}");
        var foreign = await world.Call("port", "add", "a", "8080:80", "--public-ip", "192.0.2.1");
        await Assert.That(foreign.Error).Contains("warning: no interface of this host has the public address 192.0.2.1")
            .And.DoesNotContain($"warning: {Loopback}");
        await Assert.That((await world.Call("check")).Error).Contains(Loopback).And.Contains("192.0.2.1");

        // A host without nft: iptables is all that its directory of tools has.
        const string withoutNft = """
            mkdir "$0/sbin"; cp -a /usr/sbin/*tables* "$0/sbin"; mount --bind "$0/sbin" /usr/sbin
            code=0; "$0/hooks/hookctrl" set backend nftables || code=$?; echo $code
            """;
        string[] command = [.. world.Host.Enter, "unshare", "-m", "sh", "-euc", withoutNft, world.Directory];
        var backend = await Tool.Run(command, environment: world.HookEnvironment);
        await Assert.That(backend.Output).EndsWith("1\n");
        await Assert.That(backend.Error)
            .Contains("warning: nft is not installed").And.Contains("saved, but not in force: ");
    }

    [Test]
    [Arguments("localhost", "true", "without localhost")]
    [Arguments("localhost", "false", "with localhost true")]
    [Arguments("snat", "true", "without snat")]
    public async Task A_forward_that_is_there_in_another_way_is_told_with_what_changes_it(
        string option, string wanted, string there)
    {
        await using var world = await World.Create(OneForward);
        if (wanted == "false") await world.Done($"port set a 2222 --{option} true --no-apply");
        var add = $"port add a 2222:22 --{option} {wanted} --no-apply";
        var cure = $"port set a 2222 --{option} {wanted}";

        await Assert.That(await world.Refused(add)).Contains($"already, {there}; 'hookctrl {cure}' changes it");

        await world.Done($"{cure} --no-apply");
        await world.Done(add);
    }

    [Test]
    [Arguments("nft", "", "libvirt uses nftables, but nft is not installed")]
    [Arguments("*iptables*", "", "nftables translates: there is no iptables")]
    [Arguments("*iptables*", "iptables", "iptables is not installed")]
    [Arguments("*", "", "neither iptables nor nft is installed")]
    public async Task A_host_that_lacks_a_tool_is_served_by_the_other_or_told(
        string missing, string backend, string told)
    {
        await using var world = await Running();
        if (backend.Length > 0) await world.Done($"set backend {backend} --no-apply");
        if (missing == "nft")
        {
            await world.Host.Run("""
                nft add table ip libvirt_network
                nft 'add chain ip libvirt_network forward { type filter hook forward priority filter; }'
                """);
        }

        var script = $$"""
            mkdir "$0/sbin"; cp -a /usr/sbin/*tables* /usr/sbin/nft "$0/sbin"; rm "$0/sbin"/{{missing}}
            mount --bind "$0/sbin" /usr/sbin
            unset IPTABLES_BINARY
            "$0/hooks/hookctrl" apply || true
            "$0/hooks/hookctrl" doctor a || true
            "$0/hooks/hookctrl" status --json || true
            """;
        string[] command = [.. world.Host.Enter, "unshare", "-m", "sh", "-euc", script, world.Directory];
        var ended = await Tool.Run(command, environment: world.HookEnvironment);
        await Assert.That(ended.Output + ended.Error).Contains(told);
    }

    [Test]
    public async Task Quiet_says_only_what_is_wrong()
    {
        await using var world = await Running();
        foreach (var command in (string[])["port add a 80 --for 1h", "port add a 80 --for 1h", "port remove a 7"])
        {
            var ended = await world.Call([.. command.Split(' '), "--quiet"]);
            await Assert.That((ended.ExitCode, ended.Output, ended.Error)).IsEqualTo((0, "", "")).Because(command);
        }

        await Assert.That(await world.Refused("port add a 2222:23 --quiet")).Contains("forwards 2222:22/tcp already");
    }

    [Test]
    public async Task A_forward_is_set_without_a_gap()
    {
        await using var world = await Running();
        await Assert.That(await world.Done("port set a 2222 --to 80 --comment moved")).IsEqualTo($"""
            - a: {Public}:2222/tcp -> {AddressA}:22
            + a: {Public}:2222/tcp -> {AddressA}:80
            in force now

            """);
        await Assert.That(await world.Client.Tcp(Public, 2222)).IsEqualTo("A:80 from 192.168.0.50");
        await Assert.That(await world.Done("list")).Contains("moved");
        await world.Done("port set a 2222 --source 10.0.0.0/8");
        await Assert.That(await world.Client.Tcp(Public, 2222)).IsEqualTo("ConnectionRefused");
        var ended = await world.Call("port", "set", "a", "2222", "--source", "", "--comment", "");
        await Assert.That(ended.ExitCode).IsEqualTo(0).Because(ended.Error);
        await Assert.That(await world.Client.Tcp(Public, 2222)).IsEqualTo("A:80 from 192.168.0.50");
        await Assert.That(await File.ReadAllTextAsync(world.Config))
            .Contains("""{ "public": "2222", "vm": "80" }""");
        await Assert.That(await world.Refused("port set a 2222", 2)).Contains("expected at least one of --to");
        await Assert.That(await world.Refused("port set a 1 --to 2")).Contains("\"a\" does not forward 1");
        // One edit is one converge, and that is one commit for each table.
        await Assert.That(await world.Refused("port set a 2222 --to 1-2")).Contains("expected as many on both sides");
    }

    [Test]
    public async Task A_guest_that_libvirt_knows_needs_no_machine_add()
    {
        await using var world = await World.Create($$"""{ "public_ip": "{{Public}}" }""");
        await world.Runs("a");
        await Assert.That(await world.Refused("port add b 80")).IsEqualTo("hookctrl: \"b\" is not in \"machines\", " +
            "and libvirt knows no such guest; --new-guest adds it all the same\n");
        await world.Done("port add a 8080:80");
        await Assert.That(await File.ReadAllTextAsync(world.Config)).Contains("\"a\": {").And.DoesNotContain("\"b\"");
        await world.Done("port add b 80 --new-guest");
        await Assert.That(await world.Done("machine list")).Contains("learned");
    }

    [Test]
    public async Task A_docker_address_a_ufw_list_and_a_service_work()
    {
        await using var world = await Running();
        await world.Done($"port add a {Public2}:8080:80 9000,9001 2223:ssh");
        await Assert.That(await world.Client.Tcp(Public2, 8080)).IsEqualTo("A:80 from 192.168.0.50");
        await Assert.That(await world.Client.Tcp(Public, 8080)).IsEqualTo("ConnectionRefused");
        await Assert.That(await world.Client.Tcp(Public, 9001)).IsEqualTo("A:9001 from 192.168.0.50");
        await Assert.That(await world.Client.Tcp(Public, 2223)).IsEqualTo("A:22 from 192.168.0.50");
        await world.Done($"port remove a {Public2}:8080 9000,9001 2223:ssh");
        await Assert.That(await world.Done("show a")).DoesNotContain("8080").And.DoesNotContain("9001")
            .And.DoesNotContain("2223");
        await Assert.That(await world.Refused($"port add a {Public2}:80 --public-ip {Public}", 2))
            .Contains("expected one of them");
        await Assert.That(await world.Refused("port add a htps", 2)).Contains("did you mean \"https\"?");

        await world.Done("port add a 127.0.0.1:8081:80");
        await Assert.That(await world.Host.Tcp("127.0.0.1", 8081)).StartsWith("A:80 ");
        await Assert.That(await world.Client.Tcp(Public, 8081)).IsEqualTo("ConnectionRefused");
    }

    [Test]
    public async Task Disabled_and_ended_forwards_are_shown_as_such()
    {
        await using var world = await World.Create($$"""
            { "public_ip": "{{Public}}", "machines": { "a": { "private_ip": "{{AddressA}}", "port_map": [
                { "public": 80, "enabled": false, "comment": "later" },
                { "public": 9000, "until": "2026-01-01T00:00:00Z" }, 9001 ] } } }
            """);
        await world.Runs("a");
        await world.Event("a", "start");
        using var watcher = world.AsIfWatched();
        await Assert.That(await world.Client.Tcp(Public, 80)).IsEqualTo("ConnectionRefused");
        await Assert.That(await world.Client.Tcp(Public, 9000)).IsEqualTo("ConnectionRefused");
        await Assert.That(await world.Client.Tcp(Public, 9001)).IsEqualTo("A:9001 from 192.168.0.50");

        var states = JsonDocument.Parse(await world.Done("status --json")).RootElement.GetProperty("forwards")
            .EnumerateArray().Select(f => $"{f.GetProperty("public_port")} {f.GetProperty("state")}");
        await Assert.That(states).IsEquivalentTo(["80 disabled", "9000 ended", "9001 active"]);
        await Assert.That(await world.Done("list")).Contains("disabled later").And.Contains("ended");
        await Assert.That((await world.Call("doctor", "a:80")).Output).Contains("hookctrl port enable a 80");

        await world.Done("port enable a 80");
        await Assert.That(await world.Client.Tcp(Public, 80)).IsEqualTo("A:80 from 192.168.0.50");
        await world.Done("port add a 9000");
        await Assert.That(await world.Client.Tcp(Public, 9000)).IsEqualTo("A:9000 from 192.168.0.50");
        await Assert.That((await File.ReadAllTextAsync(world.Config)).Split("9000").Length).IsEqualTo(3);
    }

    [Test]
    public async Task To_enable_what_another_guest_has_meanwhile_is_refused()
    {
        await using var world = await Running();
        await world.Done("port disable a 2222");
        await world.Done($"machine add b --private-ip {AddressB}");
        await world.Done("port add b 2222:22");
        await Assert.That(await world.Refused("port enable a 2222")).Contains("public port 2222/tcp is taken by \"a\"");
        await Assert.That(await File.ReadAllTextAsync(world.Config)).Contains("\"enabled\": false");
    }
}
