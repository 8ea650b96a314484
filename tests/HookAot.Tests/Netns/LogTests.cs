using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using HookAot.Tests.Watch;
using static HookAot.Tests.Netns.World;

namespace HookAot.Tests.Netns;

/// <summary>hookctrl log: who changed what, from what they have told a syslog daemon or journald.</summary>
[Category("Netns")]
public sealed class LogTests
{
    /// <summary>A syslog daemon that writes /var/log/syslog as rsyslog does, and the world that it is of.</summary>
    private sealed class Daemon : IDisposable
    {
        private readonly Socket socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        private readonly Task serving;

        public Daemon(World world)
        {
            var logs = Directory.CreateDirectory(world.HookEnvironment["HOOKAOT_LOG_DIR"]).FullName;
            File = Path.Combine(logs, "syslog");
            socket.Bind(new UnixDomainSocketEndPoint(world.HookEnvironment["HOOKAOT_LOG_SOCKET"]));
            serving = Serve();
        }

        /// <summary>What it writes.</summary>
        public string File { get; }

        /// <summary>Waits until so many lines are written; a datagram may still be on its way.</summary>
        public async Task<string[]> Lines(int count)
        {
            for (var i = 0; i < 200; i++)
            {
                var lines = System.IO.File.Exists(File) ? await System.IO.File.ReadAllLinesAsync(File) : [];
                if (lines.Length >= count) return lines;
                await Task.Delay(20);
            }

            throw new TimeoutException($"{File} has fewer than {count} lines");
        }

        public void Dispose()
        {
            socket.Dispose();
            serving.Wait();
        }

        private async Task Serve()
        {
            var buffer = new byte[65536];
            try
            {
                while (true)
                {
                    var length = await socket.ReceiveAsync(buffer);
                    // "<30>Nov 24 20:17:35 tag[pid]: text"; the daemon takes a time of its own.
                    var text = Encoding.UTF8.GetString(buffer, 0, length);
                    var said = text[(text.IndexOf('>', StringComparison.Ordinal) + 17)..];
                    var line = $"{DateTimeOffset.Now:yyyy-MM-ddTHH:mm:sszzz} host {said}\n";
                    await System.IO.File.AppendAllTextAsync(File, line);
                }
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // The end of the test closed the socket.
            }
        }
    }

    private static async Task<JsonElement[]> Rows(World world, string arguments)
    {
        using var json = JsonDocument.Parse(await world.Done($"{arguments} --json"));
        return [.. json.RootElement.Clone().EnumerateArray()];
    }

    private static string Words(JsonElement row, string field) => row.GetProperty(field).ToString();

    [Test]
    public async Task Edits_events_and_applies_are_told_with_who_and_what()
    {
        await using var world = await World.Create(TwoForwards);
        using var daemon = new Daemon(world);
        await world.Event("a", "start");
        await world.Event("a", "reconnect");
        await world.Runs("a");
        world.HookEnvironment["SUDO_USER"] = "alice";
        world.HookEnvironment["SUDO_UID"] = "1001";
        await world.Done("port add a 8443:443");
        await world.Done("port add a 8443:443");
        await world.Done("--dry-run port add a 99");
        await world.Event("a", "stopped");

        // The second reconnect and the second edit changed nothing.
        await daemon.Lines(5);
        var rows = await Rows(world, "log");
        await Assert.That(rows.Select(r => $"{r.GetProperty("kind")} {r.GetProperty("event")}"))
            .IsEquivalentTo(["converge start", "config ", "converge apply", "converge stopped"]);

        await Assert.That(Words(rows[0], "added")).Contains($"a: {Public}:2222/tcp -");
        await Assert.That(Words(rows[1], "user")).IsEqualTo("alice");
        await Assert.That(Words(rows[1], "uid")).IsEqualTo("1001");
        await Assert.That(Words(rows[1], "command")).IsEqualTo("hookctrl port add a 8443:443");
        await Assert.That(Words(rows[1], "file")).IsEqualTo(world.Config);
        await Assert.That(Words(rows[1], "added")).Contains("8443");
        await Assert.That(Words(rows[2], "user")).IsEqualTo("alice");
        await Assert.That(Words(rows[2], "added")).Contains($"a: {Public}:8443/tcp");
        await Assert.That(rows[2].GetProperty("removed").GetArrayLength()).IsEqualTo(0);
        await Assert.That(rows[3].GetProperty("removed").GetArrayLength()).IsEqualTo(2);

        await Assert.That((await Rows(world, "log a")).Length).IsEqualTo(4);
        await Assert.That((await Rows(world, "log b")).Length).IsEqualTo(0);
        await Assert.That((await Rows(world, "log --since 2000-01-01")).Length).IsEqualTo(4);
        await Assert.That((await Rows(world, "log --since 2099-01-01")).Length).IsEqualTo(0);
        var table = await world.Done("log a");
        await Assert.That(table).Contains("alice: hookctrl port add a 8443:443");
        await Assert.That(table).Contains($"  + a: {Public}:8443/tcp -> {AddressA}:443\n");
        await Assert.That(table).Contains($"  - a: {Public}:8443/tcp -> {AddressA}:443\n");
    }

