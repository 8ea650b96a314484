using System.Globalization;
using HookAot.Host;
using HookAot.Tests.Host;

namespace HookAot.Tests.Posix;

/// <summary>What is found in the files of a syslog daemon, however large, rotated or planted they are.</summary>
public sealed class SyslogFilesTests
{
    private static readonly long Now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();

    private static string Stamp(long time) =>
        DateTimeOffset.FromUnixTimeSeconds(time).ToString("yyyy-MM-ddTHH:mm:sszzz", CultureInfo.InvariantCulture);

    private static string Line(long time, string name, string tag = "hookctrl[12]") =>
        $"{Stamp(time)} host {tag}: {name} [hookaot@32473 kind=\"config\"]\n";

    private static HostPaths Paths(HostFiles files) => files.Paths with { Logs = files.Make("logs") };

    private static List<string> Read(HostFiles files, long since)
    {
        var found = new List<string>();
        using var logs = new SyslogFiles(Paths(files));
        logs.Read(since, line => found.Add(line.Change.Sentence));
        return found;
    }

    [Test]
    public async Task Each_form_of_a_line_is_read()
    {
        using var files = new HostFiles();
        var old = LocalTime.Show(Now)[11..];
        var day = DateTimeOffset.FromUnixTimeSeconds(Now).ToLocalTime();
        var date = day.ToString("MMM ", CultureInfo.InvariantCulture) + $"{day.Day,2}";
        files.Write("logs/messages", $"""
            {date} {old} host libvirt-hook-qemu[7]: rsyslog [hookaot@32473 kind="a"]
            {date} {old} host daemon.info hookaot[7]: busybox [hookaot@32473 kind="a"]
            {date} {old} hookctrl: bare [hookaot@32473 kind="a"]
            {Stamp(Now)} host hookctrl[7]: iso [hookaot@32473 kind="a"]
            {Stamp(Now)} host other[7]: stranger [hookaot@32473 kind="a"]
            {Stamp(Now)} host hookctrl[7]: no fields
            nonsense hookctrl[7]: no time [hookaot@32473 kind="a"]
            {Stamp(Now)} hookctrl [hookaot@32473 kind="a"]

            """);
        await Assert.That(Read(files, Now - 60)).IsEquivalentTo(["rsyslog", "busybox", "bare", "iso"]);
    }

    [Test]
    public async Task Of_a_large_file_only_the_end_is_read()
    {
        using var files = new HostFiles();
        // 64 GB of nothing in front, which takes no room; a file that is read from its beginning would take minutes.
        var path = files.Write("logs/syslog", "");
        await using (var large = new FileStream(path, FileMode.Open))
        {
            large.Seek(64L << 30, SeekOrigin.Begin);
            await using var writer = new StreamWriter(large);
            await writer.WriteAsync("\n" + Line(Now - 100_000, "old"));
            for (var i = 0; i < 20_000; i++) await writer.WriteAsync($"{Stamp(Now - 50)} host other[1]: {i}\n");
            await writer.WriteAsync(Line(Now - 20, "new"));
        }

        await Assert.That(Read(files, Now - 60)).IsEquivalentTo(["new"]);
    }

    [Test]
    public async Task Whatever_the_length_of_the_lines_nothing_is_lost_and_nothing_is_older()
    {
        using var files = new HostFiles();
        var dice = new Dice(3);
        for (var round = 0; round < 20; round++)
        {
            var text = new System.Text.StringBuilder();
            var expected = new List<string>();
            var since = Now - dice.Next(40_000);
            for (var time = Now - 40_000; time < Now; time += dice.Next(400))
            {
                var noise = new string('x', dice.Next(12) == 0 ? dice.Next(300_000) : dice.Next(300));
                text.Append($"{Stamp(time)} host kernel: {noise}\n").Append(Line(time, $"n{time}"));
                if (time >= since) expected.Add($"n{time}");
            }

            var cut = text.ToString().IndexOf('\n', text.Length / 3) + 1;
            files.Write("logs/syslog.1", text.ToString()[..cut]);
            files.Write("logs/syslog", text.ToString()[cut..]);
            await Assert.That(Read(files, since).Distinct()).IsEquivalentTo(expected.Distinct());
        }
    }

    [Test]
    public async Task A_line_in_two_files_is_one()
    {
        using var files = new HostFiles();
        files.Write("logs/syslog", Line(Now, "a") + Line(Now, "b") + Line(Now, "b"));
        files.Write("logs/daemon.log", Line(Now, "a") + Line(Now, "c"));
        await Assert.That(Read(files, Now - 60)).IsEquivalentTo(["a", "b", "b", "c"]);
    }

    [Test]
    public async Task A_link_a_directory_and_a_pipe_are_named_and_not_read()
    {
        using var files = new HostFiles();
        var secret = files.Write("secret", Line(Now, "secret"));
        File.CreateSymbolicLink(Path.Combine(files.Make("logs"), "syslog"), secret);
        files.Make("logs/messages");
        await Netns.Tool.Succeed(["mkfifo", Path.Combine(files.Root, "logs/daemon.log")]);
        using var logs = new SyslogFiles(Paths(files));
        var found = 0;
        logs.Read(0, _ => found++);
        await Assert.That(found).IsEqualTo(0);
        await Assert.That(logs.Found).IsEmpty();
        await Assert.That(logs.Problems.Count).IsEqualTo(3);
    }

    [Test]
    public async Task Following_survives_renaming_cutting_and_a_line_that_comes_in_parts()
    {
        using var files = new HostFiles();
        var path = files.Write("logs/syslog", Line(Now, "first"));
        var found = new List<string>();
        using var logs = new SyslogFiles(Paths(files));
        logs.Read(Now - 60, line => found.Add(line.Change.Sentence));

        var second = Line(Now, "second");
        await File.AppendAllTextAsync(path, second[..30]);
        logs.ReadOn(line => found.Add(line.Change.Sentence));
        await File.AppendAllTextAsync(path, second[30..] + Line(Now, "third"));
        File.Move(path, path + ".1");
        await File.AppendAllTextAsync(path + ".1", Line(Now, "late"));
        logs.ReadOn(line => found.Add(line.Change.Sentence));
        files.Write("logs/syslog", Line(Now, "renamed"));
        logs.ReadOn(line => found.Add(line.Change.Sentence));
        files.Write("logs/syslog", "");
        logs.ReadOn(line => found.Add(line.Change.Sentence));
        files.Write("logs/syslog", Line(Now, "cut"));
        logs.ReadOn(line => found.Add(line.Change.Sentence));
        files.Write("logs/messages", Line(Now, "another file"));
        logs.ReadOn(line => found.Add(line.Change.Sentence));
        await Assert.That(string.Join(' ', found)).IsEqualTo("first second third late renamed cut another file");
    }
}
