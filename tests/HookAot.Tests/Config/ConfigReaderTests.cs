using System.Text;
using HookAot.Config;
using HookAot.Model;

namespace HookAot.Tests.Config;

/// <summary>What a config means; what is said about mistakes is in the folder "invalid".</summary>
public class ConfigReaderTests
{
    private static ConfigResult Read(string text) => ConfigReader.Read(Encoding.UTF8.GetBytes(text), "config.json");

    private static ConfigResult ReadFile(string folder, string name)
    {
        var path = Repository.File("tests", "HookAot.Tests", "Config", folder, name);
        return ConfigReader.Read(File.ReadAllBytes(path), "config.json");
    }

    [Test]
    public async Task The_ancestors_file_is_read_with_its_meaning()
    {
        var config = ReadFile("valid", "the-ancestors-file.json").Config!;
        var machine = config.Machines.Single();
        await Assert.That(machine.Forwards.Select(f => $"{f.PublicAddresses.Single()}:{f.Public}->{f.Guest}"))
            .IsEquivalentTo(["192.168.0.166:2222->22", "192.168.0.166:8002->80"]);
        await Assert.That(config.Debug).IsTrue();
        await Assert.That(config.Networks.Single().Range.ToString()).IsEqualTo("192.168.122.0/24");
    }

    [Test]
    public async Task Every_form_of_an_entry_is_read_with_what_it_inherits()
    {
        var machine = ReadFile("valid", "every-form-of-an-entry.json").Config!.Machines.Single();
        var forwards = machine.Forwards.Select(f => string.Join(' ',
            $"{f.Public}:{f.Guest}",
            string.Join('+', f.Protocols.Select(p => p.Name())),
            string.Join(',', f.Sources),
            string.Join(',', f.PublicAddresses)).TrimEnd());
        const string inherited = "10.0.0.0/8,fd00::/64,192.168.0.50/32 192.168.0.166,2001:db8::1";
        await Assert.That(forwards).IsEquivalentTo([
            $"22:22 tcp {inherited}", $"23:23 tcp {inherited}", $"8080:80 tcp {inherited}",
            $"5000-5010:6000-6010 tcp {inherited}", $"53:53 tcp+udp {inherited}", "54:53 udp+sctp 10.0.0.0/8"]);
        await Assert.That(machine.Interface).IsEqualTo("virbr0");
        await Assert.That(machine.PrivateAddresses.Select(a => $"{a}")).IsEquivalentTo(["192.168.122.2", "fd00::2"]);
    }

    [Test]
    public async Task Comments_trailing_commas_and_a_byte_order_mark_are_passed_over()
    {
        var config = ReadFile("valid", "byte-order-mark-comments-and-trailing-commas.json").Config!;
        await Assert.That(config.Machines.Single().Forwards.Single().Guest).IsEqualTo(new PortRange(443, 443));
    }

    [Test]
    public async Task What_looks_like_a_comment_in_a_string_is_none()
    {
        var config = ReadFile("valid", "comment-signs-in-a-string.json").Config!;
        await Assert.That(config.Machines.Single().Name).IsEqualTo("a // no \" /* comment */");
    }

    [Test]
    public async Task A_public_port_that_is_given_twice_stays_with_the_first()
    {
        var machines = ReadFile("invalid", "public-port-in-a-range-of-another.json").Config!.Machines;
        await Assert.That(machines.Single(m => m.Name == "a").Forwards.Length).IsEqualTo(1);
        var c = machines.Single(m => m.Name == "c");
        await Assert.That(c.Forwards.Single().Public).IsEqualTo(new PortRange(9000, 9000));
    }

    [Test]
    [Arguments("\"TRUE\"", true)]
    [Arguments("true", true)]
    [Arguments("\"False\"", false)]
    public async Task A_flag_may_be_a_string(string value, bool expected) =>
        await Assert.That(Read($"{{ \"debug\": {value} }}").Config!.Debug).IsEqualTo(expected);
}
