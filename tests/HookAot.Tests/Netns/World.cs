using System.Globalization;
using System.Security;
using System.Text.RegularExpressions;

namespace HookAot.Tests.Netns;

/// <summary>
/// A world of network namespaces with a libvirt host in its middle, and nothing of the real host in it:
/// <code>
///   client 192.168.0.50 ────┐                                    ┌─ vnet0 ─ guest A 192.168.122.2
///                           ├── eth0 192.168.0.166  HOST  virbr0 ┤   virbr0 192.168.122.1/24
///   neighbour 192.168.0.51 ─┘   eth0 192.168.0.167               └─ vnet1 ─ guest B 192.168.122.3
///   (has a route to 192.168.122.0/24)
/// </code>
/// The host forwards and has the firewall rules that libvirt makes for a NAT network. Guests serve ports 22, 80 and 9000 to 9002.
/// The hook lives in a directory of its own, and everything is gone when the world is disposed.
/// </summary>
internal sealed partial class World : IAsyncDisposable
{
    /// <summary>The host's addresses outside, and the guests'.</summary>
    public const string Public = "192.168.0.166", Public2 = "192.168.0.167", AddressA = "192.168.122.2", AddressB = "192.168.122.3";

    /// <summary>The host's address on the bridge: whom a guest sees when its own net reaches it through the public address.</summary>
    public const string Gateway = "192.168.122.1";

    /// <summary>Guest "a" with one TCP forward, 2222 to 22.</summary>
    public const string OneForward = $$"""
        {
            "machines": { "a": { "private_ip": "{{AddressA}}", "port_map": [["2222", "22"]] } },
            "public_ip": "{{Public}}"
        }
        """;

    private static int count;

    private readonly string id = string.Create(CultureInfo.InvariantCulture, $"hookaot-{Environment.ProcessId}-{Interlocked.Increment(ref count)}");
    private readonly string iptables;

