using System.Text;
using HookAot.Config;
using HookAot.Model;

namespace HookAot.Tests.Config;

/// <summary>What is disabled, or has ended, is in the file and nowhere else.</summary>
public class IdleForwardTests
{
    private static readonly long End = UtcTime.Parse("2026-11-28T18:00:00Z")!.Value;

    private static ConfigResult Read(string machines, long now = 0) => ConfigReader.Read(
        Encoding.UTF8.GetBytes($$"""{ "machines": { {{machines}} } }"""), "config.json", now);

    private static string Ports(IEnumerable<Forward> forwards) => string.Join(' ', forwards.Select(f => $"{f.Public}"));

    [Test]
    public async Task It_is_idle_and_keeps_its_place()
    {
        var machine = Read("""
            "a": { "port_map": [1, { "public": 2, "enabled": false }, 3, { "public": 4, "enabled": true }] }
            """).Config!.Machines.Single();
        await Assert.That(Ports(machine.Forwards)).IsEqualTo("1 3 4");
        await Assert.That(Ports(machine.Idle)).IsEqualTo("2");
        await Assert.That(Ports(machine.Entries)).IsEqualTo("1 2 3 4");
    }

    [Test]
    public async Task A_disabled_machine_has_only_idle_ones()
    {
        var machine = Read("""
            "a": { "enabled": "false", "port_map": [1, { "public": 2, "enabled": true }] }
            """).Config!.Machines.Single();
        await Assert.That(machine.Enabled).IsFalse();
        await Assert.That(Ports(machine.Forwards)).IsEqualTo("");
        await Assert.That(Ports(machine.Entries)).IsEqualTo("1 2");
    }

    [Test]
    public async Task Its_end_is_the_second_that_the_file_names()
    {
        const string machines = """
            "a": { "port_map": [{ "public": 2, "until": "2026-11-28T18:00:00Z" },
                { "public": 3, "until": "2026-11-28T18:00:05Z" }] }
            """;
        await Assert.That(Ports(Read(machines, End - 1).Config!.Machines[0].Forwards)).IsEqualTo("2 3");
        await Assert.That(Read(machines, End - 1).Config!.NextEnd).IsEqualTo(End);
        await Assert.That(Ports(Read(machines, End).Config!.Machines[0].Forwards)).IsEqualTo("3");
        await Assert.That(Read(machines, End).Config!.NextEnd).IsEqualTo(End + 5);
        await Assert.That(Read(machines, End + 5).Config!.NextEnd).IsNull();
    }

    [Test]
    public async Task It_takes_no_port_from_others_until_it_is_enabled()
    {
        const string machines = """
            "a": { "port_map": [{ "public": 80, "enabled": OFF }] }, "b": { "port_map": [80] }
            """;
        await Assert.That(Read(machines.Replace("OFF", "false", StringComparison.Ordinal)).Diagnostics).IsEmpty();
        var both = Read(machines.Replace("OFF", "true", StringComparison.Ordinal));
        await Assert.That(both.Diagnostics.Single().Message).Contains("public port 80/tcp is taken by \"a\"");
    }

    [Test]
    [Arguments("2026-11-28T18:00:00Z", 1795888800L)]
    [Arguments("1970-01-01T00:00:00Z", 0L)]
    [Arguments("2028-02-29T23:59:59Z", 1835481599L)]
    public async Task A_time_is_read_and_printed(string text, long time)
    {
        await Assert.That(UtcTime.Parse(text)).IsEqualTo(time);
        await Assert.That(UtcTime.Text(time)).IsEqualTo(text);
    }

    [Test]
    [Arguments("2026-02-29T00:00:00Z")]
    [Arguments("2026-11-28T24:00:00Z")]
    [Arguments("2026-11-28T18:00:60Z")]
    [Arguments("2026-11-28T18:00:00+01:00")]
    [Arguments("2026-11-28T18:00:00z")]
    [Arguments("2026-11-28 18:00:00Z")]
    [Arguments("1969-11-28T18:00:00Z")]
    [Arguments("0000-11-28T18:00:00Z")]
    [Arguments("2026-13-28T18:00:00Z")]
    [Arguments("2026-11-28T18:00Z")]
    [Arguments("٢٠٢٦-11-28T18:00:00Z")]
    public async Task Another_form_is_no_time(string text) => await Assert.That(UtcTime.Parse(text)).IsNull();

    [Test]
    public async Task A_comment_is_printable_and_short()
    {
        await Assert.That(ConfigText.IsComment(new string('x', 256))).IsTrue();
        await Assert.That(ConfigText.IsComment(new string('x', 257))).IsFalse();
        await Assert.That(ConfigText.IsComment("für Eve, 猫")).IsTrue();
        await Assert.That(ConfigText.IsComment("a\u001b[31mb")).IsFalse();
        await Assert.That(ConfigText.IsComment("a\nb")).IsFalse();
    }
}
