using HookAot.Host;
using System.Globalization;

namespace HookAot.Tests.Netns;

/// <summary>
/// A world of network namespaces with a libvirt host in its middle, and nothing of the real host in it:
/// <code>
///   client 192.168.0.50 ────┐                                    ┌─ vnet0 ─ guest A 192.168.122.2
///                           ├── eth0 192.168.0.166  HOST  virbr0 ┤   virbr0 192.168.122.1/24
///   neighbour 192.168.0.51 ─┘   eth0 192.168.0.167               └─ vnet1 ─ guest B 192.168.122.3
///   (has a route to 192.168.122.0/24)
/// </code>
/// The host forwards and has the firewall rules that libvirt makes for a NAT network. Guests serve ports 22, 80 and
/// 9000 to 9002. The hook lives in a directory of its own, and everything is gone when the world is disposed.
/// <para>
/// This file has the world's life and its programs; world.sh sets it up. What a test does in it is in
/// <see cref="HookCalls"/> (libvirt's events), <see cref="Hookctrl"/> (the command), <see cref="Firewall"/> (the
/// kernel's rules) and <see cref="NetworkNamespace"/> (connections); <see cref="GuestXml"/> is what libvirt says.
/// </para>
/// </summary>
internal sealed class World : IAsyncDisposable
{
    /// <summary>The first of the host's addresses outside.</summary>
    public const string Public = "192.168.0.166";

    /// <summary>The second of the host's addresses outside.</summary>
    public const string Public2 = "192.168.0.167";

    /// <summary>Guest A's address.</summary>
    public const string AddressA = "192.168.122.2";

    /// <summary>Guest B's address.</summary>
    public const string AddressB = "192.168.122.3";

    /// <summary>The host's address outside, in a world with IPv6.</summary>
    public const string Public6 = "fd00:1::166";

    /// <summary>The client's and the neighbour's address, in a world with IPv6.</summary>
    public const string Client6 = "fd00:1::50", Neighbour6 = "fd00:1::51";

    /// <summary>The guests' addresses and the host's on the bridge, in a world with IPv6.</summary>
    public const string AddressA6 = "fd00:122::2", AddressB6 = "fd00:122::3", Gateway6 = "fd00:122::1";

    /// <summary>
    /// The host's address on the bridge: whom a guest sees when its own net reaches it through the public address.
    /// </summary>
    public const string Gateway = "192.168.122.1";

    /// <summary>Guest "a" with one TCP forward, 2222 to 22.</summary>
    public const string OneForward = $$"""
        {
            "machines": { "a": { "private_ip": "{{AddressA}}", "port_map": [["2222", "22"]] } },
            "public_ip": "{{Public}}"
        }
        """;

    /// <summary>Guests "a" and "b" with one TCP forward each, 2222 to 22 and 8080 to 80.</summary>
    public const string TwoForwards = $$"""
        {
            "public_ip": "{{Public}}",
            "machines": {
                "a": { "private_ip": "{{AddressA}}", "port_map": [[2222, 22]] },
                "b": { "private_ip": "{{AddressB}}", "port_map": [[8080, 80]] }
            }
        }
        """;

    private static int count;

    private readonly string id;

    private bool hasIPv6;

    private World(string iptables)
    {
        var number = Interlocked.Increment(ref count);
        id = string.Create(CultureInfo.InvariantCulture, $"hookaot-{Environment.ProcessId}-{number}");
        Variant = iptables;
        Client = new($"{id}-client");
        Neighbour = new($"{id}-neighbour");
        Host = new($"{id}-host");
        A = new($"{id}-a");
        B = new($"{id}-b");
        Directory = Path.Combine(Path.GetTempPath(), id);
        HookEnvironment = new()
        {
            ["CONFIG_FILENAME"] = Config,
            ["HOOKAOT_HOOKS_DIR"] = Path.Combine(Directory, "hooks"),
            ["IPTABLES_BINARY"] = RealTool,
            ["HOOKAOT_RUN_DIR"] = Path.Combine(Directory, "run"),
            ["HOOKAOT_LIBVIRT_RUN"] = Path.Combine(Directory, "libvirt"),
            ["HOOKAOT_LIBVIRT_DNSMASQ"] = Path.Combine(Directory, "dnsmasq"),
            // There is no such socket, so that the log is what the hook writes to stderr.
            ["HOOKAOT_LOG_SOCKET"] = Path.Combine(Directory, "log"),
            ["HOOKAOT_LOG_DIR"] = Path.Combine(Directory, "logs"),
            // Not the machine's own services, nor its guests.
            ["HOOKAOT_UNITS_DIR"] = Path.Combine(Directory, "units"),
        };
    }

    /// <summary>A host outside, without a route to the guests.</summary>
    public NetworkNamespace Client { get; }

    /// <summary>A host outside that has a route to the guests' network.</summary>
    public NetworkNamespace Neighbour { get; }

