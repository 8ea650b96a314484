using HookAot.Host;

namespace HookAot.Tests.Kernel;

/// <summary>The networks that the host is connected to, as the kernel prints them.</summary>
public sealed class ConnectedRoutesTests
{
    private const string Heading =
        "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT                    \n";

    [Test]
    public async Task Connected_networks_are_read_and_routes_through_a_gateway_are_not()
    {
        var routes = ConnectedRoutes.Parse(System.Text.Encoding.UTF8.GetBytes(Heading +
            "eth0\t00000000\t0100A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0                             \n" +
            "eth0\t0000A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0                             \n" +
            "eth0\t0000000A\t0100A8C0\t0003\t0\t0\t0\t000000FF\t0\t0\t0                             \n" +
            "virbr0\t007AA8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0                           \n"));

        await Assert.That(string.Join(", ", routes.Select(r => $"{r.Interface} {r.Network}")))
            .IsEqualTo("eth0 192.168.0.0/24, virbr0 192.168.122.0/24");
    }

    [Test]
    [Arguments("")]
    [Arguments("\n\n\t\t\t\t\t\t\t\t\n")]
    [Arguments("eth0\t0000A8C0\t00000000\n")]
    [Arguments("eth0\t0000A8C0\t00000000\t1\t0\t0\t0\tXX\n")]
    [Arguments("eth0\t0000A8C0 1\t00000000\t1\t0\t0\t0\t00FFFFFF\n")]
    [Arguments("eth0\t\t00000000\t1\t0\t0\t0\t00FFFFFF\n")]
    public async Task What_is_no_route_is_passed_over(string lines) =>
        await Assert.That(ConnectedRoutes.Parse(System.Text.Encoding.UTF8.GetBytes(Heading + lines))).IsEmpty();

    [Test]
    public async Task A_table_that_cannot_be_read_is_not_an_empty_one()
    {
        await Assert.That(ConnectedRoutes.Read("/nonexistent/route")).IsNull();
        await Assert.That(ConnectedRoutes.Read("/proc/net")).IsNull();
        await Assert.That(ConnectedRoutes.Read()).IsNotNull();
    }
}
