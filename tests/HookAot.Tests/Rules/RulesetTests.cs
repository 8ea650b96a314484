using HookAot.Rules;
using HookAot.Tests.Backends;

namespace HookAot.Tests.Rules;

/// <summary>Parts of a ruleset.</summary>
public sealed class RulesetTests
{
    private static readonly Ruleset Both = Rulesets.Of("""
        {
            "machines": {
                "web": {
                    "private_ip": "192.168.122.2", "public_ip": "192.168.0.166", "localhost": true, "snat": true,
                    "port_map": [[8080, 80], [8081, 81]]
                },
                "db": {
                    "private_ip": "192.168.122.3", "public_ip": "192.168.0.166", "localhost": true, "snat": true,
                    "port_map": [5432]
                }
            },
            "networks": { "default": "192.168.122.0/24" }
        }
        """);

    [Test]
    public async Task Of_some_translations_there_is_what_those_need()
    {
        var outside = Both.Translations.First(t => t is { Guest: "web", IsLoopback: false });
        var local = Both.Translations.Last(t => t is { Guest: "web", IsLoopback: true });

        var ruleset = Both.OnlyFor("web", [outside]);
        await Assert.That(ruleset.Translations.Single()).IsEqualTo(outside);
        await Assert.That(ruleset.Guests.Single().Ports.Single().Ranges.Single()).IsEqualTo(outside.TargetPorts);
        await Assert.That(ruleset.Loopback).IsEmpty();
        await Assert.That(ruleset.Sources.Single().Guest).IsEqualTo("web");
        await Assert.That(ruleset.Networks).IsEmpty();

        ruleset = Both.OnlyFor("web", [local]);
        await Assert.That(ruleset.Guests).IsEmpty();
        await Assert.That(ruleset.Loopback.Single().Ports.Single().Ranges.Single()).IsEqualTo(local.TargetPorts);
        await Assert.That(local.TargetPorts).IsNotEqualTo(outside.TargetPorts);
    }

    [Test]
    public async Task Of_some_guests_there_is_all_that_is_theirs_and_every_network()
    {
        var ruleset = Both.Only(new HashSet<string> { "db" });
        await Assert.That(ruleset.GuestNames).IsEquivalentTo(["db"]);
        await Assert.That(ruleset.Translations.Length).IsEqualTo(2);
        await Assert.That(ruleset.Guests.Length + ruleset.Loopback.Length + ruleset.Sources.Length).IsEqualTo(3);
        await Assert.That(ruleset.Networks.Length).IsEqualTo(1);
        await Assert.That(Both.GuestNames).IsEquivalentTo(["web", "db"]);
        await Assert.That(Both.OfFamily(ipv4: false).IsEmpty).IsTrue();
    }
}
