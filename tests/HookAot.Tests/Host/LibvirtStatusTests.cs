using HookAot.Host;
using HookAot.Rules;
using HookAot.Tests.Netns;

namespace HookAot.Tests.Host;

/// <summary>What libvirt's status files and definitions say, with whatever may lie in their directories.</summary>
public sealed class LibvirtStatusTests
{
    private const string Network =
        "<networkstatus><network><name>default</name><bridge name='virbr0'/></network></networkstatus>";

    [Test]
    public async Task A_host_without_libvirt_runs_nothing_and_hides_nothing()
    {
        using var host = new HostFiles();
        var running = LibvirtStatus.RunningGuests(host.Paths, _ => true);
        await Assert.That(running.Guests).IsEmpty();
        await Assert.That(running.HiddenDrivers).IsEmpty();
        await Assert.That(running.Problems).IsEmpty();
        var active = LibvirtStatus.ActiveNetworks(host.Paths);
        await Assert.That(active.Networks).IsEmpty();
        await Assert.That(active.Hidden).IsFalse();
        await Assert.That(LibvirtDefinitions.Guests(host.Paths).Complete).IsTrue();
        await Assert.That(LibvirtDefinitions.NetworkRanges(host.Paths)!.Value).IsEmpty();
    }

    [Test]
    public async Task A_guest_runs_unless_it_is_shut_off()
    {
        using var host = new HostFiles();
        string[] states = ["running", "blocked", "paused", "shutdown", "shutoff", "crashed", "pmsuspended"];
        foreach (var state in states) host.Write($"run/libvirt/qemu/{state}.xml", Status(state, state));
        host.Write("run/libvirt/lxc/box.xml", Status("running", "box"));
        host.Write("run/libvirt/qemu/unwanted.xml", World.Domain("unwanted"));
        host.Write("run/libvirt/qemu/running.pid", "1");
        var running = LibvirtStatus.RunningGuests(host.Paths, name => name != "unwanted");
        string[] expected = [.. states.Where(s => s != "shutoff").Select(s => $"qemu {s}"), "lxc box"];
        await Assert.That(running.Guests.Select(g => $"{g.Driver} {g.Name}")).IsEquivalentTo(expected);
        await Assert.That(running.Guests.All(g => g.Evidence == Evidence.StatusFile)).IsTrue();
        await Assert.That(running.Guests[0].Interfaces.Single())
            .IsEqualTo(new GuestInterface("52:54:00:00:00:02", "default", "virbr0", "vnet0") { Kind = "network" });
        await Assert.That(running.Problems).IsEmpty();
    }

    [Test]
    [Arguments("<domstatus state='running'><domain>")]
    [Arguments("")]
    public async Task A_guest_whose_file_is_not_understood_runs_all_the_same(string content)
    {
        using var host = new HostFiles();
        var file = host.Write("run/libvirt/qemu/web.xml", content);
        var running = LibvirtStatus.RunningGuests(host.Paths, _ => true);
        await Assert.That(running.Guests.Single().Name).IsEqualTo("web");
        await Assert.That(running.Unread).IsEquivalentTo(running.Guests);
        await Assert.That(running.Problems.Single()).StartsWith($"{file} is not understood: ");
    }

    [Test]
    public async Task What_is_no_file_or_too_large_is_said_and_nothing_waits_for_it()
    {
        using var host = new HostFiles();
        var directory = host.Make("run/libvirt/qemu");
        const string make = """
            cd "$0"; mkfifo fifo.xml; ln -s gone dangling.xml; mkdir dir.xml; truncate -s 17M huge.xml
            """;
        await Tool.Succeed(["sh", "-euc", make, directory]);
        host.Write("elsewhere.xml", World.Domain("link"));
        File.CreateSymbolicLink(Path.Combine(directory, "link.xml"), Path.Combine(host.Root, "elsewhere.xml"));
        var running = LibvirtStatus.RunningGuests(host.Paths, _ => true);
        await Assert.That(running.Guests.Select(g => g.Name)).IsEquivalentTo(["fifo", "huge", "link"]);
        await Assert.That(running.Unread.Select(g => g.Name)).IsEquivalentTo(["fifo", "huge"]);
        await Assert.That(string.Join('\n', running.Problems))
            .Contains("is not a regular file")
            .And.Contains("at most 16777216 are read");
    }

    [Test]
    public async Task A_driver_whose_directory_is_none_hides_its_guests()
    {
        using var host = new HostFiles();
        var file = host.Write("run/libvirt/lxc", "");
        host.Write("run/libvirt/qemu/web.xml", World.Domain("web"));
        var running = LibvirtStatus.RunningGuests(host.Paths, _ => true);
        await Assert.That(running.Guests.Single().Name).IsEqualTo("web");
        await Assert.That(running.HiddenDrivers).IsEquivalentTo(["lxc"]);
        await Assert.That(running.Problems.Single()).StartsWith($"{file} cannot be listed: ");
        await Assert.That(LibvirtDefinitions.Guests(host.Paths).Complete).IsFalse();
    }

    [Test]
    public async Task A_network_is_active_even_where_its_file_is_not_understood()
    {
        using var host = new HostFiles();
        host.Write("run/libvirt/network/default.xml", Network);
        var broken = host.Write("run/libvirt/network/odd.xml", "<networkstatus/>");
        var active = LibvirtStatus.ActiveNetworks(host.Paths);
        var names = active.Networks.Select(n => $"{n.Name} {n.Bridge}");
        await Assert.That(names).IsEquivalentTo(["default virbr0", "odd "]);
        await Assert.That(active.Problems.Single()).StartsWith(broken);
        await Assert.That(LibvirtStatus.Network(host.Paths, "default")!.Bridge).IsEqualTo("virbr0");
        await Assert.That(LibvirtStatus.Network(host.Paths, "odd")).IsNull();
    }

    [Test]
    [Arguments("../network/default")]
    [Arguments("/etc/passwd")]
    [Arguments("")]
    [Arguments("a\0b")]
    public async Task A_name_that_is_no_file_name_leads_nowhere(string name)
    {
        using var host = new HostFiles();
        host.Write("run/libvirt/network/default.xml", Network);
        host.Make("run/libvirt/qemu");
        await Assert.That(LibvirtStatus.Network(host.Paths, name)).IsNull();
        await Assert.That(LibvirtStatus.IsRunning(host.Paths, "qemu", name)).IsFalse();
    }

    [Test]
    public async Task A_guest_with_a_status_file_is_running()
    {
        using var host = new HostFiles();
        host.Write("run/libvirt/qemu/web.xml", World.Domain("web"));
        await Assert.That(LibvirtStatus.IsRunning(host.Paths, "qemu", "web")).IsTrue();
        await Assert.That(LibvirtStatus.IsRunning(host.Paths, "lxc", "web")).IsFalse();
        await Assert.That(LibvirtStatus.IsRunning(host.Paths, "../libvirt/qemu", "web")).IsFalse();
        await Assert.That(LibvirtStatus.IsRunning(host.Paths, "qemu", new string('x', 300))).IsFalse();
    }

    private static string Status(string state, string guest) =>
        $"<domstatus state='{state}' pid='1'>{World.Domain(guest)}</domstatus>";
}
