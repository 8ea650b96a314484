using System.Net;
using HookAot.Config;
using HookAot.Model;

namespace HookAot.Tests.Config;

/// <summary>Ports that machines of several sources want: no file and no JSON is needed to compare them.</summary>
public class PortConflictsTests
{
    private static Machine Machine(string name, string file, params ushort[] ports)
    {
        var forwards = ports.Select((port, i) => new Forward(new(port, port), new(port, port), [Protocol.Tcp], [], [])
        {
            Origin = new Origin(file, i + 1, 5, $"$.machines.{name}.port_map[{i}]"),
        });
        return new Machine(name, [IPAddress.Parse("10.0.0.2")], null, [.. forwards]);
    }

    [Test]
    public async Task The_first_source_keeps_the_port_and_the_message_names_its_file()
    {
        var (kept, conflicts) = PortConflicts.LeaveOut(
            [Machine("web", "config.json", 80, 443), Machine("db", "10-db.json", 5432, 443)]);
        await Assert.That(kept[0].Forwards.Length).IsEqualTo(2);
        await Assert.That(kept[1].Forwards.Single().Public.First).IsEqualTo((ushort)5432);
        await Assert.That(conflicts.Single().ToString()).IsEqualTo(
            "10-db.json:2:5: error: public port 443/tcp is taken by \"web\" (config.json:2); "
            + "choose another, or another public_ip (at $.machines.db.port_map[1])");
    }

    [Test]
    public async Task Machines_of_one_name_in_two_sources_are_two_machines()
    {
        var (kept, conflicts) = PortConflicts.LeaveOut(
            [Machine("web", "a.json", 80), Machine("web", "b.json", 80, 81)]);
        await Assert.That(kept.Select(m => m.Forwards.Length)).IsEquivalentTo([1, 1]);
        await Assert.That(kept[1].Forwards.Single().Public.First).IsEqualTo((ushort)81);
        await Assert.That(conflicts.Length).IsEqualTo(1);
    }

    [Test]
    public async Task What_comes_from_no_file_is_compared_too()
    {
        var unknown = Machine("guest", "", 80);
        unknown = unknown with { Forwards = [unknown.Forwards[0] with { Origin = Origin.Unknown }] };
        var (_, conflicts) = PortConflicts.LeaveOut([unknown, Machine("web", "config.json", 80)]);
        await Assert.That(conflicts.Single().Message).StartsWith("public port 80/tcp is taken by \"guest\"; choose");
    }

    [Test]
    public async Task Where_all_is_well_the_machines_are_the_same()
    {
        Machine[] machines = [Machine("web", "config.json", 80), Machine("db", "config.json", 81)];
        var (kept, conflicts) = PortConflicts.LeaveOut([.. machines]);
        await Assert.That(conflicts).IsEmpty();
        await Assert.That(kept.SequenceEqual(machines)).IsTrue();
    }
}
