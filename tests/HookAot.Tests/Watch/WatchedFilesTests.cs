using System.Globalization;
using HookAot.Tests.Netns;
using static HookAot.Tests.Netns.World;

namespace HookAot.Tests.Watch;

/// <summary>What an editor, dnsmasq, libvirt and the administrator change is in force by itself.</summary>
[Category("Netns")]
public sealed class WatchedFilesTests
{
    private const string Learned = $$"""
        { "machines": { "a": { "port_map": [["2222", "22"]] } }, "public_ip": "{{Public}}" }
        """;

    [Test]
    [Arguments("sed -i s/2222/3333/ config.json")]
    [Arguments("sed s/2222/3333/ config.json > new; cat new > config.json")]
    [Arguments("sed s/2222/3333/ config.json > new; mv new config.json")]
    [Arguments("sed s/2222/3333/ config.json > new; ln -f new config.json")]
    [Arguments("vim -es -u NONE -c 'set nocp backup backupcopy=no' -c %s/2222/3333/ -c wq config.json")]
    [Arguments("vim -es -u NONE -c 'set nocp nobackup writebackup backupcopy=yes' -c %s/2222/3333/ -c wq config.json")]
    [Arguments("ex -s -c %s/2222/3333/ -c x config.json")]
    [Arguments("rm config.json; sleep 0.3; sed s/2222/3333/ old > config.json")]
    public async Task An_edited_config_is_in_force(string edit)
    {
        await using var world = await Started();
        await using var watching = await Watching.Start(world);

        await world.Host.Run($"cd {world.Directory}/hooks; cp config.json old; {edit}");

        await watching.Serves(world, 3333, "A:22");
        await Assert.That(await world.Client.Tcp(Public, 2222)).IsEqualTo("ConnectionRefused");
        await watching.Says("config.json was edited");
    }

    [Test]
    [Arguments("sed -i s/2222/3333/ real/1/config.json")]
    [Arguments("sed s/2222/3333/ real/1/config.json > real/2/config.json; ln -sfn 2 real/now")]
    [Arguments("sed s/2222/3333/ real/1/config.json > real/2/new.json; ln -sf ../real/2/new.json hooks/config.json")]
    [Arguments("sed s/2222/3333/ real/1/config.json > real/2/config.json; mv real/1 real/0; mv real/2 real/1")]
    public async Task A_config_behind_links_is_watched_wherever_they_lead(string edit)
    {
        await using var world = await Started();
        await world.Host.Run($"""
            cd {world.Directory}; mkdir -p real/1 real/2; mv hooks/config.json real/1; ln -s 1 real/now
            ln -s ../real/now/config.json hooks/config.json
            """);
        await using var watching = await Watching.Start(world);

        await world.Host.Run($"cd {world.Directory}; {edit}");

        await watching.Serves(world, 3333, "A:22");
    }

    [Test]
    public async Task A_config_whose_directory_comes_later_is_found()
    {
        await using var world = await World.Create();
        await world.Runs("a");
        var config = Path.Combine(world.Directory, "not", "yet", "here", "config.json");
        world.HookEnvironment["CONFIG_FILENAME"] = config;
        await using var watching = await Watching.Start(world);

        Directory.CreateDirectory(Path.GetDirectoryName(config)!);
        await File.WriteAllTextAsync(config, OneForward);

        await watching.Serves(world, 2222, "A:22");
    }

    [Test]
    public async Task A_broken_config_is_told_once_and_the_last_good_one_stays()
    {
        await using var world = await Started();
        var ours = await world.OurRules();
        await using var watching = await Watching.Start(world);

        await world.Configure("{ \"machines\": ");
        await watching.Says("the last good configuration stays in force");
        for (var i = 0; i < 3; i++)
        {
            await world.Host.Run("nft flush ruleset");
            await watching.HasRules(world, ours);
        }

        await watching.Until("three repairs", () => Task.FromResult(Times(watching.Log, "back in") == 3));
        await Assert.That(Times(watching.Log, "the last good configuration")).IsEqualTo(1).Because(watching.Log);
        await Assert.That(watching.Log).DoesNotContain("not everything is in force");

        await world.Configure(OneForward.Replace("2222", "3333", StringComparison.Ordinal));
        await watching.Serves(world, 3333, "A:22");
    }

