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
            "{ // the house's forwards", "  \"machines\": { // guests", $"    \"a\": {{ \"private_ip\": \"{AddressA}\", // one",
            "      \"port_map\": [[2222, 22]] // last", "    } // a", "  } // machines", "} // the end",
        ];
        await world.Configure(string.Join(lineEnd, lines));
        await world.Done("port add a 8080:80 --no-apply");
        await world.Done("machine add b --no-apply");
        await Assert.That(await world.Done("list")).Contains("2222").And.Contains("8080");
        await world.Done("machine remove b --no-apply");
        await world.Done("port remove a 8080 --no-apply");
        await Assert.That(await File.ReadAllTextAsync(world.Config)).IsEqualTo(string.Join(lineEnd, lines));
        // What is wrong is said with its place.
        await world.Configure(string.Join(lineEnd, lines).Replace("22]]", "x]]", StringComparison.Ordinal));
        await Assert.That(await world.Refused("check")).Contains("config.json:4:27: error: ");
        await world.Configure(string.Join(lineEnd, lines).Replace("22]]", "\"x\"]]", StringComparison.Ordinal));
        await Assert.That(await world.Refused("check")).Contains("config.json:4:27: error: ");
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
            { "machines": { "a": { "private_ip": "{{AddressA}}", "port_map": [[2222, 22]] }, "b": { "port_map": [{{entries}}] } } }
            """);
        var log = await world.Event("a", "start");
        var lines = log.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        await Assert.That(lines.Count(l => l.Contains("error: found \"x\"", StringComparison.Ordinal))).IsEqualTo(20);
        await Assert.That(lines).Contains(l => l.Contains($"99980 more mistakes in {world.Config}", StringComparison.Ordinal));
        await Assert.That(lines.Length).IsEqualTo(22);
        var check = await world.Call("check");
        await Assert.That(check.Error.Split('\n').Count(l => l.Contains("error: found \"x\"", StringComparison.Ordinal))).IsEqualTo(100_000);
        await Assert.That(check.ExitCode).IsEqualTo(1);
    }

    /// <param name="privateIp">The guest's address.</param>
    /// <param name="publicIp">The host's.</param>
    /// <param name="found">What check has to say.</param>
    [Test]
    [Arguments("192.168.122.255", "", "\"b\": 192.168.122.255 is the broadcast address of 192.168.122.0/24; expected the guest's own address")]
    [Arguments("192.168.122.0", "", "\"b\": 192.168.122.0 is the address of the network 192.168.122.0/24 itself")]
    [Arguments("192.168.122.3", "192.168.0.255", "\"b\": 192.168.0.255 is the broadcast address of 192.168.0.0/24; expected a public address of this host")]
    public async Task An_address_that_is_a_networks_is_refused(string privateIp, string publicIp, string found)
    {
        // The ranges are those of the host's routes: the config names none.
        await using var world = await World.Create();
        var options = publicIp.Length > 0 ? $" --public-ip {publicIp}" : "";
        await Assert.That(await world.Refused($"machine add b --private-ip {privateIp}{options} --no-apply")).Contains(found);
        await Assert.That(await File.ReadAllTextAsync(world.Config)).IsEqualTo(OneForward);

        await world.Configure($$"""
            { "machines": { "b": { "private_ip": "{{privateIp}}", "public_ip": "{{publicIp}}", "port_map": [80] } } }
            """);
        await Assert.That(await world.Refused("check")).Contains($"error: {found}");
        // A mistake that was there before is no reason to refuse another change.
        await world.Done("machine add c --private-ip 192.168.122.4 --no-apply");
    }
}