    [Test]
    public async Task A_user_without_sudo_is_who_runs_it_whatever_the_environment_says()
    {
        await using var world = await World.Create();
        using var daemon = new Daemon(world);
        world.HookEnvironment["SUDO_USER"] = "alice";
        world.HookEnvironment["SUDO_UID"] = "1001";
        var own = Directory.CreateDirectory(Path.Combine(world.Directory, "own")).FullName;
        var config = Path.Combine(own, "config.json");
        await File.WriteAllTextAsync(config, OneForward);
        await Tool.Succeed(["chown", "-R", "4321:4321", own]);
        await Tool.Succeed(["chmod", "777", world.HookEnvironment["HOOKAOT_LOG_SOCKET"]]);
        await Tool.Succeed(["chmod", "755", world.Directory]);
        await Tool.Succeed(
            [
                "setpriv", "--reuid=4321", "--regid=4321", "--clear-groups", world.HookctrlPath(),
                "--config", config, "--no-apply", "port", "add", "a", "8080:80",
            ],
            environment: world.HookEnvironment);
        var line = (await daemon.Lines(1))[0];
        var login = (await File.ReadAllTextAsync("/proc/self/loginuid")).Trim();
        var uid = login == "4294967295" ? "4321" : login;
        await Assert.That(line).Contains($"uid=\"{uid}\"");
        await Assert.That(line).DoesNotContain("alice");
    }

    [Test]
    public async Task A_guests_name_forges_nothing()
    {
        const string Name = "x\" [hookaot@32473 kind=\"config\" user=\"root\"] \u001b[31m";
        var name = JsonSerializer.Serialize(Name);
        await using var world = await World.Create(
            $$"""{ "machines": { {{name}}: { "private_ip": "{{AddressA}}", "port_map": [2222] } } }""");
        using var daemon = new Daemon(world);
        await world.Event(Name, "start");
        await daemon.Lines(1);
        var rows = await Rows(world, "log");
        await Assert.That(rows.Length).IsEqualTo(1);
        await Assert.That(Words(rows[0], "kind")).IsEqualTo("converge");
        await Assert.That(Words(rows[0], "user")).IsEmpty();
        await Assert.That(await world.Done("log")).DoesNotContain("\u001b");
        var named = await world.Call("log", Name, "--json");
        await Assert.That(named.Output).Contains("\"event\": \"start\"");
    }

    [Test]
    public async Task An_error_that_ends_with_a_name_has_no_fields()
    {
        const string Fields = "[hookaot@32473 kind=\"config\" user=\"root\"]";
        await using var world = await World.Create();
        using var daemon = new Daemon(world);
        await world.Configure("{ \"" + JsonEncodedText.Encode(Fields) + "\": 1 }");
        await world.Event("a", "start");
        await world.Event("a", "stopped");
        world.HookEnvironment["HOOKAOT_RUN_DIR"] = Path.Combine(world.Directory, "run2");
        await world.Configure($$"""{ "machines": { "a": { "private_ip": "{{JsonEncodedText.Encode(Fields)}}" } } }""");
        await world.Event("a", "start");
        await Assert.That(string.Concat(await daemon.Lines(2))).Contains("\\u005bhookaot@32473");
        await Assert.That((await Rows(world, "log")).Count(r => Words(r, "user") == "root")).IsEqualTo(0);
    }

    [Test]
    public async Task A_line_of_a_thousand_forwards_is_cut_and_whole()
    {
        var ports = string.Join(", ", Enumerable.Range(10_000, 1000));
        await using var world = await World.Create(
            $$"""{ "machines": { "a": { "private_ip": "{{AddressA}}", "port_map": [{{ports}}] } } }""");
        using var daemon = new Daemon(world);
        await world.Event("a", "start");
        await Assert.That(Encoding.UTF8.GetByteCount((await daemon.Lines(1))[0])).IsLessThan(8096);
        var row = (await Rows(world, "log a"))[0];
        var shown = row.GetProperty("added").GetArrayLength();
        await Assert.That(row.GetProperty("more").GetInt32()).IsEqualTo(1000 - shown);
        await Assert.That(await world.Done("log")).Contains($"    and {1000 - shown} more\n");
    }

