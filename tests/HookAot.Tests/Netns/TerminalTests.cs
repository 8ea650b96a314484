using System.Globalization;
using HookAot.Applets.Hookctrl;
using static HookAot.Tests.Netns.World;

namespace HookAot.Tests.Netns;

/// <summary>What an administrator sees, in a real terminal: tmux draws it, and tells what is on it.</summary>
[Category("Netns")]
public sealed class TerminalTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static readonly string[] Names =
    [
        "a", "a-guest-with-a-name-that-its-owner-has-found-on-a-long-evening", "服务器一号", "ゲスト・メールサーバー",
        "서버", "🚀🚀🚀 rocket", "mu\u0308ller", "aguestwithoutanyplacewhereitsnamecouldbebrokenintolines",
    ];

    private static string Config(int forwards)
    {
        var machines = new List<string>();
        for (var i = 0; i < Math.Min(forwards, Names.Length); i++)
        {
            var own = Enumerable.Range(0, forwards).Where(f => f % Names.Length == i);
            var ports = own.Select(f => string.Create(CultureInfo.InvariantCulture, $"[{2000 + f}, {80 + f}]"));
            var host = (i + 2).ToString(CultureInfo.InvariantCulture);
            machines.Add($$"""
                "{{Names[i]}}": {
                    "private_ip": ["192.168.122.{{host}}", "fd00:122::{{host}}"],
                    "source": ["10.0.0.0/8", "fd00:1::/64"],
                    "port_map": [{{string.Join(", ", ports)}}]
                }
                """);
        }

        return $$"""{ "public_ip": ["{{Public}}", "{{Public2}}"], "machines": { {{string.Join(",", machines)}} } }""";
    }

    /// <summary>A terminal on the world's host.</summary>
    private sealed class Screen(World world) : IAsyncDisposable
    {
        private readonly string socket = Path.Combine(world.Directory, "tmux");

        /// <summary>Begins with a script of sh.</summary>
        public async Task Open(int columns, int rows, string script)
        {
            string[] size = ["-x", $"{columns}", "-y", $"{rows}"];
            var path = $"{world.Directory}/hooks:{Environment.GetEnvironmentVariable("PATH")}";
            var environment = new Dictionary<string, string>(world.HookEnvironment)
            {
                ["PATH"] = path,
                ["LC_ALL"] = "C.UTF-8",
                ["TERM"] = "screen",
            };
            var settings = Path.Combine(world.Directory, "tmux.conf");
            await File.WriteAllTextAsync(settings, "set -g history-limit 100000\n");
            string[] tmux = ["tmux", "-u", "-f", settings, "-S", socket];
            var quoted = $"cd '{world.Directory}'\n{script}\n: > ended\nexec cat > /dev/null";
            await Tool.Succeed(
                [.. world.Host.Enter, .. tmux, "new-session", "-d", .. size, "sh", "-c", quoted],
                environment: environment);
        }

        public Task<string> Tmux(params string[] arguments) =>
            Tool.Succeed(["tmux", "-u", "-S", socket, .. arguments]);

        /// <summary>Everything that was written, a line each, however long it is.</summary>
        public async Task<string[]> Lines() =>
            (await Tmux("capture-pane", "-p", "-J", "-S", "-")).TrimEnd('\n').Split('\n');

        /// <summary>What is on it now.</summary>
        public async Task<string[]> Shown() => (await Tmux("capture-pane", "-p")).Split('\n');

        /// <summary>Waits until it shows something.</summary>
        public async Task Until(Func<string[], bool> wanted)
        {
            using var timeout = new CancellationTokenSource(Patience);
            string[] shown;
            while (!wanted(shown = await Shown()))
            {
                if (timeout.IsCancellationRequested) throw new TimeoutException(string.Join('\n', shown));
                await Task.Delay(20, CancellationToken.None);
            }
        }

        /// <summary>Waits until the script has ended.</summary>
        public Task Ended() => Until(_ => File.Exists(Path.Combine(world.Directory, "ended")));

        public async ValueTask DisposeAsync() => await Tool.Run(["tmux", "-S", socket, "kill-server"]);
    }

    [Test]
    [Arguments(80, 1)]
    [Arguments(80, 20)]
    [Arguments(80, 200)]
    [Arguments(60, 1)]
    [Arguments(60, 20)]
    [Arguments(60, 200)]
    public async Task No_line_is_wider_than_the_terminal(int columns, int forwards)
    {
        await using var world = await World.Create(Config(forwards));
        await world.Quietly("a", "start");
        await world.Iptables("-t nat -D HOOKAOT-DNAT 1");
        await using var screen = new Screen(world);
        await screen.Open(columns, 50, "hookctrl list; hookctrl status; hookctrl machine list; hookctrl show a");
        await screen.Ended();
        // tmux joins what the terminal had to break.
        var lines = await screen.Lines();
        await Assert.That(lines.Where(line => DisplayWidth.Of(line.TrimEnd()) > columns)).IsEmpty();

        var text = string.Join('\n', lines);
        await Assert.That(text).Contains("2000/tcp").And.Contains("drift:").And.Contains("FORWARDS");
        if (forwards > 2) await Assert.That(text).Contains("服务器一号").And.Contains("🚀");
        await Assert.That(lines.Count(line => line.StartsWith("GUEST", StringComparison.Ordinal))).IsEqualTo(4);
    }

    [Test]
    public async Task Columns_stand_below_each_other_whatever_the_names_are()
    {
        await using var world = await World.Create(Config(20).Replace(Names[1], "b", StringComparison.Ordinal)
            .Replace(Names[7], "c", StringComparison.Ordinal));
        await using var screen = new Screen(world);
        await screen.Open(140, 50, "hookctrl list");
        await screen.Ended();
        var lines = (await screen.Lines()).Where(line => line.Contains("/tcp", StringComparison.Ordinal)).ToList();
        await Assert.That(lines.Count).IsEqualTo(20);
        var head = (await screen.Lines())[0].IndexOf("PORT", StringComparison.Ordinal);
        foreach (var line in lines)
        {
            var before = line[..line.IndexOf("20", line.IndexOf(Public2, StringComparison.Ordinal) + Public2.Length,
                StringComparison.Ordinal)];
            await Assert.That(DisplayWidth.Of(before)).IsEqualTo(head).Because(line);
        }
    }

    [Test]
    [Arguments(80, 200)]
    [Arguments(60, 20)]
    public async Task Watch_keeps_its_head_and_a_clock_and_ends_with_q_as_if_nothing_had_been(int columns, int forwards)
    {
        const int Rows = 20;
        await using var world = await World.Create(Config(forwards));
        await world.Quietly("a", "start");
        await using var screen = new Screen(world);
        await screen.Open(columns, Rows, """
            echo before; stty -a > before
            hookctrl status --watch; echo $? > code
            stty -a > after
            """);

        await screen.Until(shown => shown.Any(IsBegin));
        await Assert.That(await screen.Tmux("display", "-p", "#{alternate_on}")).IsEqualTo("1\n");
        var first = await screen.Shown();
        await Assert.That(first[0]).Matches(@"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d  \d+ forwards: ");
        await Assert.That(first.Any(IsHead)).IsTrue().Because(string.Join('\n', first));

        // The clock goes on, although nothing changes.
        await screen.Until(shown => shown[0][..19] != first[0][..19]);
        // What is below is scrolled, and the head stays.
        await screen.Tmux("send-keys", " ");
        await screen.Until(shown => !shown.Any(IsBegin) && shown.Any(IsHead));
        foreach (var (there, back) in (List<(string, string)>)[("Down", "Up"), ("Space", "b"), ("PageDown", "Home")])
        {
            await screen.Tmux("send-keys", "Home");
            await screen.Until(shown => shown.Any(IsBegin));
            await screen.Tmux("send-keys", there);
            await screen.Until(shown => !shown.Any(IsBegin) && shown.Any(IsHead));
            await screen.Tmux("send-keys", back);
            await screen.Until(shown => shown.Any(IsBegin));
        }

        // A change is seen.
        await world.Iptables("-t nat -D HOOKAOT-DNAT 1");
        await screen.Until(shown => string.Join(' ', shown[..3]).Contains("drift: ", StringComparison.Ordinal));
        // So is another size.
        await screen.Tmux("resize-window", "-x", $"{columns - 8}", "-y", "12");
        await screen.Until(shown => shown.Any(IsHead) && shown[11].StartsWith("-- ", StringComparison.Ordinal));

        await screen.Tmux("send-keys", "q");
        await screen.Ended();
        await Assert.That(string.Join('\n', await screen.Shown()).TrimEnd()).IsEqualTo("before");
        await IsAsBefore(world, screen);
        await Assert.That(await File.ReadAllTextAsync(Path.Combine(world.Directory, "code"))).IsEqualTo("1\n");
    }

    [Test]
    [Arguments("INT")]
    [Arguments("TERM")]
    [Arguments("HUP")]
    [Arguments("^C")]
    public async Task A_signal_ends_it_and_leaves_the_terminal_as_it_was(string signal)
    {
        await using var world = await World.Create();
        await world.Quietly("a", "start");
        await using var screen = new Screen(world);
        await screen.Open(80, 24, """
            trap : INT
            echo before; stty -a > before
            sh -c 'echo $$ > pid; exec hookctrl status --watch'
            stty -a > after
            """);
        await screen.Until(shown => shown.Any(IsHead));
        if (signal == "^C") await screen.Tmux("send-keys", "C-c");
        else await Tool.Succeed(["sh", "-euc", $"kill -{signal} $(cat '{world.Directory}/pid')"]);
        await screen.Ended();
        await Assert.That(await screen.Shown()).Contains("before");
        await IsAsBefore(world, screen);
    }

    [Test]
    public async Task A_stop_gives_the_terminal_back_until_it_goes_on()
    {
        await using var world = await World.Create();
        await using var screen = new Screen(world);
        await screen.Open(80, 24, """
            stty -a > before
            sh -c 'echo $$ > pid; exec hookctrl status --watch'
            stty -a > after
            """);
        await screen.Until(shown => shown.Any(IsHead));
        await Tool.Succeed(["sh", "-euc", $"kill -TSTP $(cat '{world.Directory}/pid')"]);
        await screen.Until(shown => !shown.Any(IsHead));
        await Tool.Succeed(["sh", "-euc", $"kill -CONT $(cat '{world.Directory}/pid')"]);
        await screen.Until(shown => shown.Any(IsHead));
        await screen.Tmux("send-keys", "q");
        await screen.Ended();
        await IsAsBefore(world, screen);
    }

    [Test]
    [Arguments("", true)]
    [Arguments("NO_COLOR=1", false)]
    public async Task A_state_has_a_colour_on_a_terminal_unless_NO_COLOR_says_otherwise(string variable, bool coloured)
    {
        await using var world = await World.Create();
        await world.Quietly("a", "start");
        await using var screen = new Screen(world);
        await screen.Open(80, 24, $"{variable} hookctrl status; {variable} hookctrl status | cat > piped");
        await screen.Ended();
        var text = await screen.Tmux("capture-pane", "-p", "-e");
        await Assert.That(text.Contains("\e[32mactive", StringComparison.Ordinal)).IsEqualTo(coloured).Because(text);
        await Assert.That(await File.ReadAllTextAsync(Path.Combine(world.Directory, "piped")))
            .Contains("active").And.DoesNotContain("\e");
    }

    [Test]
    [Arguments("e", 0, "2223")]
    [Arguments("x", 1, "2222")]
    public async Task A_mistake_made_in_the_editor_can_be_corrected_in_it(string answer, int code, string saved)
    {
        await using var world = await World.Create();
        await world.Program("editor", """
            #!/bin/sh
            if grep -q 2222 "$1"; then exec sed -i s/2222/mistake/ "$1"; fi
            exec sed -i s/mistake/2223/ "$1"
            """);
        await using var screen = new Screen(world);
        await screen.Open(120, 24, "TMPDIR=$PWD EDITOR=$PWD/editor hookctrl edit --no-apply; echo $? > code");

        await screen.Until(shown => shown.Any(l => l.Contains("edit again (e), or give up (x)?")));
        await Assert.That(string.Join('\n', await screen.Shown())).Contains("found \"mistake\"");
        await screen.Tmux("send-keys", answer, "Enter");
        await screen.Ended();

        await Assert.That(await File.ReadAllTextAsync(Path.Combine(world.Directory, "code"))).IsEqualTo($"{code}\n");
        await Assert.That(await File.ReadAllTextAsync(world.Config)).Contains(saved);
    }

    private static bool IsBegin(string line) => line.StartsWith("-- 1 to ", StringComparison.Ordinal);

    private static bool IsHead(string line) => line.StartsWith("GUEST", StringComparison.Ordinal);

    private static async Task IsAsBefore(World world, Screen screen)
    {
        var before = await File.ReadAllTextAsync(Path.Combine(world.Directory, "before"));
        var after = await File.ReadAllTextAsync(Path.Combine(world.Directory, "after"));
        // The window's size may have been changed meanwhile.
        await Assert.That(after[after.IndexOf(';', StringComparison.Ordinal)..].Split('\n').Skip(1))
            .IsEquivalentTo(before.Split('\n').Skip(1));
        await Assert.That(await screen.Tmux("display", "-p", "#{alternate_on} #{cursor_flag}")).IsEqualTo("0 1\n");
    }
}