    /// <summary>The host that libvirt and the hook run on.</summary>
    public NetworkNamespace Host { get; }

    /// <summary>Guest A, at vnet0.</summary>
    public NetworkNamespace A { get; }

    /// <summary>Guest B, at vnet1.</summary>
    public NetworkNamespace B { get; }

    /// <summary>Holds the lock of the one watcher, which status and doctor miss else.</summary>
    public HostLock? AsIfWatched()
    {
        var path = Path.Combine(HookEnvironment["HOOKAOT_RUN_DIR"], "watch");
        return HostLock.Take(path, Deadline.In(0), out _);
    }

    /// <summary>The hook's environment.</summary>
    public Dictionary<string, string> HookEnvironment { get; }

    /// <summary>Where everything of this world lies.</summary>
    public string Directory { get; }

    /// <summary>The path of config.json.</summary>
    public string Config => Path.Combine(Directory, "hooks", "config.json");

    /// <summary>The name of the iptables that this host has, such as "iptables-legacy".</summary>
    public string Variant { get; }

    /// <summary>The value of IPTABLES_BINARY for this host's own iptables.</summary>
    public string RealTool => $"/usr/sbin/{Variant}";

    /// <summary>The published binary.</summary>
    public static string Binary
    {
        get
        {
            var binary = Repository.File("artifacts", "linux-x64", "hookaot");
            return File.Exists(binary)
                ? binary
                : throw new FileNotFoundException($"{binary} is missing: run scripts/build.sh first");
        }
    }

    /// <summary>Makes a world.</summary>
    /// <param name="config">The content of config.json.</param>
    /// <param name="iptables">iptables, or a variant of it, which libvirt's rules are made with as well.</param>
    /// <param name="ipv6">Whether everybody has IPv6 addresses too, and libvirt's network as well.</param>
    public static async Task<World> Create(
        string config = OneForward, string iptables = "iptables", bool ipv6 = false)
    {
        var world = new World(iptables) { hasIPv6 = ipv6 };
        try
        {
            await world.Script("up");
            await world.Configure(config);
            world.A.Serve("A", 22, 80, 9000, 9001, 9002);
            world.B.Serve("B", 22, 80);
            if (ipv6)
            {
                world.A.Serve6("A", 22, 80, 9000, 9001, 9002);
                world.B.Serve6("B", 22, 80);
            }

            return world;
        }
        catch
        {
            await world.DisposeAsync();
            throw;
        }
    }

    /// <summary>Writes config.json.</summary>
    public Task Configure(string json) => File.WriteAllTextAsync(Config, json);

    /// <summary>
    /// Puts a program into the world's directory. A file that is executed must not be open for writing in any process,
    /// so another one writes it.
    /// </summary>
    /// <returns>Its path.</returns>
    public async Task<string> Program(string name, string script)
    {
        var path = Path.Combine(Directory, name);
        await Tool.Succeed(["sh", "-euc", "cat > \"$0\"; chmod 755 \"$0\"", path], script);
        return path;
    }

    /// <summary>
    /// Gives the hook an iptables-restore that is a shell script; the iptables and the iptables-save beside it are the
    /// real ones. HookEnvironment["IPTABLES_BINARY"] = <see cref="RealTool"/> takes it away again.
    /// </summary>
    /// <param name="script">What it does, for sh; it may call the real one, RealTool-restore "$@".</param>
    /// <returns>The value of IPTABLES_BINARY that it was given.</returns>
    public async Task<string> FakeTool(string script)
    {
        var fake = await Program("fake-iptables", $"#!/bin/sh\nexec {RealTool} \"$@\"\n");
        await Program("fake-iptables-save", $"#!/bin/sh\nexec {RealTool}-save \"$@\"\n");
        await Program("fake-iptables-restore", $"#!/bin/sh\n{script}\n");
        HookEnvironment["IPTABLES_BINARY"] = fake;
        return fake;
    }

    /// <summary>The XML of a guest at vnet0 as libvirt hands it to the hook.</summary>
    public static string Domain(string name) => GuestXml.Live(name);

    /// <summary>Stops all servers, and removes the namespaces and the directory.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var host in new[] { Client, Neighbour, Host, A, B }) host.Dispose();
        await Script("down");
    }

    private async Task Script(string verb)
    {
        var environment = new Dictionary<string, string>
        {
            ["NAME"] = id,
            ["DIRECTORY"] = Directory,
            ["BINARY"] = Binary,
            ["IPTABLES"] = Variant,
            ["IPV6"] = hasIPv6 ? "1" : "0",
            ["RULES"] = Repository.File("tests", "lab", "libvirt-9.rules"),
        };
        var script = Repository.File("tests", "HookAot.Tests", "Netns", "world.sh");
        await Tool.Succeed(["sh", script, verb], environment: environment);
    }
}