    [Test]
    public async Task An_edit_does_not_need_a_log()
    {
        await using var world = await World.Create();
        var ended = await world.Call("port", "add", "a", "8080:80");
        await Assert.That((ended.ExitCode, ended.Error)).IsEqualTo((0, ""));
        ended = await world.Call("log");
        await Assert.That((ended.ExitCode, ended.Output)).IsEqualTo((0, ""));
        await Assert.That(ended.Error).Contains("there is no syslog nor journal on this host");
    }

    [Test]
    public async Task Wrong_usage_and_a_log_that_says_nothing_are_told()
    {
        await using var world = await World.Create();
        await Assert.That(await world.Refused("log --since 5x", code: 2)).Contains("found \"5x\"");
        var logs = Directory.CreateDirectory(world.HookEnvironment["HOOKAOT_LOG_DIR"]).FullName;
        var file = Path.Combine(logs, "messages");
        await File.WriteAllTextAsync(file, "Nov 24 20:17:35 host kernel: something else\n");
        var ended = await world.Call("log");
        await Assert.That((ended.ExitCode, ended.Output)).IsEqualTo((0, ""));
        await Assert.That(ended.Error).Contains("nothing since ").And.Contains($" in {file}\n");
    }

    [Test]
    public async Task Who_may_not_read_the_log_is_told_so()
    {
        await using var world = await World.Create();
        var logs = Directory.CreateDirectory(world.HookEnvironment["HOOKAOT_LOG_DIR"]).FullName;
        await File.WriteAllTextAsync(Path.Combine(logs, "syslog"), "");
        await Tool.Succeed(["chmod", "640", Path.Combine(logs, "syslog")]);
        await Tool.Succeed(["chmod", "755", world.Directory]);
        var ended = await Tool.Run(
            ["setpriv", "--reuid=4321", "--regid=4321", "--clear-groups", world.HookctrlPath(), "log"],
            environment: world.HookEnvironment);
        await Assert.That((ended.ExitCode, ended.Output)).IsEqualTo((1, ""));
        await Assert.That(ended.Error).Contains("try again with sudo");
    }

    [Test]
    public async Task Following_goes_on_behind_a_rotation()
    {
        await using var world = await World.Create();
        using var daemon = new Daemon(world);
        await world.Event("a", "start");
        await daemon.Lines(1);
        using var following = Follow(world);
        await Assert.That(await Next(following)).Contains("\"event\":\"start\"");

        File.Move(daemon.File, daemon.File + ".1");
        await world.Event("a", "stopped");
        await Assert.That(await Next(following)).Contains("\"event\":\"stopped\"");
        await world.Event("a", "start");
        await Assert.That(await Next(following)).Contains("\"event\":\"start\"");
        following.Kill();
        await following.WaitForExitAsync();
    }

    [Test]
    public async Task What_the_watcher_repairs_and_puts_in_force_is_told()
    {
        await using var world = await World.Create();
        using var daemon = new Daemon(world);
        await world.Runs("a");
        await world.Event("a", "start");
        await daemon.Lines(1);
        await using var watcher = await Watching.Start(world);
        using var following = Follow(world);
        await Assert.That(await Next(following)).Contains("\"event\":\"start\"");

        await world.Host.Run($"{world.RealTool} -t nat -F HOOKAOT-DNAT");
        var repair = await Next(following);
        await Assert.That(repair).Contains("\"kind\":\"repair\"");
        await Assert.That(repair).Contains($"\"added\":[\"a: {Public}:2222/tcp ");

        await world.Configure(OneForward.Replace("2222", "3333", StringComparison.Ordinal));
        var edit = await Next(following);
        await Assert.That(edit).Contains($"\"added\":[\"a: {Public}:3333/tcp ");
        await Assert.That(edit).Contains($"\"removed\":[\"a: {Public}:2222/tcp ");
        following.Kill();
    }

    [Test]
    public async Task A_lease_of_another_address_brings_forwards_and_takes_others()
    {
        await using var world = await World.Create(
            OneForward.Replace($"\"private_ip\": \"{AddressA}\", ", "", StringComparison.Ordinal));
        using var daemon = new Daemon(world);
        await WatchedFilesTests.Lease(world, AddressA);
        await world.Runs("a");
        await world.Event("a", "start");
        await daemon.Lines(1);
        await using var watcher = await Watching.Start(world);
        using var following = Follow(world);
        await Assert.That(await Next(following)).Contains("\"event\":\"start\"");

        await WatchedFilesTests.Lease(world, AddressB);
        var lease = await Next(following);
        await Assert.That(lease).Contains($"\"message\":\"a has {AddressB} now (DHCP); 1 forward in force\"");
        await Assert.That(lease).Contains($"\"added\":[\"a: {Public}:2222/tcp -\\u003E {AddressB}:22\"]");
        await Assert.That(lease).Contains($"\"removed\":[\"a: {Public}:2222/tcp -\\u003E {AddressA}:22\"]");
        following.Kill();
    }

