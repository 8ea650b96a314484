using System.Diagnostics;
using HookAot.Host;
using HookAot.Tests.Netns;

namespace HookAot.Tests.Posix;

/// <summary>The lock around a converge: one holder, a limited wait, and the holder's name.</summary>
[Category("Netns")]
public sealed class HostLockTests : IDisposable
{
    private const int Patience = 60_000;

    private readonly string directory = Directory.CreateTempSubdirectory("hookaot-lock-").FullName;

    private string Lock => Path.Combine(directory, "run", "lock");

    public HostLockTests() => Directory.CreateDirectory(Path.Combine(directory, "run"));

    public void Dispose() => Directory.Delete(directory, recursive: true);

    [Test]
    public async Task It_is_taken_and_given_up_and_taken_again()
    {
        for (var i = 0; i < 2; i++)
        {
            using var taken = HostLock.Take(Lock, Deadline.In(0), out var problem);
            await Assert.That(problem).IsNull();
            await Assert.That(taken).IsNotNull();
            await Assert.That(File.GetUnixFileMode(Lock)).IsEqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
    }

    [Test]
    [Arguments(0)]
    [Arguments(1)]
    public async Task Who_holds_it_is_named_when_the_time_is_up(int milliseconds)
    {
        using var holder = await Holder.Start(Lock, "cat");
        var taken = HostLock.Take(Lock, Deadline.In(milliseconds), out var problem);
        await Assert.That(taken).IsNull();
        await Assert.That(problem).IsEqualTo($"{Lock} is held by flock (pid {holder.Pid})");
    }

    [Test]
    public async Task Who_inherited_it_is_named_where_the_one_that_took_it_is_gone()
    {
        using var holder = await Holder.Start(Lock, "exec cat");
        var child = (await File.ReadAllTextAsync($"/proc/{holder.Pid}/task/{holder.Pid}/children")).Trim();
        holder.Kill();

        _ = HostLock.Take(Lock, Deadline.In(1), out var problem);
        await Assert.That(problem).IsEqualTo($"{Lock} is held by cat (pid {child})");
    }

    [Test]
    public async Task A_holder_whose_name_would_drive_a_terminal_is_named_harmlessly()
    {
        var program = Path.Combine(directory, "\e[2J");
        File.CreateSymbolicLink(program, "/usr/bin/flock");
        using var holder = await Holder.Start(Lock, "cat", program);
        _ = HostLock.Take(Lock, Deadline.In(1), out var problem);
        await Assert.That(problem).IsEqualTo($"{Lock} is held by \\u001b[2J (pid {holder.Pid})");
    }

    [Test]
    public async Task A_waiter_gets_it_when_the_holder_ends()
    {
        using var holder = await Holder.Start(Lock, "cat");
        var waiter = Task.Run(() => HostLock.Take(Lock, Deadline.In(Patience), out _));
        await UntilWaitedFor(Lock, waiter);
        await Assert.That(waiter.IsCompleted).IsFalse();

        await holder.End();
        using var taken = await waiter;
        await Assert.That(taken).IsNotNull();
    }

    [Test]
    public async Task A_wait_that_was_given_up_does_not_take_it_later()
    {
        using (var holder = await Holder.Start(Lock, "cat"))
        {
            await Assert.That(HostLock.Take(Lock, Deadline.In(1), out _)).IsNull();
            await holder.End();
        }

        using var taken = HostLock.Take(Lock, Deadline.In(Patience), out var problem);
        await Assert.That(problem).IsNull();
    }

    [Test]
    public async Task Who_waited_on_a_file_that_was_deleted_is_no_second_holder()
    {
        using var holder = await Holder.Start(Lock, "cat");
        var waiter = Task.Run(() => HostLock.Take(Lock, Deadline.In(Patience), out _));
        await UntilWaitedFor(Lock, waiter);
        Directory.Delete(Path.GetDirectoryName(Lock)!, recursive: true);
        using (var second = HostLock.Take(Lock, Deadline.In(Patience), out var problem))
        {
            await Assert.That(problem).IsNull();
            await holder.End();
            await UntilWaitedFor(Lock, waiter); // the new file, which is held
            await Assert.That(waiter.IsCompleted).IsFalse();
        }

        using var taken = await waiter;
        await Assert.That(taken).IsNotNull();
    }

    [Test]
    public async Task A_process_that_inherited_it_does_not_keep_it_once_it_is_given_up()
    {
        ChildResult tool;
        using (var taken = HostLock.Take(Lock, Deadline.In(0), out _)!)
            tool = Child.Run("/bin/sh", ["-c", "sleep 300 & echo $!"], "", taken.Fd, Deadline.In(Patience));

        using var again = HostLock.Take(Lock, Deadline.In(0), out var problem);
        await Assert.That(problem).IsNull();
        await Tool.Succeed(["kill", tool.Output.Trim()]);
    }

    [Test]
    public async Task A_link_in_its_place_is_not_followed()
    {
        var victim = Path.Combine(directory, "victim");
        File.CreateSymbolicLink(Lock, victim);
        await Assert.That(HostLock.Take(Lock, Deadline.In(0), out var problem)).IsNull();
        await Assert.That(problem).IsEqualTo($"the lock {Lock} is a symbolic link, which is not followed: remove it");
        await Assert.That(File.Exists(victim)).IsFalse();
    }

    [Test]
    public async Task Where_nothing_can_be_written_a_file_that_is_there_can_be_locked()
    {
        var run = Path.GetDirectoryName(Lock);
        await Tool.Succeed(["sh", "-euc", $"mount -t tmpfs tmpfs {run}; : > {Lock}; mount -o remount,ro {run}"]);
        try
        {
            using (HostLock.Take(Lock, Deadline.In(0), out var problem)) await Assert.That(problem).IsNull();

            await Assert.That(HostLock.Take(Lock + "2", Deadline.In(0), out var missing)).IsNull();
            await Assert.That(missing).IsEqualTo($"the lock {Lock}2 cannot be opened: Read-only file system");
        }
        finally
        {
            await Tool.Succeed(["umount", $"{run}"]);
        }
    }

    // "1: -> FLOCK  ADVISORY  WRITE PID MAJOR:MINOR:INODE 0 EOF" (proc(5)).
    private static async Task UntilWaitedFor(string file, Task waiter)
    {
        var inode = (await Tool.Succeed(["stat", "-c", "%i", file])).Trim();
        while (!waiter.IsCompleted)
        {
            var locks = await File.ReadAllLinesAsync("/proc/locks");
            var waits = locks.Where(line => line.Contains("-> FLOCK", StringComparison.Ordinal));
            if (waits.Any(line => line.Contains($":{inode} ", StringComparison.Ordinal))) return;
            await Task.Yield();
        }
    }

    /// <summary>A process that holds the lock until it is told to end.</summary>
    private sealed class Holder : IDisposable
    {
        private readonly Process process;

        private Holder(Process process) => this.process = process;

        public int Pid => process.Id;

        public static async Task<Holder> Start(string file, string script, string program = "flock")
        {
            var start = new ProcessStartInfo(program, ["--exclusive", file, "sh", "-c", $"echo locked; {script}"])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
            };
            var holder = new Holder(Process.Start(start)!);
            await holder.process.StandardOutput.ReadLineAsync();
            return holder;
        }

        public async Task End()
        {
            process.StandardInput.Close();
            await process.WaitForExitAsync();
        }

        public void Kill()
        {
            process.Kill();
            process.WaitForExit();
        }

        public void Dispose()
        {
            process.StandardInput.Close();
            process.Dispose();
        }
    }
}
