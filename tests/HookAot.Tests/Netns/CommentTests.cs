using System.Text.Json;
using static HookAot.Tests.Netns.World;

namespace HookAot.Tests.Netns;

/// <summary>What a forward is for: in the file, in tables, in JSON and in the rules.</summary>
[Category("Netns")]
public sealed class CommentTests
{
    // Words that would be something else to the tool that reads the script, were they not made harmless.
    private static string Config(string backend) => $$"""
        {
            "backend": "{{backend}}",
            "public_ip": "{{Public}}",
            "machines": {
                "a": {
                    "private_ip": "{{AddressA}}",
                    "port_map": [{ "public": 2222, "vm": 22, "comment": "the \"wiki\" -j DROP; } \\" }, 80]
                }
            }
        }
        """;

    [Test]
    [Arguments("iptables", "iptables-save")]
    [Arguments("nftables", "nft list table ip hookaot")]
    public async Task A_rule_says_what_it_is_for(string backend, string listing)
    {
        await using var world = await Create(Config(backend));
        await world.Runs("a");
        await world.Event("a", "start");

        var rules = await world.Host.Run(listing);
        await Assert.That(rules).Contains("a/the__wiki__-j_DROP_____");
        await Assert.That(await world.Client.Tcp(Public, 2222)).StartsWith("A:22");

        var status = await world.Call("status");
        await Assert.That(status.Output).Contains("NOTE").And.Contains("the \"wiki\" -j DROP; } \\");
        await Assert.That(status.Output).DoesNotContain("drift: missing").And.DoesNotContain("should not be there");
        using var json = JsonDocument.Parse((await world.Call("status", "--json")).Output);
        var comments = json.RootElement.GetProperty("forwards").EnumerateArray().Select(f => f.GetProperty("comment"));
        await Assert.That(comments.Select(c => c.GetString())).IsEquivalentTo(["the \"wiki\" -j DROP; } \\", null]);
    }

    [Test]
    [Arguments("iptables", "iptables-save")]
    [Arguments("nftables", "nft list table ip hookaot")]
    public async Task Another_comment_is_in_the_rules_at_once(string backend, string listing)
    {
        await using var world = await Create(Config(backend));
        await world.Runs("a");
        await world.Event("a", "start");

        await world.Call("port", "set", "a", "80", "--comment", "shop");
        await Assert.That(await world.Host.Run(listing)).Contains("a/shop");
        await world.Call("port", "set", "a", "80", "--comment", "");
        await Assert.That(await world.Host.Run(listing)).DoesNotContain("a/shop");
        await Assert.That(await world.Client.Tcp(Public, 80)).StartsWith("A:80");
    }

    [Test]
    public async Task Export_keeps_which_ports_of_a_disabled_guest_are_disabled_themselves()
    {
        await using var world = await Create("""
            { "machines": { "a": { "enabled": false, "port_map": [80, { "public": 81, "enabled": false }] } } }
            """);
        var exported = (await world.Call("export")).Output.Split('\n');
        await Assert.That(exported).Contains("hookctrl machine disable a");
        await Assert.That(exported).Contains("hookctrl port disable a 81/tcp");
        await Assert.That(exported).DoesNotContain("hookctrl port disable a 80/tcp");
    }
}
