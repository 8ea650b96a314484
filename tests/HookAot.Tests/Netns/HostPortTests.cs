using static HookAot.Tests.Netns.World;

namespace HookAot.Tests.Netns;

/// <summary>Who is logged in by ssh does not lock himself out by a forward of port 22.</summary>
[Category("Netns")]
public sealed class HostPortTests
{
    private const string Networks = """
        <network><name>default</name><ip address='192.168.122.1' netmask='255.255.255.0'/></network>
        """;

    // Python's, so that the name of the program is known.
    private const string Listen = """
        import socket, sys
        held = []
        for kind, address, port in zip(*[iter(sys.argv[1:])] * 3):
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            s = socket.socket(family, socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM)
            s.bind((address, int(port)))
            if kind == "tcp": s.listen()
            held.append(s)
        print("ready", flush=True)
        sys.stdin.read()
        """;

    private static async Task<(World World, System.Diagnostics.Process Service)> With(string listeners)
    {
        var world = await World.Create(OneForward, ipv6: true);
        await world.Runs("a");
        var etc = Directory.CreateDirectory(Path.Combine(world.Directory, "etc", "qemu", "networks"));
        await File.WriteAllTextAsync(Path.Combine(etc.FullName, "default.xml"), Networks);
        world.HookEnvironment["HOOKAOT_LIBVIRT_ETC"] = Path.Combine(world.Directory, "etc");
        string[] command = [.. world.Host.Enter, "python3", "-c", Listen, .. listeners.Split(' ')];
        var start = new System.Diagnostics.ProcessStartInfo(command[0], command.Skip(1))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        var service = System.Diagnostics.Process.Start(start)!;
        await Assert.That(await service.StandardOutput.ReadLineAsync()).IsEqualTo("ready");
        return (world, service);
    }

    private static async Task End(System.Diagnostics.Process service)
    {
        service.StandardInput.Close();
        await service.WaitForExitAsync();
        service.Dispose();
    }

    [Test]
    [Arguments("tcp 0.0.0.0 22", "port add a 22")]
    [Arguments("tcp :: 22", "port add a 22")]
    [Arguments("tcp 192.168.0.166 22", "port add a 22")]
    [Arguments("tcp 0.0.0.0 22", "port add a 20-30")]
    [Arguments("udp 0.0.0.0 67", "port add a 67/udp")]
    [Arguments("udp 192.168.122.1 53", "port add a 192.168.122.1:53/udp")]
    [Arguments("tcp 127.0.0.1 8080", "port add a 127.0.0.1:8080:80")]
    [Arguments("tcp 127.0.0.1 8080", "port add a 8080:80 --localhost true")]
    [Arguments("tcp 127.0.0.1 2222", "port set a 2222 --localhost true")]
    [Arguments("tcp 0.0.0.0 22", "port add b 22 --new-guest")]
    [Arguments("tcp 127.0.0.1 2222", "machine set a --localhost true")]
    [Arguments("tcp 192.168.0.167 2222", "machine set a --public-ip 192.168.0.167")]
    [Arguments("tcp 192.168.0.167 2222", "set public_ip 192.168.0.167")]
    [Arguments("tcp 0.0.0.0 40000", "port add a 40000")]
    public async Task A_port_on_which_the_host_listens_is_refused_without_force(string listeners, string command)
    {
        var (world, service) = await With(listeners);
        await using var _ = world;
        try
        {
            var refused = await world.Refused(command);
            await Assert.That(refused).Matches(
                @"^hookctrl: python\S* \(pid \d+\) of this host listens on .* say --force if that is meant\n$");
            await Assert.That(await File.ReadAllTextAsync(world.Config)).IsEqualTo(OneForward);
            await world.Done($"{command} --force");
            // What the config has by now is no news.
            await world.Done("port set a 2222 --comment x");
        }
        finally
        {
            await End(service);
        }
    }

    [Test]
    [Arguments("tcp 127.0.0.1 8080", "port add a 8080:80")]
    [Arguments("tcp ::1 8080", "port add a 8080:80")]
    [Arguments("udp 0.0.0.0 8080", "port add a 8080:80")]
    [Arguments("tcp 0.0.0.0 8081", "port add a 8080:80")]
    [Arguments("tcp 192.168.122.1 53 udp 192.168.122.1 53", "port add a 192.168.0.167:53/tcp+udp")]
    [Arguments("udp 192.168.122.1 53", "set public_ip 192.168.0.167")]
    [Arguments("tcp 192.168.0.166 8080", "port add a 192.168.0.167:8080:80")]
    public async Task What_the_forward_leaves_alone_is_no_obstacle(string listeners, string command)
    {
        var (world, service) = await With(listeners);
        await using var _ = world;
        try
        {
            var ended = await world.Call(command.Split(' '));
            await Assert.That(ended.ExitCode).IsEqualTo(0).Because(ended.Error);
            await Assert.That(ended.Error).DoesNotContain("listens on");
        }
        finally
        {
            await End(service);
        }
    }

