using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using HookAot.Tests;
using HookAot.Tests.Fuzz;

namespace HookAot.Fuzz;

/// <summary>Runs one target with ever new inputs: what reaches something new is kept, and changed next.</summary>
internal sealed class FuzzLoop : IDisposable
{
    private const int MostCrashers = 20;

    private readonly FuzzTarget target;
    private readonly string folder;
    private readonly CoverageMap map = new();
    private readonly List<(byte[] Input, int Edges)> corpus = [];
    private readonly HashSet<string> crashes = new(StringComparer.Ordinal);
    private readonly Dice dice;
    private readonly Mutator mutator;
    private readonly CurrentInput current;
    private long slowest;
    private int beginnings;

    /// <summary>Prepares it.</summary>
    /// <param name="target">What is run.</param>
    /// <param name="folder">Where its inputs and crashers go.</param>
    /// <param name="seed">Where the random numbers begin.</param>
    public FuzzLoop(FuzzTarget target, string folder, ulong seed)
    {
        (this.target, this.folder) = (target, Path.Combine(folder, target.Name));
        Directory.CreateDirectory(Path.Combine(this.folder, "corpus"));
        Directory.CreateDirectory(Path.Combine(this.folder, "crashers"));
        dice = new Dice(seed);
        mutator = new Mutator(dice, target.Words);
        current = new CurrentInput(Path.Combine(this.folder, "current"));
    }

    /// <summary>How many inputs were run.</summary>
    public long Executions { get; private set; }

    /// <summary>Runs it.</summary>
    /// <param name="seconds">For how long.</param>
    /// <returns>How many different crashes there were.</returns>
    public int Run(int seconds)
    {
        var clock = Stopwatch.StartNew();
        foreach (var input in target.Seeds) Try(input, isNew: false);
        if (corpus.Count == 0) corpus.Add(([], 0));
        beginnings = corpus.Count;
        foreach (var input in Kept()) Try(input, isNew: false);
        var before = corpus.Count;
        while (clock.Elapsed.TotalSeconds < seconds && crashes.Count < MostCrashers)
        {
            for (var i = 0; i < 200; i++) Try(mutator.Mutate(Pick(), Pick()), isNew: true);
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{target.Name,-14} {Executions,10} executions, {Executions / clock.Elapsed.TotalSeconds,8:0} a second, " +
            $"{map.Edges,5} edges, corpus {before} to {corpus.Count}, slowest {slowest / 1000.0:0.0} ms, " +
            $"{crashes.Count} crashes"));
        return crashes.Count;
    }

    /// <summary>Small inputs that together reach all that any reaches, and no input of the beginning does.</summary>
    public List<byte[]> Minimal()
    {
        const int MostBytes = 1500;
        var reached = new HashSet<int>();
        foreach (var input in target.Seeds)
            if (Execute(input) is null) reached.UnionWith(map.Taken());

        var minimal = new List<byte[]>();
        foreach (var input in Kept().Where(i => i.Length <= MostBytes).OrderBy(i => i.Length))
        {
            if (Execute(input) is not null) continue;
            var before = reached.Count;
            reached.UnionWith(map.Taken());
            if (reached.Count > before) minimal.Add(input);
        }

        return minimal;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        map.Dispose();
        current.Dispose();
    }

    // One of the last that reached something new; of a few the one that got farthest; one of the beginning, which are
    // whole files, while most of the others are refused somewhere; or any.
    private byte[] Pick()
    {
        var any = corpus[dice.Next(corpus.Count)];
        switch (dice.Next(4))
        {
            case 0:
                return corpus[^(1 + dice.Next(Math.Min(corpus.Count, 40)))].Input;
            case 1:
                for (var i = 0; i < 7; i++)
                    if (corpus[dice.Next(corpus.Count)] is var other && other.Edges > any.Edges) any = other;
                return any.Input;
            case 2:
                return corpus[dice.Next(beginnings)].Input;
            default:
                return any.Input;
        }
    }

    private IEnumerable<byte[]> Kept() =>
        Directory.EnumerateFiles(Path.Combine(folder, "corpus")).Order(StringComparer.Ordinal)
            .Select(File.ReadAllBytes);

    private void Try(byte[] input, bool isNew)
    {
        Executions++;
        var problem = Execute(input);
        if (problem is not null) Keep(input, problem);
        // A crasher is no good parent: its children crash too.
        else if (map.IsNews()) Add(input, isNew);
    }

    private void Add(byte[] input, bool isNew)
    {
        corpus.Add((input, map.Taken().Count));
        if (isNew && input.Length <= 4096) File.WriteAllBytes(Path.Combine(folder, "corpus", Name(input)), input);
    }

    private Exception? Execute(byte[] input)
    {
        current.Begin(input);
        map.Begin();
        var start = Stopwatch.GetTimestamp();
        try
        {
            target.Run(input);
            return null;
        }
#pragma warning disable CA1031 // what a parser throws at whatever input is what is looked for
        catch (Exception e)
#pragma warning restore CA1031
        {
            return e;
        }
        finally
        {
            current.End();
            slowest = Math.Max(slowest, (long)Stopwatch.GetElapsedTime(start).TotalMicroseconds);
        }
    }

    private void Keep(byte[] input, Exception problem)
    {
        // One of each place is enough.
        var frames = (problem.StackTrace ?? "").Split('\n').Where(l => l.Contains("HookAot", StringComparison.Ordinal));
        var place = $"{problem.GetType()} {string.Join('\n', frames.Take(3))}";
        if (problem is BrokenPromiseException) place += problem.Message.Split(':')[0];
        if (!crashes.Add(place)) return;

        var file = Path.Combine(folder, "crashers", Name(input));
        File.WriteAllBytes(file, input);
        File.WriteAllText(file + ".txt", $"{problem}\n");
        Console.WriteLine($"CRASH {target.Name}: {problem.GetType().Name}: {problem.Message}\n  {file}");
    }

    private static string Name(byte[] input) => Convert.ToHexStringLower(SHA256.HashData(input))[..16];
}
