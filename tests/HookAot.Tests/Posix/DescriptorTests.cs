using HookAot.Host;

namespace HookAot.Tests.Posix;

/// <summary>Writing everything, or knowing why not.</summary>
public sealed class DescriptorTests
{
    private const int ENOSPC = 28, EBADF = 9, EPIPE = 32;

    [Test]
    [Arguments("/dev/null", 0)]
    [Arguments("/dev/full", ENOSPC)]
    public async Task What_was_not_written_is_an_error(string path, int error)
    {
        var fd = Descriptor.Open(path, Libc.O_WRONLY);
        await Assert.That(Descriptor.WriteAll(fd, "text"u8)).IsEqualTo(error);
        _ = Libc.close(fd);
        await Assert.That(Descriptor.WriteAll(-1, "text"u8)).IsEqualTo(EBADF);
        await Assert.That(Descriptor.WriteAll(-1, [])).IsEqualTo(0);
    }

    [Test]
    public async Task A_pipe_that_does_not_block_is_waited_for_as_long_as_there_is_patience()
    {
        var (reader, writer) = Pipe();
        var text = new byte[1_000_000];

        // Nobody reads yet.
        await Assert.That(Descriptor.WriteAll(writer, text, patience: 1)).IsEqualTo(Libc.EAGAIN);

        // What went in before, and then all of the text.
        var read = Task.Run(() => ReadToEnd(reader));
        await Assert.That(Descriptor.WriteAll(writer, text)).IsEqualTo(0);
        _ = Libc.close(writer);
        await Assert.That(await read).IsBetween(text.Length, 2 * text.Length);
        _ = Libc.close(reader);
    }

    [Test]
    public async Task A_pipe_without_a_reader_is_an_error()
    {
        var (reader, writer) = Pipe();
        _ = Libc.close(reader);
        await Assert.That(Descriptor.WriteAll(writer, "text"u8)).IsEqualTo(EPIPE);
        _ = Libc.close(writer);
    }

    [Test]
    [Arguments("1\n", "1", true)]
    [Arguments("1", "1", true)]
    [Arguments("10\n", "1", false)]
    [Arguments("0\n", "1", false)]
    [Arguments("\n", "1", false)]
    [Arguments("", "1", false)]
    public async Task A_setting_is_its_text_without_the_newline(string text, string value, bool expected)
    {
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, text);
        await Assert.That(KernelSetting.Is(file, value)).IsEqualTo(expected);
        await Assert.That(KernelSetting.Set(file, "7")).IsEqualTo(0);
        await Assert.That((await File.ReadAllTextAsync(file))[0]).IsEqualTo('7');
        File.Delete(file);
        await Assert.That(KernelSetting.Is(file, value)).IsFalse();
        await Assert.That(KernelSetting.Set(file, "7")).IsEqualTo(Libc.ENOENT);
        await Assert.That(KernelSetting.Set("/dev/full", "7")).IsEqualTo(ENOSPC);
    }

    private static unsafe (int Reader, int Writer) Pipe()
    {
        var ends = stackalloc int[2];
        _ = Libc.pipe2(ends, Libc.O_CLOEXEC);
        // The writing end alone is not to block: opened once more through /proc, since flags belong to the open file.
        var writer = Descriptor.Open($"/proc/self/fd/{ends[1]}", Libc.O_WRONLY | Libc.O_NONBLOCK);
        _ = Libc.close(ends[1]);
        return (ends[0], writer);
    }

    private static int ReadToEnd(int fd)
    {
        var buffer = new byte[4096];
        var total = 0;
        while (Descriptor.Read(fd, buffer) is var count and > 0) total += count;
        return total;
    }
}
