using System.Diagnostics;
using System.Reflection;

namespace HookAot.Mutate;

/// <summary>The quick tests that succeed with the product as it is.</summary>
/// <param name="unchanged">The tests beside the product as it is.</param>
/// <param name="rooms">The namespaces whose tests are taken.</param>
internal sealed class Baseline(Assembly unchanged, IReadOnlyList<string> rooms)
{
    private const int LongestMilliseconds = 8000;

    private readonly Dictionary<TestCase, int> kills = [];
    private long started;

    /// <summary>Those tests.</summary>
    public List<TestCase> Cases { get; } = [];

    /// <summary>Tests that are not taken, with the reason.</summary>
    public List<string> LeftOut { get; } = [];

    /// <summary>For how long the test has run that <see cref="Noticed"/> is at; 0 between two calls.</summary>
    public TimeSpan Running =>
        Volatile.Read(ref started) is var since and not 0 ? Stopwatch.GetElapsedTime(since) : TimeSpan.Zero;

    /// <summary>Runs all.</summary>
    public async Task Measure()
    {
        var quick = new List<(TestCase Case, double Milliseconds)>();
        foreach (var test in TestCase.In(unchanged, rooms))
        {
            var start = Stopwatch.GetTimestamp();
            var problem = await test.Run(unchanged);
            var took = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            if (problem is not null) LeftOut.Add($"{test}: {problem.ReplaceLineEndings(" ")}");
            else if (took > LongestMilliseconds) LeftOut.Add($"{test}: {took:0} ms");
            else quick.Add((test, took));
        }

        Cases.AddRange(quick.OrderBy(q => q.Milliseconds).Select(q => q.Case));
    }

    /// <summary>The first test that fails beside a changed product, with what it says; null: none does.</summary>
    public async Task<string?> Noticed(Assembly tests)
    {
        string? noticed = null;
        // What has noticed most so far comes first.
        foreach (var test in Cases.OrderByDescending(c => kills.GetValueOrDefault(c)).ToList())
        {
            Volatile.Write(ref started, Stopwatch.GetTimestamp());
            if (await test.Run(tests) is not { } problem) continue;
            kills[test] = kills.GetValueOrDefault(test) + 1;
            noticed = $"{test}: {problem}";
            break;
        }

        Volatile.Write(ref started, 0);
        return noticed;
    }
}