    private World(string iptables)
    {
        this.iptables = iptables;
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
            ["IPTABLES_BINARY"] = $"/usr/sbin/{iptables}",
            ["HOOKAOT_RUN_DIR"] = Path.Combine(Directory, "run"),
            ["HOOKAOT_LIBVIRT_RUN"] = Path.Combine(Directory, "libvirt"),
            ["HOOKAOT_LIBVIRT_DNSMASQ"] = Path.Combine(Directory, "dnsmasq"),
            // There is no such socket, so that the log is what the hook writes to stderr.
            ["HOOKAOT_LOG_SOCKET"] = Path.Combine(Directory, "log"),
        };
    }

    public NetworkNamespace Client { get; }

    public NetworkNamespace Neighbour { get; }

    public NetworkNamespace Host { get; }

    public NetworkNamespace A { get; }

    public NetworkNamespace B { get; }

    /// <summary>The hook's environment.</summary>
    public Dictionary<string, string> HookEnvironment { get; }

    /// <summary>Where everything of this world lies.</summary>
    public string Directory { get; }

    /// <summary>The path of config.json.</summary>
    public string Config => Path.Combine(Directory, "hooks", "config.json");

    /// <summary>Makes a world.</summary>
    /// <param name="config">The content of config.json.</param>
    /// <param name="iptables">iptables, or a variant of it, which libvirt's rules are made with as well.</param>
    public static async Task<World> Create(string config = OneForward, string iptables = "iptables")
    {
        var world = new World(iptables);
        try
        {
            await world.Build();
            await world.Configure(config);
            world.A.Serve("A", 22, 80, 9000, 9001, 9002);
            world.B.Serve("B", 22, 80);
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

    /// <summary>Calls a hook as libvirt does.</summary>
    /// <param name="driver">qemu, lxc, network, or any other file in the hooks directory.</param>
    /// <param name="name">The guest or the network.</param>
    /// <param name="operation">start, stopped, ...</param>
    /// <param name="xml">stdin; null: the live XML of a guest at vnet0.</param>
    /// <param name="wrapper">A command that runs the hook, such as "timeout 1".</param>
    public Task<Ended> Hook(string driver, string name, string operation, string? xml = null, params IEnumerable<string> wrapper) =>
        Tool.Run(
            [.. Host.Enter, .. wrapper, Path.Combine(Directory, "hooks", driver), name, operation, operation is "stopped" or "release" ? "end" : "begin", "-"],
            xml ?? Domain(name),
            HookEnvironment);

    /// <summary>Calls the qemu hook, which has to end with exit code 0, and without a word on stdout.</summary>
    /// <returns>Its log.</returns>
    public async Task<string> Event(string name, string operation, string driver = "qemu")
    {
        var ended = await Hook(driver, name, operation);
        await Assert.That(ended.ExitCode).IsEqualTo(0).Because(ended.Error);
        await Assert.That(ended.Output).IsEmpty();
        return ended.Error;
    }

    /// <summary>An event that has to go well: not a line in the log but those that say what was done.</summary>
    public async Task Quietly(string name, string operation, string driver = "qemu") =>
        await Assert.That(await Event(name, operation, driver)).Matches(Done());

    /// <summary>Runs iptables on the host.</summary>
    public Task<string> Iptables(string arguments) => Host.Run($"{iptables} {arguments}");

    /// <summary>All firewall rules of the host, without counters.</summary>
    public async Task<string> Rules() => Counters().Replace(Comments().Replace(await Host.Run($"{iptables}-save"), ""), "");

    /// <summary>The lines among them that are ours.</summary>
    public async Task<string> OurRules() =>
        string.Join('\n', (await Rules()).Split('\n').Where(line => line.Contains("HOOKAOT", StringComparison.Ordinal)));

    /// <summary>Puts a program into the world's directory. A file that is executed must not be open for writing in any process, so another one writes it.</summary>
    /// <returns>Its path.</returns>
    public async Task<string> Program(string name, string script)
    {
        var path = Path.Combine(Directory, name);
        await Tool.Succeed(["sh", "-euc", "cat > \"$0\"; chmod 755 \"$0\"", path], script);
        return path;
    }

    /// <summary>The XML of a guest at vnet0 as libvirt hands it to the hook.</summary>
    public static string Domain(string name) => $"""
        <domain type='kvm' id='1'>
          <name>{SecurityElement.Escape(name)}</name>
          <uuid>1f1a7a3c-9a6e-4b6e-8f43-0d6a54a3a001</uuid>
          <metadata><x:interface xmlns:x='urn:x'><target dev='no'/></x:interface></metadata>
          <memory unit='KiB'>524288</memory>
          <vcpu placement='static'>1</vcpu>
          <os><type arch='x86_64' machine='pc-q35-7.2'>hvm</type></os>
          <devices>
            <emulator>/usr/bin/qemu-system-x86_64</emulator>
            <interface type='network'>
              <mac address='52:54:00:00:00:02'/>
              <source network='default' portid='7f3c0b8e-7d1f-4b58-9d6e-3a3f7a1d1c11' bridge='virbr0'/>
              <target dev='vnet0'/>
              <model type='virtio'/>
              <alias name='net0'/>
            </interface>
          </devices>
        </domain>
        """;

    /// <summary>The published binary.</summary>
    public static string Binary
    {
        get
        {
            var binary = Repository.File("artifacts", "linux-x64", "hookaot");
            return File.Exists(binary) ? binary : throw new FileNotFoundException($"{binary} is missing: run scripts/build.sh first");
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var host in new[] { Client, Neighbour, Host, A, B }) host.Dispose();
        await Tool.Succeed(["sh", "-uc", """for n in client neighbour host a b; do [ ! -e "/run/netns/$W-$n" ] || ip netns del "$W-$n"; done; rm -rf "$D" """], environment: Names);
    }

    private Dictionary<string, string> Names => new() { ["W"] = id, ["D"] = Directory, ["BINARY"] = Binary, ["IPTABLES"] = iptables };

    private Task<string> Build() => Tool.Succeed(["sh", "-eu"], Setup, Names);

    // The outside network is a bridge in the client. A new namespace has br_netfilter on; most hosts have not.
    // The firewall is what libvirt 9.0 makes (src/network/network_iptables.c), in its order.
    private const string Setup = """
        mkdir -p "$D/hooks/qemu.d" "$D/libvirt/network" "$D/libvirt/qemu" "$D/dnsmasq"
        ln -s "$BINARY" "$D/hooks/hookaot"
        for driver in qemu lxc libxl bhyve network hookctrl; do ln -s hookaot "$D/hooks/$driver"; done
        ln -s ../hookaot "$D/hooks/qemu.d/50-hookaot"
        for n in client neighbour host a b; do
          ip netns add "$W-$n"
          ip netns exec "$W-$n" sh -c '
            echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6
            [ ! -e /proc/sys/net/bridge ] || echo 0 > /proc/sys/net/bridge/bridge-nf-call-iptables'
          ip -n "$W-$n" link set lo up
        done
        ip -n "$W-client" -batch - <<END
        link add lan type bridge
        addr add 192.168.0.50/24 dev lan
        link set lan up
        link add tohost type veth peer name eth0 netns $W-host
        link set tohost master lan up
        link add toneigh type veth peer name eth0 netns $W-neighbour
        link set toneigh master lan up
        END
        ip -n "$W-neighbour" -batch - <<END
        addr add 192.168.0.51/24 dev eth0
        link set eth0 up
        route add 192.168.122.0/24 via 192.168.0.166
        END
        ip -n "$W-host" -batch - <<END
        addr add 192.168.0.166/24 dev eth0
        addr add 192.168.0.167/24 dev eth0
        link set eth0 up
        link add virbr0 type bridge
        addr add 192.168.122.1/24 dev virbr0
        link set virbr0 up
        link add vnet0 type veth peer name eth0 netns $W-a
        link set vnet0 master virbr0 up
        link add vnet1 type veth peer name eth0 netns $W-b
        link set vnet1 master virbr0 up
        END
        for n in a:2 b:3; do
          ip -n "$W-${n%:*}" -batch - <<END
        addr add 192.168.122.${n#*:}/24 dev eth0
        link set eth0 up
        route add default via 192.168.122.1
        END
        done
        ip netns exec "$W-host" sh -c 'echo 1 > /proc/sys/net/ipv4/ip_forward'
        ip netns exec "$W-host" "$IPTABLES-restore" <<END
        *filter
        :INPUT ACCEPT [0:0]
        :FORWARD ACCEPT [0:0]
        :OUTPUT ACCEPT [0:0]
        :LIBVIRT_FWI - [0:0]
        :LIBVIRT_FWO - [0:0]
        :LIBVIRT_FWX - [0:0]
        -A FORWARD -j LIBVIRT_FWX
        -A FORWARD -j LIBVIRT_FWI
        -A FORWARD -j LIBVIRT_FWO
        -A LIBVIRT_FWI -d 192.168.122.0/24 -o virbr0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
        -A LIBVIRT_FWI -o virbr0 -j REJECT --reject-with icmp-port-unreachable
        -A LIBVIRT_FWO -s 192.168.122.0/24 -i virbr0 -j ACCEPT
        -A LIBVIRT_FWO -i virbr0 -j REJECT --reject-with icmp-port-unreachable
        -A LIBVIRT_FWX -i virbr0 -o virbr0 -j ACCEPT
        COMMIT
        *nat
        :PREROUTING ACCEPT [0:0]
        :INPUT ACCEPT [0:0]
        :OUTPUT ACCEPT [0:0]
        :POSTROUTING ACCEPT [0:0]
        :LIBVIRT_PRT - [0:0]
        -A POSTROUTING -j LIBVIRT_PRT
        -A LIBVIRT_PRT -s 192.168.122.0/24 -d 224.0.0.0/24 -j RETURN
        -A LIBVIRT_PRT -s 192.168.122.0/24 -d 255.255.255.255/32 -j RETURN
        -A LIBVIRT_PRT -s 192.168.122.0/24 ! -d 192.168.122.0/24 -p tcp -j MASQUERADE --to-ports 1024-65535
        -A LIBVIRT_PRT -s 192.168.122.0/24 ! -d 192.168.122.0/24 -p udp -j MASQUERADE --to-ports 1024-65535
        -A LIBVIRT_PRT -s 192.168.122.0/24 ! -d 192.168.122.0/24 -j MASQUERADE
        COMMIT
        END
        """;

    [GeneratedRegex(@" \[\d+:\d+\]")]
    private static partial Regex Counters();

    [GeneratedRegex(@"^#.*\n", RegexOptions.Multiline)]
    private static partial Regex Comments();

    [GeneratedRegex(@"\A(libvirt-hook-\w+: .*: (\d+ forwards for \d+ active guests|nothing to forward, all rules are removed)\n)*\z")]
    private static partial Regex Done();
}