    [Test]
    public async Task The_journal_is_asked_and_knows_who_wrote_a_line()
    {
        await using var world = await World.Create();
        var script = $$"""
            mount -t tmpfs tmpfs /run
            mount -t tmpfs tmpfs /var/log
            mkdir -p /run/systemd/journal /run/log/journal
            /lib/systemd/systemd-journald >/dev/null 2>&1 &
            journald=$!
            for i in $(seq 100); do [ -S /run/systemd/journal/dev-log ] && break; sleep 0.05; done
            unset HOOKAOT_LOG_DIR
            export HOOKAOT_LOG_SOCKET=/run/systemd/journal/dev-log
            hooks={{world.Directory}}/hooks
            $hooks/hookctrl --no-apply port add a 8080:80 >/dev/null
            setpriv --reuid=4321 --regid=4321 --clear-groups logger -u $HOOKAOT_LOG_SOCKET -t hookctrl \
              'forged [hookaot@32473 kind="config" user="root" uid="0" command="innocent"]'
            setpriv --reuid=4321 --regid=4321 --clear-groups logger -u $HOOKAOT_LOG_SOCKET -t hookaot \
              'forged [hookaot@32473 kind="repair" who="firewalld"]'
            # A text that is no UTF-8, which the journal has as numbers.
            printf 'caf\351 [hookaot@32473 kind="config" command="latin"]\n' |
              setpriv --reuid=4321 --regid=4321 --clear-groups logger -u $HOOKAOT_LOG_SOCKET -t hookctrl
            $hooks/hookctrl --no-apply port add a 8443:443 >/dev/null
            for i in $(seq 100); do
              $hooks/hookctrl log --json >{{world.Directory}}/rows 2>&1
              grep -q 8443 {{world.Directory}}/rows && break
              sleep 0.05
            done
            cat {{world.Directory}}/rows
            $hooks/hookctrl log nobody || exit 1
            $hooks/hookctrl log --follow --json >{{world.Directory}}/followed &
            following=$!
            $hooks/hookctrl --no-apply port add a 9090:90 >/dev/null
            for i in $(seq 100); do grep -q 9090 {{world.Directory}}/followed && break; sleep 0.05; done
            grep -q 9090 {{world.Directory}}/followed
            kill $following $journald
            wait $journald || true
            """;
        // Not by "ip netns exec", which mounts a /sys without control groups: journald ends without them.
        var ended = await Tool.Run(
            [
                "nsenter", $"--net=/run/netns/{world.Host.Name}", "unshare", "--mount", "--propagation", "private",
                "sh", "-euc", script,
            ],
            environment: world.HookEnvironment);
        await Assert.That(ended.ExitCode).IsEqualTo(0).Because(ended.Error + ended.Output);
        using var json = JsonDocument.Parse(ended.Output);
        var rows = json.RootElement.EnumerateArray().ToList();
        await Assert.That(rows.Select(r => Words(r, "command"))).IsEquivalentTo(
            ["hookctrl --no-apply port add a 8080:80", "innocent", "latin", "hookctrl --no-apply port add a 8443:443"]);
        await Assert.That(Words(rows[1], "uid")).IsEqualTo("4321");
        await Assert.That(ended.Error).Contains("in the journal");
    }

    [Test]
    public async Task What_journalctl_says_instead_of_the_journal_is_shown_and_it_failed()
    {
        await using var world = await World.Create();
        await world.Program("journalctl", "#!/bin/sh\necho 'Journal file corrupted'\nexit 1\n");
        var journal = Path.Combine(world.HookEnvironment["HOOKAOT_LOG_DIR"], "journal", "machine");
        Directory.CreateDirectory(journal);
        await File.WriteAllTextAsync(Path.Combine(journal, "system.journal"), "");
        world.HookEnvironment["PATH"] = $"{world.Directory}:{Environment.GetEnvironmentVariable("PATH")}";

        await Assert.That(await world.Refused("log")).IsEqualTo(
            $"hookctrl: journalctl: Journal file corrupted\nhookctrl: {world.Directory}/journalctl failed\n");
    }

    private static Process Follow(World world) => Start(world, "log", "--follow", "--json");

    private static Process Start(World world, params string[] arguments)
    {
        string[] command = [.. world.Host.Enter, world.HookctrlPath(), .. arguments];
        var start = new ProcessStartInfo(command[0], command.Skip(1)) { RedirectStandardOutput = true };
        foreach (var (name, value) in world.HookEnvironment) start.Environment[name] = value;
        return Process.Start(start)!;
    }

    private static async Task<string> Next(Process following)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        return await following.StandardOutput.ReadLineAsync(patience.Token) ?? "the end";
    }
}
