using System.Text;
using HookAot.Host;
using HookAot.Tests.Netns;

namespace HookAot.Tests.Posix;

/// <summary>Reading and replacing whole files, in a directory where other users may have been.</summary>
public sealed class SmallFileTests : IDisposable
{
    private const int Max = 1_000_000;

    private readonly string directory = Directory.CreateTempSubdirectory("hookaot-files-").FullName;

    private string File_ => Path.Combine(directory, "file");

    public void Dispose() => Directory.Delete(directory, recursive: true);

    [Test]
    [Arguments("true", "file does not exist")]
    [Arguments("mkdir file", "file is a directory; a file is expected")]
    [Arguments("mkfifo file", "file is not a regular file; one is expected")]
    [Arguments("ln -s /dev/null file", "file is not a regular file; one is expected")]
    [Arguments("ln -s file file", "file cannot be read: Too many levels of symbolic links")]
    [Arguments("truncate -s 2M file", "file has 2097152 bytes; at most 1000000 are read")]
    public async Task What_cannot_be_read_says_why(string made, string problem)
    {
        await Make(made);

        var thrown = await Assert.That(() => SmallFile.Read(File_, Max)).Throws<IOException>();
        await Assert.That(thrown!.Message).IsEqualTo($"{directory}/{problem}");

        await Assert.That(SmallFile.TryRead(File_, Max)).IsNull();
        await Assert.That(SmallFile.TryRead(File_, Max, out var said)).IsNull();
        await Assert.That(said).IsEqualTo(made == "true" ? null : $"{directory}/{problem}");
    }

    [Test]
    [Arguments("printf abc > file", "abc")]
    [Arguments(": > file", "")]
    [Arguments("printf abc > other; ln -s other file", "abc")]
    public async Task What_is_there_is_read(string made, string content)
    {
        await Make(made);
        await Assert.That(Encoding.UTF8.GetString(SmallFile.Read(File_, Max))).IsEqualTo(content);
        await Assert.That(SmallFile.TryRead(File_, Max, out var problem)).IsNotNull();
        await Assert.That(problem).IsNull();
    }

    [Test]
    public async Task A_file_of_the_kernels_that_has_size_0_is_read_to_its_end()
    {
        // Longer than the first piece that is read.
        var symbols = SmallFile.Read("/proc/kallsyms", int.MaxValue);
        await Assert.That(symbols.Length).IsGreaterThan(100_000);
        await Assert.That(symbols[^1]).IsEqualTo((byte)'\n');
        await Assert.That(SmallFile.TryRead("/proc/kallsyms", 100_000)).IsNull();
    }

    [Test]
    public async Task A_file_is_made_and_replaced_for_its_owner_only()
    {
        foreach (var content in (string[])["first", "", "second"])
        {
            SmallFile.Replace(File_, Encoding.UTF8.GetBytes(content));
            await Assert.That(await File.ReadAllTextAsync(File_)).IsEqualTo(content);
            await Assert.That(File.GetUnixFileMode(File_)).IsEqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        await Assert.That(Directory.GetFiles(directory)).HasSingleItem();
    }

    [Test]
    [Arguments("printf stale > file.tmp; chmod 666 file.tmp")]
    [Arguments("ln -s victim file.tmp")]
    [Arguments("ln victim file.tmp")]
    [Arguments("mkfifo file.tmp")]
    public async Task What_another_user_laid_out_in_place_of_the_temporary_file_is_not_written_to(string made)
    {
        await Make($"printf untouched > victim; chmod 644 victim; {made}");

        SmallFile.Replace(File_, "new"u8);

        await Assert.That(await File.ReadAllTextAsync(File_)).IsEqualTo("new");
        await Assert.That(File.GetUnixFileMode(File_)).IsEqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await Assert.That(new FileInfo(File_).LinkTarget).IsNull();
        var victim = Path.Combine(directory, "victim");
        await Assert.That(await File.ReadAllTextAsync(victim)).IsEqualTo("untouched");
        await Assert.That(File.GetUnixFileMode(victim) & UnixFileMode.GroupRead).IsEqualTo(UnixFileMode.GroupRead);
        await Assert.That(File.Exists(File_ + ".tmp")).IsFalse();
    }

    [Test]
    [Arguments("mkdir file", "file cannot be replaced: Is a directory")]
    [Arguments("mkdir file.tmp", "file.tmp cannot be created: Is a directory")]
    public async Task What_cannot_be_replaced_says_why_and_leaves_no_temporary_file(string made, string problem)
    {
        await Make(made);
        var thrown = await Assert.That(() => SmallFile.Replace(File_, "new"u8)).Throws<IOException>();
        await Assert.That(thrown!.Message).IsEqualTo($"{directory}/{problem}");
        await Assert.That(Directory.GetFiles(directory)).IsEmpty();
    }

    [Test]
    [Category("Netns")]
    public async Task Where_there_is_no_room_the_old_file_stays_and_no_temporary_file()
    {
        await Make("mount -t tmpfs -o size=64k tmpfs .");
        try
        {
            SmallFile.Replace(File_, "old"u8);
            await Assert.That(SmallFile.TryReplace(File_, new byte[Max]))
                .IsEqualTo($"{File_}.tmp cannot be written: No space left on device");
            await Assert.That(Directory.GetFiles(directory)).IsEquivalentTo([File_]);
            await Assert.That(await File.ReadAllTextAsync(File_)).IsEqualTo("old");
        }
        finally
        {
            await Tool.Succeed(["umount", directory]);
        }
    }

    private Task<string> Make(string script) => Tool.Succeed(["sh", "-euc", $"cd {directory}; {script}"]);
}
