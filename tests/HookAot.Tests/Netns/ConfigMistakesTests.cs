using System.Text;
using static HookAot.Tests.Netns.World;

namespace HookAot.Tests.Netns;

/// <summary>Mistakes in config.json, and what they cost: the published binary.</summary>
[Category("Netns")]
public sealed class ConfigMistakesTests
{
    [Test]
    [Arguments("\r")]
    [Arguments("\r\n")]
    [Arguments("\n")]
    public async Task A_comment_ends_with_its_line_however_lines_end(string lineEnd)
    {
        await using var world = await World.Create();
        string[] lines =
        [
            "{ // the house's forwards",
            "  \"machines\": { // guests",
            $"    \"a\": {{ \"private_ip\": \"{AddressA}\", // one",
            "      \"port_map\": [[2222, 22]] // last",
            "    } // a",
            "  } // machines",
            "} // the end",
        ];
        var original = string.Join(lineEnd, lines);
        await world.Configure(original);
        await world.Done("port add a 8080:80 --no-apply");
        await world.Done("machine add b --no-apply");
        await Assert.That(await world.Done("list")).Contains("2222").And.Contains("8080");
        await world.Done("machine remove b --no-apply");
        await world.Done("port remove a 8080 --no-apply");
        await Assert.That(await File.ReadAllTextAsync(world.Config)).IsEqualTo(original);

        // What is wrong is said with its place, in JSON and in what is no JSON.
        foreach (var wrong in (string[])["x", "\"x\""])
        {
            await world.Configure(original.Replace("22]]", wrong + "]]", StringComparison.Ordinal));
            await Assert.That(await world.Refused("check")).Contains("config.json:4:27: error: ");
        }
    }

    [Test]
    [Arguments("export")]
    [Arguments("import -")]
    [Arguments("list")]
    [Arguments("machine list")]
    [Arguments("network list")]
    public async Task Where_nothing_can_be_read_nothing_is_shown_but_the_mistake(string arguments)
    {
        await using var world = await World.Create("{ nonsense");
        await Assert.That(await world.Refused(arguments)).Contains("config.json:1:3: error: not valid JSON");
        await Assert.That(await File.ReadAllTextAsync(world.Config)).IsEqualTo("{ nonsense");
        await Assert.That(await world.Done("completion words show ")).IsEmpty();
    }

    [Test]
    public async Task A_mistake_in_a_network_does_not_cost_the_guest_of_the_same_name()
    {
        await using var world = await World.Create($$"""
            {
              "strict": true,
              "machines": { "a": { "private_ip": "{{AddressA}}", "port_map": [[2222, 22]] } },
              "networks": { "a": "192.168.122.1/24" }
            }
            """);
        foreach (var operation in (string[])["prepare", "start"])
        {
            var ended = await world.Hook("qemu", "a", operation);
            await Assert.That(ended.ExitCode).IsEqualTo(0).Because(ended.Error);
        }

        await Assert.That(await world.Client.Tcp(Public, 2222)).IsEqualTo("A:22 from 192.168.0.50");
        await world.Runs("a");
        await Assert.That((await world.Call("doctor", "a")).Output).DoesNotContain("its entry");
    }

    [Test]
    public async Task A_hundred_thousand_mistakes_are_twenty_lines_of_log_and_a_number()
    {
        await using var world = await World.Create();
        var entries = new StringBuilder("\"x\"");
        for (var i = 1; i < 100_000; i++) entries.Append(",\"x\"");
        await world.Configure($$"""
            {
              "machines": {
                "a": { "private_ip": "{{AddressA}}", "port_map": [[2222, 22]] },
                "b": { "port_map": [{{entries}}] }
              }
            }
            """);
        var log = await world.Event("a", "start");
        await Assert.That(Count(log, "error: found \"x\"")).IsEqualTo(20);
        await Assert.That(Count(log, $"99980 more mistakes in {world.Config}")).IsEqualTo(1);
        await Assert.That(Count(log, ":")).IsEqualTo(22);

        var check = await world.Call("check");
        await Assert.That(Count(check.Error, "error: found \"x\"")).IsEqualTo(100_000);
        await Assert.That(check.ExitCode).IsEqualTo(1);
    }

    /// <summary>How many lines of a text contain something.</summary>
    private static int Count(string text, string part) =>
        text.Split('\n').Count(line => line.Contains(part, StringComparison.Ordinal));

    private const string Broadcast = "\"b\": 192.168.122.255 is the broadcast address of 192.168.122.0/24; "
        + "expected the guest's own address";

    private const string OfTheNetwork = "\"b\": 192.168.122.0 is the address of the network 192.168.122.0/24 itself";

    private const string PublicBroadcast = "\"b\": 192.168.0.255 is the broadcast address of 192.168.0.0/24; "
        + "expected a public address of this host";

    /// <param name="privateIp">The guest's address.</param>
    /// <param name="publicIp">The host's.</param>
    /// <param name="found">What check has to say.</param>
    [Test]
    [Arguments("192.168.122.255", "", Broadcast)]
    [Arguments("192.168.122.0", "", OfTheNetwork)]
    [Arguments("192.168.122.3", "192.168.0.255", PublicBroadcast)]
    public async Task An_address_that_is_a_networks_is_refused(string privateIp, string publicIp, string found)
    {
        // The ranges are those of the host's routes: the config names none.
        await using var world = await World.Create();
        var edit = $"machine add b --private-ip {privateIp} --no-apply";
        if (publicIp.Length > 0)
        {
            await world.Done(edit);
            edit = $"port add b 80 --public-ip {publicIp} --no-apply";
        }

        var before = await File.ReadAllTextAsync(world.Config);
        await Assert.That(await world.Refused(edit)).Contains(found);
        await Assert.That(await File.ReadAllTextAsync(world.Config)).IsEqualTo(before);

        await world.Configure($$"""
            { "machines": { "b": { "private_ip": "{{privateIp}}", "public_ip": "{{publicIp}}", "port_map": [80] } } }
            """);
        await Assert.That(await world.Refused("check")).Contains($"error: {found}");
        // A mistake that was there before is no reason to refuse another change.
        await world.Done("machine add c --private-ip 192.168.122.4 --no-apply");
    }
}
