using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using HookAot.Tests.Netns;

namespace HookAot.Tests.Watch;

/// <summary>The published "hookctrl watch" on a world's host, as systemd runs it.</summary>
internal sealed class Watching : IAsyncDisposable
{
    // Only a test that fails waits for so long.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process process;
    private readonly List<string> lines = [];
    private readonly Task reading;
    private readonly Task<string> errors;

    private Watching(Process process, bool json)
    {
        this.process = process;
        reading = Read(json ? process.StandardOutput : process.StandardError);
        errors = (json ? process.StandardError : process.StandardOutput).ReadToEndAsync();
    }

    /// <summary>The watcher's process.</summary>
    public int Pid => process.Id;

    /// <summary>What it has logged so far, without the fields for programs.</summary>
    public string Log
    {
        get
        {
            lock (lines) return string.Join('\n', lines);
        }
    }

    /// <summary>Starts one, and waits until it has looked at everything for the first time.</summary>
    /// <param name="world">The world.</param>
    /// <param name="json">Whether it logs for a program, to standard output.</param>
    public static async Task<Watching> Start(World world, bool json = false)
    {
        var path = Path.Combine(world.Directory, "notify");
        File.Delete(path);
        using var manager = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        manager.Bind(new UnixDomainSocketEndPoint(path));
        var watching = new Watching(Begin(world, path, json), json);
        using var patience = new CancellationTokenSource(Patience);
        var buffer = new byte[4096];
        // It connects once, so that what it says later goes nowhere.
        while (true)
        {
            var length = await manager.ReceiveAsync(buffer, patience.Token);
            if (Encoding.UTF8.GetString(buffer, 0, length) == "READY=1") return watching;
        }
    }

    /// <summary>Waits until something is so.</summary>
    /// <param name="what">What, for the message of a test that fails.</param>
    /// <param name="isSo">Whether it is.</param>
    public async Task Until(string what, Func<Task<bool>> isSo)
    {
        var clock = Stopwatch.StartNew();
        while (!await isSo())
        {
            if (clock.Elapsed > Patience) throw new TimeoutException($"not in time: {what}; the log: {Log}");
            await Task.Delay(20);
        }
    }

    /// <summary>Waits until it has logged a text.</summary>
    public Task Says(string text) =>
        Until(text, () => Task.FromResult(Log.Contains(text, StringComparison.Ordinal)));

    /// <summary>Waits until a connection of the client's has an answer.</summary>
    public Task Serves(World world, int port, string answer) => Until(
        $"{answer} at {port}",
        async () => await world.Client.Tcp(World.Public, port) == $"{answer} from 192.168.0.50");

    /// <summary>Waits until the rules of ours are these.</summary>
    public Task HasRules(World world, string ours) =>
        Until(ours, async () => await world.OurRules() == ours);

    /// <summary>Ends it.</summary>
    /// <returns>What it has said where it does not log.</returns>
    public async Task<string> Errors()
    {
        await Kill();
        return await errors;
    }

    /// <summary>Kills it as nothing else can be killed.</summary>
    public async Task Kill()
    {
        process.Kill();
        await process.WaitForExitAsync();
        await reading;
    }

    /// <summary>Waits until it ends by itself.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> End()
    {
        using var patience = new CancellationTokenSource(Patience);
        await process.WaitForExitAsync(patience.Token);
        await reading;
        return process.ExitCode;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited) await Kill();
        process.Dispose();
    }

    private static Process Begin(World world, string notify, bool json)
    {
        string[] command = [.. world.Host.Enter, world.HookctrlPath(), "watch", .. json ? ["--json"] : (string[])[]];
        var start = new ProcessStartInfo(command[0], command.Skip(1))
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        foreach (var (name, value) in world.HookEnvironment) start.Environment[name] = value;
        start.Environment["NOTIFY_SOCKET"] = notify;
        return Process.Start(start)!;
    }

    private async Task Read(StreamReader log)
    {
        while (await log.ReadLineAsync() is { } line)
        {
            var end = line.IndexOf(" [hookaot@", StringComparison.Ordinal);
            lock (lines) lines.Add(end < 0 ? line : line[..end]);
        }
    }
}
