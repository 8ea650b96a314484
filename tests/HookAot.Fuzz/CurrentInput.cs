using System.Diagnostics;
using System.IO.MemoryMappedFiles;

namespace HookAot.Fuzz;

/// <summary>
/// The input that is being run, in a file that outlives the process: a stack that overflows cannot be caught. It also
/// ends the process when one input takes too long.
/// </summary>
internal sealed class CurrentInput : IDisposable
{
    private const int MostBytes = 1 << 18;

    // The machine may be busy with something else: far more than any input takes.
    private const int LongestSeconds = 20;

    private readonly string path;
    private readonly MemoryMappedFile file;
    private readonly MemoryMappedViewAccessor view;
    private readonly Timer timer;
    private long started;

    /// <summary>Makes the file.</summary>
    public CurrentInput(string path)
    {
        this.path = path;
        file = MemoryMappedFile.CreateFromFile(path, FileMode.Create, null, MostBytes + sizeof(int));
        view = file.CreateViewAccessor();
        timer = new Timer(_ => Look(), null, 1000, 1000);
    }

    /// <summary>An input begins.</summary>
    public void Begin(byte[] input)
    {
        view.Write(0, input.Length);
        view.WriteArray(sizeof(int), input, 0, Math.Min(input.Length, MostBytes));
        Volatile.Write(ref started, Stopwatch.GetTimestamp());
    }

    /// <summary>It has ended.</summary>
    public void End() => Volatile.Write(ref started, 0);

    /// <summary>What a process left that died.</summary>
    public static byte[] Left(string path)
    {
        var bytes = File.ReadAllBytes(path);
        return bytes.AsSpan(sizeof(int), Math.Min(BitConverter.ToInt32(bytes), MostBytes)).ToArray();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        timer.Dispose();
        view.Dispose();
        file.Dispose();
        File.Delete(path);
    }

    private void Look()
    {
        var since = Volatile.Read(ref started);
        if (since == 0 || Stopwatch.GetElapsedTime(since).TotalSeconds < LongestSeconds) return;
        Console.WriteLine($"SLOW {path}: an input runs for more than {LongestSeconds} s");
        Environment.Exit(3);
    }
}
