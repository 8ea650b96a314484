using static HookAot.Tests.Netns.World;

namespace HookAot.Tests.Netns;

/// <summary>hookctrl explain and plan: what rules do, and what apply would change.</summary>
[Category("Netns")]
public sealed class ExplainTests
{
    private const string Config = $$"""
        {
            "machines": {
                "a": {
                    "private_ip": "{{AddressA}}",
                    "port_map": [{ "public": 2222, "vm": 22, "public_ip": "{{Public}}" }, 443]
                },
                "idle": { "private_ip": "192.168.122.9", "port_map": [81] },
                "bare": {}
            }
        }
        """;

    [Test]
    [Arguments("iptables", "-d 192.168.0.166 -p tcp -m tcp --dport 2222 ")]
    [Arguments("nftables", "192.168.0.166 . 2222 : 192.168.122.2 . 22")]
    public async Task A_forward_is_explained_in_the_order_of_a_packet(string backend, string rule)
    {
        await using var world = await World.Create(Config);
        await world.Done($"set backend {backend} --no-apply");
        await world.Runs("a");
        await world.Done("apply");
        var told = await world.Done("explain a:2222");
        await Assert.That(told).StartsWith("a: 192.168.0.166:2222/tcp -> 192.168.122.2:22\n").And.Contains(rule);
        await Assert.That(told).DoesNotContain("443");

        var translated = told.IndexOf("goes on to 192.168.122.2, port 22.", StringComparison.Ordinal);
        var masqueraded = told.IndexOf("gets the host's address", StringComparison.Ordinal);
        await Assert.That(translated).IsGreaterThan(0);
        await Assert.That(masqueraded).IsGreaterThan(translated);
        await Assert.That(await world.Done("explain a")).Contains("443").And.Contains("2222");
    }

    [Test]
    public async Task Every_rule_that_is_explained_is_one_that_apply_writes()
    {
        await using var world = await World.Create(Config.Replace(", 443", "", StringComparison.Ordinal));
        await world.Runs("a");
        var script = await world.Done("plan --script");
        foreach (var line in (await world.Done("explain a")).Split('\n'))
            if (line.StartsWith("  -", StringComparison.Ordinal)) await Assert.That(script).Contains(line.Trim());
    }

    [Test]
    [Arguments("explain nobody", "\"nobody\" is not in \"machines\"")]
    [Arguments("explain a:99", "\"a\" does not forward 99; hookctrl show a")]
    [Arguments("explain idle", "\"idle\" does not run: its rules come when it starts")]
    [Arguments("explain bare", "\"bare\" has no forwards; hookctrl port add bare 8080:80")]
    public async Task Where_there_is_nothing_to_explain_it_says_why(string arguments, string expected)
    {
        await using var world = await World.Create(Config);
        await Assert.That(await world.Refused(arguments)).IsEqualTo($"hookctrl: {expected}\n");
    }

    [Test]
    public async Task Plan_shows_what_comes_what_goes_and_what_else_is_wrong()
    {
        await using var world = await World.Create(OneForward);
        await world.Runs("a");
        await world.Done("apply");
        await Assert.That(await world.Done("plan")).IsEqualTo("nothing to change\n");

        await world.Done("port add a 8080:80 --no-apply");
        await world.Done("port remove a 2222 --no-apply");
        await world.Host.Run("iptables -D FORWARD 1");
        var plan = await world.Done("plan");
        await Assert.That(plan).StartsWith($"""
            - a: {Public}:2222/tcp -> {AddressA}:22
            + a: {Public}:8080/tcp -> {AddressA}:80
            ~ 
            """).And.EndsWith("'hookctrl apply' makes these changes\n");
        await Assert.That(await world.Done("apply --dry-run")).IsEqualTo(plan);
        await Assert.That(await world.Done("apply --dry-run --json")).Contains("\"changed\": true");
        await world.Done("apply");
        await Assert.That(await world.Done("plan")).IsEqualTo("nothing to change\n");
    }
}
