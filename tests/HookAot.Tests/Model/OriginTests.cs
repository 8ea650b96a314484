using System.Text;
using HookAot.Config;
using HookAot.Model;

namespace HookAot.Tests.Model;

public class OriginTests
{
    private const string Text = """
        {
          "machines": {
            "web": { "private_ip": "192.168.122.2", "source": "10.0.0.0/8", "port_map": [80,
              ["8080", 81]] }
          }
        }
        """;

    private static Machine Read(string text) =>
        ConfigReader.Read(Encoding.UTF8.GetBytes(text), "config.json").Config!.Machines.Single();

    [Test]
    public async Task A_machine_and_its_forwards_know_where_they_were_written()
    {
        var machine = Read(Text);
        await Assert.That(machine.Origin).IsEqualTo(new Origin("config.json", 3, 12, "$.machines.web"));
        await Assert.That(machine.Forwards[0].Origin)
            .IsEqualTo(new Origin("config.json", 3, 82, "$.machines.web.port_map[0]"));
        await Assert.That(machine.Forwards[1].Origin)
            .IsEqualTo(new Origin("config.json", 4, 7, "$.machines.web.port_map[1]"));
    }

    [Test]
    public async Task What_says_the_same_is_equal_wherever_it_is_written()
    {
        var (here, there) = (Read(Text), Read("\n\n" + Text));
        await Assert.That(there.Origin).IsNotEqualTo(here.Origin);
        await Assert.That(there).IsEqualTo(here);
        await Assert.That(there.GetHashCode()).IsEqualTo(here.GetHashCode());
        await Assert.That(there.Forwards[1]).IsEqualTo(here.Forwards[1]);
        await Assert.That(there.Forwards[1].GetHashCode()).IsEqualTo(here.Forwards[1].GetHashCode());
        await Assert.That(there.Forwards[0]).IsNotEqualTo(here.Forwards[1]);
        await Assert.That(here with { Forwards = [] }).IsNotEqualTo(here);
        await Assert.That(here.Forwards[0] with { Sources = [] }).IsNotEqualTo(here.Forwards[0]);
    }
}
