using System.Text;
using HookAot.Host;

namespace HookAot.Tests.Kernel;

/// <summary>The IPv6 networks and addresses of the host, as the kernel prints them.</summary>
public sealed class ConnectedRoutes6Tests
{
    private const string None = "00000000000000000000000000000000";
    private const string Middle = $"00 {None} 00000100 00000001 00000000";

    [Test]
    public async Task Connected_networks_are_read_and_nothing_else()
    {
        string[] table =
        [
            $"fd000122000000000000000000000000 40 {None} {Middle} 00000001   virbr0",
            $"fd000007000000000000000000000002 80 {None} {Middle} 00000001   virbr0",
            $"20010db8000000000000000000000000 20 {None} {Middle} 00450001     eth0",
            $"fe800000000000000000000000000000 40 {None} {Middle} 00000001   virbr0",
            $"ff000000000000000000000000000000 08 {None} {Middle} 00000001   virbr0",
            $"fd000008000000000000000000000000 40 {None} {Middle} 00200200       lo",
            $"fd000009000000000000000000000000 40 {None} {Middle} 00000001       lo",
            $"fd000122000000000000000000000001 80 {None} {Middle} 80200001   virbr0",
            $"fd000122000000000000000000000000 80 {None} {Middle} 80300001   virbr0",
            $"{None} 00 {None} 00 fd000122000000000000000000000009 00000400 00000001 00000000 00000003   virbr0",
            $"fd000010000000000000000000000000 40 {None} 00 fd000122000000000000000000000009 0 1 0 00000001   virbr0",
            $"{None} 00 {None} {Middle} 00000001   virbr0",
        ];
        var routes = ConnectedRoutes6.Parse(Encoding.UTF8.GetBytes(string.Join('\n', table) + "\n"));
        await Assert.That(string.Join(", ", routes.Select(r => $"{r.Interface} {r.Network}")))
            .IsEqualTo("virbr0 fd00:122::/64, virbr0 fd00:7::2/128, eth0 2001:db8::/32");
    }

    [Test]
    [Arguments("")]
    [Arguments("\n\n          \n")]
    [Arguments($"fd00 40 {None} {Middle} 00000001 virbr0")]
    [Arguments($"fd000122000000000000000000000000 81 {None} {Middle} 00000001 virbr0")]
    [Arguments($"fd000122000000000000000000000000 XX {None} {Middle} 00000001 virbr0")]
    [Arguments($"fd000122000000000000000000000000 40 {None} {Middle} 00000001")]
    [Arguments($"fd000122000000000000000000000000 40 {None} {Middle} 00000001 virbr0 more")]
    [Arguments($"fd000122000000000000000000000001 40 {None} {Middle} 00000001 virbr0")]
    public async Task What_is_no_route_is_passed_over(string lines) =>
        await Assert.That(ConnectedRoutes6.Parse(Encoding.UTF8.GetBytes(lines))).IsEmpty();

    [Test]
    public async Task A_table_that_cannot_be_read_is_not_an_empty_one()
    {
        await Assert.That(ConnectedRoutes6.Read("/nonexistent/ipv6_route")).IsNull();
        await Assert.That(ConnectedRoutes6.Read()).IsNotNull();
    }

    [Test]
    public async Task The_hosts_own_addresses_are_those_that_no_link_has_for_itself()
    {
        var addresses = HostNetwork.ParseIPv6(Encoding.UTF8.GetBytes("""
            00000000000000000000000000000001 01 80 10 80       lo
            fe80000000000000501fcafffe9de7d5 02 40 20 c0   virbr0
            fd000122000000000000000000000001 02 40 00 82   virbr0
            fd0001220000000000000000000000 02 40 00 82   virbr0
            zz000122000000000000000000000001 02 40 00 82   virbr0

            """));
        await Assert.That(string.Join(' ', addresses)).IsEqualTo("::1 fd00:122::1");
    }
}
