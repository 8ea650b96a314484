using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;

namespace HookAot.Tests.Netns;

/// <summary>
/// A host of the test's world: a network namespace. A socket belongs for ever to the namespace of the thread that made
/// it, so a thread that enters the namespace makes it, and everything else happens where it always does.
/// </summary>
internal sealed partial class NetworkNamespace(string name) : IDisposable
{
    private const int CLONE_NEWNET = 0x40000000;

    // What is refused is refused at once; only what is dropped takes as long.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);

    private readonly List<Socket> servers = [];

    /// <summary>Its name, as for "ip netns".</summary>
    public string Name => name;

    /// <summary>
    /// Serves TCP and UDP ports. Each answers "WHO:PORT from PEER", PEER being the address that it sees.
    /// </summary>
    public void Serve(string who, params int[] ports) => ServeOn(IPAddress.Any, who, ports);

    /// <summary>The same by IPv6.</summary>
    public void Serve6(string who, params int[] ports) => ServeOn(IPAddress.IPv6Any, who, ports);

    private void ServeOn(IPAddress address, string who, int[] ports)
    {
        foreach (var port in ports)
        {
            var tcp = Bind(SocketType.Stream, address, port);
            tcp.Listen();
            _ = ServeTcp(tcp, $"{who}:{port}");
            _ = ServeUdp(Bind(SocketType.Dgram, address, port), $"{who}:{port}");
        }
    }

    /// <summary>Connects by TCP.</summary>
    /// <returns>The server's answer, or the name of the error: ConnectionRefused, TimedOut, ...</returns>
    public Task<string> Tcp(string address, int port) => Ask(SocketType.Stream, address, port);

    /// <summary>Asks by UDP.</summary>
    /// <returns>As for <see cref="Tcp"/>.</returns>
    public Task<string> Udp(string address, int port) => Ask(SocketType.Dgram, address, port);

    /// <summary>Runs a program here that has to succeed.</summary>
    /// <returns>What it wrote to stdout.</returns>
    public Task<string> Run(string command, string input = "") =>
        Tool.Succeed([.. Enter, "sh", "-euc", command], input);

    /// <summary>Calls a function here, on a thread that is of this namespace.</summary>
    public T Within<T>(Func<T> function)
    {
        var call = new Task<T>(() =>
        {
            EnterForGood();
            return function();
        });
        new Thread(call.RunSynchronously).Start();
        return call.GetAwaiter().GetResult();
    }

    /// <summary>
    /// What to put before a command to run it here. Unlike a thread that entered, it sees the namespace's own /sys.
    /// </summary>
    public IReadOnlyList<string> Enter => ["ip", "netns", "exec", name];

    /// <summary>Stops serving.</summary>
    public void Dispose()
    {
        foreach (var server in servers) server.Dispose();
    }

    private Socket Bind(SocketType type, IPAddress address, int port)
    {
        var socket = Make(type, address);
        servers.Add(socket);
        if (address.AddressFamily == AddressFamily.InterNetworkV6) socket.DualMode = false;
        socket.Bind(new IPEndPoint(address, port));
        return socket;
    }

    private static async Task ServeTcp(Socket listener, string who)
    {
        try
        {
            while (true)
            {
                using var connection = await listener.AcceptAsync();
                await connection.SendAsync(Answer(who, connection.RemoteEndPoint!));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The end of the test closed the socket.
        }
    }

    private static async Task ServeUdp(Socket socket, string who)
    {
        try
        {
            while (true)
            {
                var any = new IPEndPoint(((IPEndPoint)socket.LocalEndPoint!).Address, 0);
                var received = await socket.ReceiveFromAsync(new byte[16], any);
                var peer = received.RemoteEndPoint;
                await socket.SendToAsync(Answer(who, peer), peer);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The end of the test closed the socket.
        }
    }

    private static byte[] Answer(string who, EndPoint peer)
    {
        var address = ((IPEndPoint)peer).Address;
        return Encoding.ASCII.GetBytes($"{who} from {address}");
    }

    /// <summary>
    /// A UDP socket that keeps its port from one question to the next, so that the kernel sees one flow.
    /// </summary>
    public async Task<Flow> UdpFlow(string address, int port)
    {
        var socket = Make(SocketType.Dgram, IPAddress.Parse(address));
        await socket.ConnectAsync(IPAddress.Parse(address), port);
        return new Flow(socket);
    }

    /// <summary>See <see cref="UdpFlow"/>.</summary>
    internal sealed class Flow(Socket socket) : IDisposable
    {
        public Task<string> Ask() => Answered(async timeout =>
        {
            await socket.SendAsync("?"u8.ToArray(), timeout);
            return await Receive(socket, timeout);
        });

        public void Dispose() => socket.Dispose();
    }

    private async Task<string> Ask(SocketType type, string address, int port)
    {
        using var socket = Make(type, IPAddress.Parse(address));
        return await Answered(async timeout =>
        {
            await socket.ConnectAsync(IPAddress.Parse(address), port, timeout);
            if (type == SocketType.Dgram) await socket.SendAsync("?"u8.ToArray(), timeout);
            return await Receive(socket, timeout);
        });
    }

    private static async Task<string> Receive(Socket socket, CancellationToken timeout)
    {
        var answer = new byte[256];
        return Encoding.ASCII.GetString(answer, 0, await socket.ReceiveAsync(answer, timeout));
    }

    private static async Task<string> Answered(Func<CancellationToken, Task<string>> ask)
    {
        using var timeout = new CancellationTokenSource(Patience);
        try
        {
            return await ask(timeout.Token);
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode.ToString();
        }
        catch (OperationCanceledException)
        {
            return nameof(SocketError.TimedOut);
        }
    }

    private Socket Make(SocketType type, IPAddress address)
    {
        var protocol = type == SocketType.Stream ? ProtocolType.Tcp : ProtocolType.Udp;
        var made = new TaskCompletionSource<Socket>();
        // A thread of its own, which ends in the namespace: one of the pool's would have to be brought back.
        var thread = new Thread(() =>
        {
            try
            {
                EnterForGood();
                made.SetResult(new Socket(address.AddressFamily, type, protocol));
            }
            catch (Exception e) when (e is IOException or SocketException or UnauthorizedAccessException)
            {
                made.SetException(e);
            }
        });
        thread.Start();
        return made.Task.GetAwaiter().GetResult();
    }

    private void EnterForGood()
    {
        using var file = File.OpenHandle($"/run/netns/{name}");
        if (setns(file, CLONE_NEWNET) == 0) return;

        throw new IOException($"entering {name}: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setns(SafeHandle fd, int type);
}
