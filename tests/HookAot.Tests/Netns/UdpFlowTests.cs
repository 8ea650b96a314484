using static HookAot.Tests.Netns.World;

namespace HookAot.Tests.Netns;

/// <summary>Which of the UDP flows that the kernel tracks are forgotten, and which are not.</summary>
[Category("Netns")]
public sealed class UdpFlowTests
{
    private const string AnyAddress = $$"""
        { "public_ip": "", "machines": { "a": { "private_ip": "{{AddressA}}",
            "port_map": [{ "public": 2222, "vm": 22, "protocol": "udp" }] } } }
        """;

    [Test]
    public async Task A_flow_to_the_same_port_of_another_host_goes_on_when_a_forward_to_any_address_begins_and_ends()
    {
        await using var world = await World.Create(AnyAddress);
        // Only a flow that is still tracked goes to B: the rule that sent it there is gone.
        var rule = $"OUTPUT -d 192.168.0.50 -p udp --dport 2222 -j DNAT --to-destination {AddressB}:22";
        await world.Iptables($"-t nat -I {rule}");
        using var flow = await world.Host.UdpFlow("192.168.0.50", 2222);
        await Assert.That(await flow.Ask()).StartsWith("B:22 from ");
        await world.Iptables($"-t nat -D {rule}");

        await world.Quietly("a", "start");
        await Assert.That(await flow.Ask()).StartsWith("B:22 from ");
        await world.Quietly("a", "stopped");
        await Assert.That(await flow.Ask()).StartsWith("B:22 from ");
    }

    [Test]
    public async Task Flows_to_each_address_of_the_host_begin_anew_with_a_forward_to_any_address_and_end_with_it()
    {
        await using var world = await World.Create(AnyAddress);
        using var first = await world.Client.UdpFlow(Public, 2222);
        using var second = await world.Client.UdpFlow(Public2, 2222);
        foreach (var flow in new[] { first, second })
            await Assert.That(await flow.Ask()).IsEqualTo("ConnectionRefused");

        await world.Quietly("a", "start");
        foreach (var flow in new[] { first, second })
            await Assert.That(await flow.Ask()).IsEqualTo("A:22 from 192.168.0.50");

        await world.Quietly("a", "stopped");
        foreach (var flow in new[] { first, second })
            await Assert.That(await flow.Ask()).IsEqualTo("ConnectionRefused");
    }

    [Test]
    [Arguments("10.0.0.0/8", "ConnectionRefused")]
    [Arguments("192.168.0.51", "ConnectionRefused")]
    [Arguments("192.168.0.50", "A:22 from 192.168.0.50")]
    [Arguments("192.168.0.0/24", "A:22 from 192.168.0.50")]
    public async Task A_client_that_is_no_longer_among_the_sources_is_cut_off(string source, string after)
    {
        await using var world = await World.Create(Forward(""));
        await world.Quietly("a", "start");
        using var flow = await world.Client.UdpFlow(Public, 2222);
        await Assert.That(await flow.Ask()).IsEqualTo("A:22 from 192.168.0.50");

        await world.Configure(Forward($", \"source\": \"{source}\""));
        await world.Quietly("a", "reconnect");

        await Assert.That(await flow.Ask()).IsEqualTo(after);
    }

    [Test]
    public async Task Stop_all_ends_the_flows()
    {
        await using var world = await World.Create(Forward(""));
        await world.Quietly("a", "start");
        using var flow = await world.Client.UdpFlow(Public, 2222);
        await Assert.That(await flow.Ask()).IsEqualTo("A:22 from 192.168.0.50");

        await world.Done("apply --stop-all");

        await Assert.That(await flow.Ask()).IsEqualTo("ConnectionRefused");
    }

    [Test]
    public async Task Apply_forgets_an_older_flow_of_an_allowed_client_and_leaves_others_alone()
    {
        await using var world = await World.Create(Forward(", \"source\": \"192.168.0.50\""));
        await world.Quietly("a", "start");
        world.Host.Serve("host", 2222);
        using var refused = await world.Neighbour.UdpFlow(Public, 2222);
        await Assert.That(await refused.Ask()).IsEqualTo("host:2222 from 192.168.0.51");
        // As another firewall's reload leaves it: a flow that is tracked while the rule is missing.
        await world.Iptables("-t nat -F HOOKAOT-DNAT");
        using var allowed = await world.Client.UdpFlow(Public, 2222);
        await Assert.That(await allowed.Ask()).IsEqualTo("host:2222 from 192.168.0.50");

        await world.Done("apply");

        await Assert.That(await allowed.Ask()).IsEqualTo("A:22 from 192.168.0.50");
        await Assert.That(await refused.Ask()).IsEqualTo("host:2222 from 192.168.0.51");
    }

    private static string Forward(string more) => $$"""
        { "public_ip": "{{Public}}", "machines": { "a": { "private_ip": "{{AddressA}}",
            "port_map": [{ "public": 2222, "vm": 22, "protocol": "udp"{{more}} }] } } }
        """;
}
