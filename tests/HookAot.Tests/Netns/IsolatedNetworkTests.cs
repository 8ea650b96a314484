using static HookAot.Tests.Netns.World;

namespace HookAot.Tests.Netns;

/// <summary>Whom a guest sees that has a NIC in a network without a way out.</summary>
public sealed class IsolatedNetworkTests
{
    private const string Nat = """
        <networkstatus><network><name>default</name><forward mode='nat'/><bridge name='virbr0'/>
        <ip address='192.168.122.1' netmask='255.255.255.0'/></network></networkstatus>
        """;

    private const string SecondNic = """
        <interface type='network'>
          <mac address='52:54:00:00:01:02'/><source network='closed' bridge='virbr1'/>
        </interface>
        </devices>
        """;

    [Test]
    public async Task A_second_nic_in_an_isolated_network_does_not_hide_who_connects()
    {
        await using var world = await World.Create(OneForward);
        await Network(world, "default", Nat);
        await Network(world, "closed", "<network><name>closed</name><ip address='10.0.0.1' prefix='24'/></network>");
        var xml = Domain("a").Replace("</devices>", SecondNic, StringComparison.Ordinal);
        await Assert.That((await world.Hook("qemu", "a", "start", xml)).ExitCode).IsEqualTo(0);
        await Assert.That(await world.Client.Tcp(Public, 2222)).IsEqualTo("A:22 from 192.168.0.50");
    }

    [Test]
    public async Task A_guest_in_an_isolated_network_sees_the_host()
    {
        await using var world = await World.Create(OneForward);
        await Network(world, "default", Nat.Replace("<forward mode='nat'/>", "", StringComparison.Ordinal));
        await world.A.Run("ip route del default");
        await world.Quietly("a", "start");
        await Assert.That(await world.Client.Tcp(Public, 2222)).IsEqualTo($"A:22 from {Gateway}");
    }

    private static Task Network(World world, string name, string xml) =>
        File.WriteAllTextAsync(Path.Combine(world.Directory, "libvirt", "network", $"{name}.xml"), xml);
}
