using System.Text;
using System.Text.RegularExpressions;
using HookAot.Host;
using HookAot.Rules;

namespace HookAot.Tests.Host;

/// <summary>What is written into /run/hookaot is read back, and anything else is not believed.</summary>
internal sealed partial class RecordReaderTests
{
    private static readonly GuestInterface Full = new("52:54:00:00:00:01", "default", "virbr0", "vnet0")
    {
        Kind = "network",
        Device = "eth0",
    };

    private static readonly HostState State = new(
        [new("qemu", "web \"1\" 网", [Full, new(null, null, null, null)], 12345678901, true)],
        [new("default", -1)],
        [new("iptables", true, ["translate"]), new("nftables", false, []), new("hairpin", true)],
        [new("192.168.0.166", 53, 65535, "10.0.0.0/8", "192.168.122.2 53"), new(null, 1, 1, null, "x")],
        [new("52:54:00:00:00:01", "192.168.122.77")],
        ["web", "db"],
        [new("bad", "line 3 failed")],
        "iptables",
        "/etc/libvirt/hooks/config.json",
        true)
    {
        Localnet = ["virbr0"],
    };

    private static readonly HostEvent Event = new("lxc", "web", true, [Full]);

    [Test]
    public async Task What_is_written_is_read_back()
    {
        var written = RecordJson.Bytes(State);
        var read = RecordReader.State(written)!;
        await Assert.That(Text(RecordJson.Bytes(read))).IsEqualTo(Text(written));
        await Assert.That(read.Guests[0].Interfaces[0]).IsEqualTo(Full);
        await Assert.That(read.Udp[0]).IsEqualTo(State.Udp[0]);

        var told = RecordJson.Bytes(Event);
        await Assert.That(Text(RecordJson.Bytes(RecordReader.Event(told)!))).IsEqualTo(Text(told));
    }

    [Test]
    public async Task A_value_that_is_missing_or_of_another_type_is_not_believed()
    {
        var (state, told) = (Text(RecordJson.Bytes(State)), Text(RecordJson.Bytes(Event)));
        foreach (Match key in Keys().Matches(state + told))
        {
            // What an interface, a step or a forward does not have is null.
            if (Optional.Contains(key.Groups[1].Value)) continue;
            foreach (var instead in (string[])["\"Other\":", $"{key.Value}{{}},\"Other\":"])
            {
                var isOfEvent = !state.Contains(key.Value, StringComparison.Ordinal);
                var damaged = Once(isOfEvent ? told : state, key.Value, instead);
                var read = isOfEvent ? (object?)RecordReader.Event(damaged) : RecordReader.State(damaged);
                await Assert.That(read).IsNull().Because(Text(damaged));
            }
        }
    }

    [Test]
    public async Task A_record_without_what_came_later_is_read()
    {
        var now = Text(RecordJson.Bytes(State with { Localnet = [] }));
        var old = now.Replace(",\"Localnet\":[]", "", StringComparison.Ordinal);
        await Assert.That(old).DoesNotContain("Localnet");
        await Assert.That(RecordReader.State(Encoding.UTF8.GetBytes(old))!.Localnet).IsEmpty();
    }

    [Test]
    [Arguments("")]
    [Arguments("null")]
    [Arguments("[]")]
    [Arguments("{")]
    [Arguments("{}")]
    [Arguments("\"\\ud800\"")]
    public async Task What_is_no_record_is_none(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        await Assert.That(RecordReader.State(bytes)).IsNull();
        await Assert.That(RecordReader.Event(bytes)).IsNull();
    }

    private static readonly string[] Optional =
    [
        "Mac", "Network", "Bridge", "Target", "Kind", "Device", "Parts", "Public", "Source", "Backend", "ConfigPath",
        "Localnet",
    ];

    private static byte[] Once(string json, string key, string instead)
    {
        var at = json.IndexOf(key, StringComparison.Ordinal);
        return Encoding.UTF8.GetBytes(json[..at] + instead + json[(at + key.Length)..]);
    }

    private static string Text(byte[] json) => Encoding.UTF8.GetString(json);

    [GeneratedRegex("\"([A-Za-z]+)\":")]
    private static partial Regex Keys();
}
