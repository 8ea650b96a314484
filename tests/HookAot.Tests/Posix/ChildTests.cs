using System.Globalization;
using HookAot.Host;

namespace HookAot.Tests.Posix;

/// <summary>How a tool can end, and what it gets from us.</summary>
public sealed class ChildTests
{
    private const int Patience = 60_000;

    [Test]
    [Arguments("exit 0", "succeeded")]
    [Arguments("exit 4", "failed with exit code 4")]
    [Arguments("kill -KILL $$", "was killed by signal 9")]
    [Arguments("exec 1>&- 2>&-; exit 3", "failed with exit code 3")]
    public async Task The_way_it_ended_is_told(string script, string description)
    {
        var result = Shell(script);
        await Assert.That(result.Description).IsEqualTo(description);
        await Assert.That(result.Succeeded).IsEqualTo(script == "exit 0");
    }

    [Test]
    public async Task What_cannot_be_started_says_why()
    {
        var result = Child.Run("/nonexistent/tool", [], "", lockFd: -1, Deadline.In(Patience));
        await Assert.That(result.Outcome).IsEqualTo(ChildOutcome.NotStarted);
        await Assert.That(result.Description).IsEqualTo("could not be started: No such file or directory");
    }

    [Test]
    public async Task It_gets_its_arguments_and_its_input_and_both_its_outputs_are_kept()
    {
        var result = Child.Run(
            "/bin/sh", ["-c", "cat; echo \"$1\" >&2", "sh", "ü \"b\""], "süß\n", lockFd: -1, Deadline.In(Patience));
        await Assert.That(result.Output).IsEqualTo("süß\nü \"b\"\n");
    }

    [Test]
    public async Task It_gets_the_environment()
    {
        var path = Environment.GetEnvironmentVariable("PATH");
        await Assert.That(Shell("echo \"$PATH\"").Output).IsEqualTo($"{path}\n");
    }

    [Test]
    public async Task It_gets_the_signals_as_they_are_by_default()
    {
        Libc.IgnoreFileSizeSignal();
        var ignored = Shell("grep SigIgn /proc/self/status").Output.Split('\t')[1].Trim();
        var mask = long.Parse(ignored, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        await Assert.That(mask & ((1L << (Libc.SIGPIPE - 1)) | (1L << (Libc.SIGXFSZ - 1)))).IsEqualTo(0);
    }

    [Test]
    public async Task No_more_output_is_kept_than_was_wanted_and_all_of_it_is_read()
    {
        const int Wanted = 10_000;
        var result = Child.Run(
            "/bin/sh", ["-c", "head -c 3000000 /dev/zero | tr '\\0' x"], "", lockFd: -1, Deadline.In(Patience), Wanted);
        await Assert.That(result.Succeeded).IsTrue();
        await Assert.That(result.Output).IsEqualTo(new string('x', Wanted));
    }

    [Test]
    public async Task All_output_is_kept_where_that_is_wanted()
    {
        const int Wanted = 16 * 1024 * 1024, Written = 3_000_000;
        var result = Child.Run(
            "/bin/sh", ["-c", $"head -c {Written} /dev/zero | tr '\\0' x"], "", -1, Deadline.In(Patience), Wanted);
        await Assert.That(result.Output.Length).IsEqualTo(Written);
    }

    [Test]
    public async Task A_grandchild_that_keeps_the_pipe_open_is_not_waited_for()
    {
        var result = Shell("sleep 300 & echo $!");
        await Assert.That(result.Description).IsEqualTo("succeeded");

        // It ran on, and is left alone.
        await Assert.That(Libc.kill(int.Parse(result.Output, CultureInfo.InvariantCulture), Libc.SIGKILL)).IsEqualTo(0);
    }

    [Test]
    public async Task A_grandchild_that_never_stops_writing_is_not_waited_for()
    {
        // What it writes may leave no room for its number.
        var file = Path.GetTempFileName();
        var result = Shell($"yes & echo $! >{file}");
        await Assert.That(result.Description).IsEqualTo("succeeded");

        var pid = (await File.ReadAllTextAsync(file)).Trim();
        File.Delete(file);
        _ = Libc.kill(int.Parse(pid, CultureInfo.InvariantCulture), Libc.SIGKILL);
    }

    [Test]
    public async Task When_the_time_is_up_all_of_it_is_ended()
    {
        var late = Path.Combine(Path.GetTempPath(), $"hookaot-late-{Environment.ProcessId}");
        var result = Child.Run(
            "/bin/sh", ["-c", "(sleep 10; : > \"$1\") & echo $!; wait", "sh", late], "", lockFd: -1, Deadline.In(300));
        await Assert.That(result.Outcome).IsEqualTo(ChildOutcome.TimedOut);
        await Assert.That(result.Description).IsEqualTo("did not end within 1 s, and was killed");

        // The grandchild is gone before it did anything.
        var status = $"/proc/{result.Output.Trim()}/status";
        while (File.Exists(status) && !(await Status(status)).Contains("State:\tZ", StringComparison.Ordinal))
            await Task.Yield();
        var wasLate = File.Exists(late);
        File.Delete(late);
        await Assert.That(wasLate).IsFalse();
    }

    [Test]
    public async Task A_deadline_that_has_passed_ends_it_at_once()
    {
        var result = Child.Run("/bin/sleep", ["300"], "", lockFd: -1, Deadline.In(0));
        await Assert.That(result.Outcome).IsEqualTo(ChildOutcome.TimedOut);
    }

    private static ChildResult Shell(string script) =>
        Child.Run("/bin/sh", ["-c", script], "", lockFd: -1, Deadline.In(Patience));

    private static async Task<string> Status(string file)
    {
        try
        {
            return await File.ReadAllTextAsync(file);
        }
        catch (IOException)
        {
            return "State:\tZ"; // gone meanwhile
        }
    }
}