    [Test]
    public async Task Any_address_leaves_the_bridges_dns_alone()
    {
        var (world, service) = await With("udp 192.168.122.1 53");
        await using var _ = world;
        try
        {
            await world.Configure($$"""{ "machines": { "a": { "private_ip": "{{AddressA}}" } } }""");
            await world.Done("port add a 53/udp");
        }
        finally
        {
            await End(service);
        }
    }

    [Test]
    public async Task To_enable_is_to_take_and_check_only_warns()
    {
        var (world, service) = await With("tcp 0.0.0.0 22");
        await using var _ = world;
        try
        {
            await world.Configure($$"""
                { "machines": { "a": { "private_ip": "{{AddressA}}", "port_map": [{ "public": 22, "enabled": false }] },
                    "b": { "enabled": false, "private_ip": "{{AddressB}}", "port_map": [22] } } }
                """);
            await Assert.That(await world.Refused("port enable a 22")).Contains("listens on 22/tcp");
            await Assert.That(await world.Refused("machine enable b")).Contains("listens on 22/tcp");
            await world.Done("machine enable b --force");
            var check = await world.Call("check");
            await Assert.That(check.ExitCode).IsEqualTo(0).Because(check.Error);
            await Assert.That(check.Error).Contains("warning: a service of this host listens on 22/tcp");
            // The ancestor's flags warn as they did.
            await world.Done("--cmd remove_port --name b --public_port 22 --vm-port 22");
            var ancestor = await world.Call("--cmd add_port --name b --public_port 22 --vm-port 22".Split(' '));
            await Assert.That(ancestor.ExitCode).IsEqualTo(0).Because(ancestor.Error);
            await Assert.That(ancestor.Error).Contains("warning: a service of this host listens on 22/tcp");
        }
        finally
        {
            await End(service);
        }
    }

    [Test]
    public async Task A_port_that_a_client_may_have_for_a_moment_is_a_doubt_only()
    {
        var (world, service) = await With("udp 0.0.0.0 40000 udp 0.0.0.0 1194");
        await using var _ = world;
        try
        {
            var added = await world.Call("port", "add", "a", "40000/udp");
            await Assert.That(added.ExitCode).IsEqualTo(0).Because(added.Error);
            await Assert.That(added.Error).Contains("warning: a program of this host has 40000/udp now");
            await Assert.That(await world.Refused("port add a 1194/udp")).Contains("listens on 1194/udp");
        }
        finally
        {
            await End(service);
        }
    }

    [Test]
    public async Task Edit_and_undo_warn_where_nobody_can_be_asked()
    {
        var (world, service) = await With("tcp 0.0.0.0 22");
        await using var _ = world;
        try
        {
            const string Warning = "warning: a service of this host listens on 22/tcp";
            world.HookEnvironment["EDITOR"] = "sed -i s/2222/22/";
            var edited = await world.Call("edit");
            await Assert.That(edited.ExitCode).IsEqualTo(0).Because(edited.Error);
            await Assert.That(edited.Error).Contains(Warning);
            await world.Done("undo");
            var undone = await world.Call("undo");
            await Assert.That(undone.ExitCode).IsEqualTo(0).Because(undone.Error);
            await Assert.That(undone.Error).Contains(Warning);
        }
        finally
        {
            await End(service);
        }
    }

    [Test]
    [Arguments("s", true)]
    [Arguments("x", false)]
    [Arguments("e", false)]
    public async Task Edit_asks_at_a_terminal_whether_that_is_meant(string answer, bool saved)
    {
        var (world, service) = await With("tcp 0.0.0.0 22");
        await using var _ = world;
        try
        {
            // The second time it opens, the editor takes it back.
            var editor = await world.Program("editor", """
                #!/bin/sh
                if grep -q 2222 "$1"; then sed -i s/2222/22/ "$1"; else sed -i 's/\["22"/["2222"/' "$1"; fi
                """);
            world.HookEnvironment["EDITOR"] = editor;
            string[] command = ["script", "-qec", $"{world.HookctrlPath()} edit", "/dev/null"];
            var ended = await Tool.Run([.. world.Host.Enter, .. command], $"{answer}\n", world.HookEnvironment);
            await Assert.That(ended.Output)
                .Contains("of this host listens on 22/tcp: new connections from outside would go to \"a\" instead")
                .And.Contains("save it all the same (s), edit again (e), or give up (x)?");
            var file = await File.ReadAllTextAsync(world.Config);
            if (saved) await Assert.That(file).IsEqualTo(OneForward.Replace("2222", "22", StringComparison.Ordinal));
            else await Assert.That(file).IsEqualTo(OneForward);
            if (answer == "x") await Assert.That(ended.Output).Contains("nothing was saved; what you wrote is in ");
            if (answer == "e") await Assert.That(ended.Output).Contains("nothing was changed");
        }
        finally
        {
            await End(service);
        }
    }
}