    [Test]
    public async Task A_first_lease_and_another_one_are_in_force()
    {
        await using var world = await World.Create(Learned);
        await world.Host.Run("ip route add 192.168.122.77/32 dev virbr0");
        await world.A.Run("ip addr add 192.168.122.77/32 dev eth0");
        await world.Runs("a");
        await world.Event("a", "start");
        await using var watching = await Watching.Start(world);
        await Assert.That(await world.Client.Tcp(Public, 2222)).IsEqualTo("ConnectionRefused");

        await Lease(world, AddressA);
        await watching.Says($"a has {AddressA} now (DHCP); 1 forward in force");
        await Assert.That(await world.Client.Tcp(Public, 2222)).IsEqualTo("A:22 from 192.168.0.50");

        await Lease(world, "192.168.122.77");
        await watching.Says("a has 192.168.122.77 now (DHCP); 1 forward in force");
        await Assert.That(await world.Client.Tcp(Public, 2222)).IsEqualTo("A:22 from 192.168.0.50");
        await Assert.That(await world.OurRules()).Contains("--to-destination 192.168.122.77:22");
        await Assert.That(watching.Log.Split('\n')).Count().IsEqualTo(2).Because(watching.Log);
    }

    [Test]
    public async Task A_guest_that_no_hook_has_told_of_is_served_while_it_runs()
    {
        await using var world = await World.Create();
        await using var watching = await Watching.Start(world);

        await world.Runs("a");
        await watching.Serves(world, 2222, "A:22");
        await watching.Says($"a has {AddressA} now; 1 forward in force");

        // Not one that has just come: its file is written after the hook was called.
        var record = Path.Combine(world.HookEnvironment["HOOKAOT_RUN_DIR"], "state.json");
        await world.Host.Run($"sed -i 's/\"Since\":[0-9]*/\"Since\":1/' {record}");
        File.Delete(world.StatusFile("a"));
        await watching.HasRules(world, "");
        await watching.Says("a is no longer served");
    }

    [Test]
    public async Task A_bridge_and_its_address_that_come_later_are_noticed()
    {
        await using var world = await World.Create(Learned);
        await Lease(world, AddressA);
        await world.Host.Run("ip link set vnet0 nomaster; ip link del virbr0");
        await world.Runs("a");
        await using var watching = await Watching.Start(world);
        // Where its network ends is known by the bridge only.
        await Assert.That(await world.OurRules()).Contains($"-A HOOKAOT-SNAT -s {AddressA}/32 ");

        await world.Host.Run("""
            ip link add virbr0 type bridge; ip addr add 192.168.122.1/24 dev virbr0; ip link set virbr0 up
            ip link set vnet0 master virbr0
            """);

        await watching.Until("the network", async () =>
            (await world.OurRules()).Contains("-A HOOKAOT-SNAT -s 192.168.122.0/24 ", StringComparison.Ordinal));
        await watching.Serves(world, 2222, "A:22");
    }

    internal static async Task<World> Started()
    {
        var world = await World.Create();
        await world.Runs("a");
        await world.Event("a", "start");
        return world;
    }

    private static int Times(string log, string text) => log.Split(text).Length - 1;

    /// <summary>The only lease of libvirt's dnsmasq is from now on guest A's, of this address.</summary>
    internal static Task Lease(World world, string address) => File.WriteAllTextAsync(
        Path.Combine(world.Directory, "dnsmasq", "virbr0.status"),
        string.Create(CultureInfo.InvariantCulture, $$"""
            [ { "ip-address": "{{address}}", "mac-address": "52:54:00:00:00:02", "expiry-time": 4102444800 } ]
            """));
}
