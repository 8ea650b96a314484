using System.Diagnostics;
using System.Globalization;
using HookAot.Mutate;
using HookAot.Tests;

// mutate WORK SAMPLE SEED SECONDS [ID]: see scripts/mutate.sh. WORK has the compiler's arguments, the generated files
// and the built tests; results go into WORK/results.tsv, and a run goes on where the last one was ended.
var (work, sample) = (args[0], int.Parse(args[1], CultureInfo.InvariantCulture));
var seed = ulong.Parse(args[2], CultureInfo.InvariantCulture);
var end = Stopwatch.GetTimestamp() + (long.Parse(args[3], CultureInfo.InvariantCulture) * Stopwatch.Frequency);
const int LongestSeconds = 30, NotDone = 4, Stuck = 9;
string[] folders = ["Rules", "Backends"];
string[] rooms = ["Backends", "Config", "Fuzz", "Model", "Nftables", "Rules", "Tables", "Host"];

var root = Path.GetFullPath(Path.Combine(work, "..", ".."));
var product = new Product(
    Path.Combine(work, "arguments.json"), Path.Combine(work, "generated"), Path.Combine(root, "src", "HookAot"));
TestContext.ShareFrom(Path.Combine(work, "tests"));
var tests = await File.ReadAllBytesAsync(Path.Combine(work, "tests", "HookAot.Tests.dll"));

var baseline = new Baseline(new TestContext(product.Compile(null)!, tests).Tests, rooms);
await baseline.Measure();
Console.WriteLine(
    $"{baseline.Cases.Count} quick tests; {baseline.LeftOut.Count} are left out, since they fail or are slow:");
foreach (var left in baseline.LeftOut) Console.WriteLine($"  {left}");

var all = product.Mutations(folders);
Console.WriteLine($"{all.Count} changes are possible in {string.Join(" and ", folders)}");
var chosen = args is [_, _, _, _, var id] ? [int.Parse(id, CultureInfo.InvariantCulture)] : Sample(all.Count);
var results = Path.Combine(work, "results.tsv");
var current = Path.Combine(work, "current");
string[] before = File.Exists(results) ? await File.ReadAllLinesAsync(results) : [];
var done = before.Select(line => line.Split('\t')[0]).ToHashSet();
using var watchdog = new Timer(_ => EndIfStuck(), null, 1000, 1000);

foreach (var number in chosen.Where(n => !done.Contains(Name(n))))
{
    if (Stopwatch.GetTimestamp() > end) return NotDone;
    var mutation = number < 0 ? null : all[number];
    await File.WriteAllTextAsync(current, Line(number, mutation, "", ""));
    var assembly = product.Compile(mutation);
    var noticed = "";
    var result = "did not compile";
    if (assembly is not null)
    {
        var context = new TestContext(assembly, tests);
        noticed = await baseline.Noticed(context.Tests) ?? "";
        context.Unload();
        result = noticed.Length > 0 ? "noticed" : "survived";
    }

    await File.AppendAllTextAsync(results, Line(number, mutation, result, noticed));
    File.Delete(current);
}

return 0;

static string Name(int number) => number.ToString(CultureInfo.InvariantCulture);

string Line(int number, Mutation? mutation, string result, string noticed) => string.Join('\t',
    Name(number), result, mutation is null ? "-" : $"{product.Path(mutation.Tree)}:{mutation.Line}",
    mutation?.Words ?? "nothing is changed", noticed.ReplaceLineEndings(" ")) + "\n";

// Any N of them, the same for a seed as long as the code is the same.
List<int> Sample(int count)
{
    var numbers = Enumerable.Range(0, count).ToList();
    var dice = new Dice(seed);
    for (var i = 0; i < count - 1; i++)
    {
        var other = i + dice.Next(count - i);
        (numbers[i], numbers[other]) = (numbers[other], numbers[i]);
    }

    return numbers[..Math.Min(sample, count)];
}

void EndIfStuck()
{
    if (baseline.Running.TotalSeconds > LongestSeconds) Environment.Exit(Stuck);
}
