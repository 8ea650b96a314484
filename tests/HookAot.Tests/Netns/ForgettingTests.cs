using System.Text.RegularExpressions;
using static HookAot.Tests.Netns.World;

namespace HookAot.Tests.Netns;

/// <summary>What 'hookctrl apply' forgets where libvirt's directories do not show it.</summary>
[Category("Netns")]
public sealed partial class ForgettingTests
{
    private const string WithNetwork = $$"""
        {
            "public_ip": "{{Public}}",
            "machines": { "a": { "private_ip": "{{AddressA}}", "port_map": [[2222, 22]] } },
            "networks": { "default": "192.168.122.0/24" }
        }
        """;

    [Test]
    public async Task A_network_without_a_status_file_keeps_its_range_for_a_minute_and_then_loses_it()
    {
        await using var world = await World.Create(WithNetwork);
        await world.Quietly("default", "started", "network");
        await world.Call("apply");
        await Assert.That(await world.Neighbour.Tcp(AddressB, 80)).IsEqualTo("B:80 from 192.168.0.51");

        await Age(world);
        await world.Call("apply");
        await Assert.That(await world.Neighbour.Tcp(AddressB, 80)).IsEqualTo("ConnectionRefused");
    }

    [Test]
    [Arguments("rm -r libvirt")]
    [Arguments("rm -r libvirt/qemu libvirt/network")]
    [Arguments("rm -r libvirt/qemu libvirt/network; touch libvirt/qemu libvirt/network")] // cannot be listed
    public async Task A_directory_that_says_nothing_takes_nothing_away(string damage)
    {
        await using var world = await World.Create(WithNetwork);
        await world.Quietly("default", "started", "network");
        await world.Quietly("a", "start");
        await world.Host.Run($"cd {world.Directory}; {damage}");
        await Age(world);

        await world.Call("apply");
        await Assert.That(await world.Client.Tcp(Public, 2222)).IsEqualTo("A:22 from 192.168.0.50");
        await Assert.That(await world.Neighbour.Tcp(AddressB, 80)).IsEqualTo("B:80 from 192.168.0.51");
    }

    /// <summary>Makes the record more than a minute older than it is.</summary>
    private static async Task Age(World world)
    {
        var path = Path.Combine(world.Directory, "run", "state.json");
        var record = await File.ReadAllTextAsync(path);
        await File.WriteAllTextAsync(path, Since().Replace(record, "\"Since\":-100000"));
    }

    [GeneratedRegex("\"Since\":\\d+")]
    private static partial Regex Since();
}
