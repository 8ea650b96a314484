using HookAot.Host;

namespace HookAot.Tests.Host;

/// <summary>
/// Root's lock around an edit of config.json. Two descriptors of one process exclude each other as well.
/// </summary>
public sealed class ConfigLockTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly string directory = Directory.CreateTempSubdirectory("hookaot-lock-").FullName;

    private string Lock => Path.Combine(directory, "run", "config.lock");

    private ConfigLock Take(TimeSpan limit, Action<string> say) => ConfigLock.Take(Lock, "config.json", limit, say);

    public void Dispose() => Directory.Delete(directory, recursive: true);

    [Test]
    public async Task Past_its_limit_it_names_the_holder_and_what_to_do()
    {
        using var held = Take(Patience, _ => { });
        var said = new List<string>();
        var refusal = await Assert.That(() => Take(TimeSpan.Zero, said.Add)).Throws<IOException>();
        await Assert.That(refusal!.Message).Matches(
            $@"^config\.json is being changed by .+ \(pid {Environment.ProcessId}\), which has not ended within 0 s; "
            + "nothing was changed: try again, or end that process first$");
        await Assert.That(said).IsEmpty();
    }

    [Test]
    public async Task Only_root_can_open_it()
    {
        using var held = Take(Patience, _ => { });
        await Assert.That(File.GetUnixFileMode(Lock)).IsEqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await Assert.That(File.GetUnixFileMode(Path.GetDirectoryName(Lock)!))
            .IsEqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    [Test]
    public async Task A_link_in_its_place_is_refused()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Lock)!);
        var victim = Path.Combine(directory, "victim");
        File.CreateSymbolicLink(Lock, victim);
        await Assert.That(() => Take(Patience, _ => { })).Throws<IOException>();
        await Assert.That(File.Exists(victim)).IsFalse();
    }

    [Test]
    public async Task Who_waited_for_a_lock_file_that_was_deleted_waits_for_the_new_one()
    {
        var waits = new[] { new TaskCompletionSource(), new TaskCompletionSource() };
        var said = 0;
        var first = Take(Patience, _ => { });
        var waiter = Task.Run(() => Take(Patience, _ => waits[said++].SetResult()));
        await waits[0].Task.WaitAsync(Patience);

        Directory.Delete(Path.GetDirectoryName(Lock)!, recursive: true);
        var second = Take(Patience, _ => { });
        first.Dispose();
        await waits[1].Task.WaitAsync(Patience);
        await Assert.That(waiter.IsCompleted).IsFalse();

        second.Dispose();
        (await waiter.WaitAsync(Patience)).Dispose();
    }
}
