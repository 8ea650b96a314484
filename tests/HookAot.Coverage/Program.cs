using System.Globalization;
using HookAot.Coverage;

// Called by scripts/coverage.sh; see there.
switch (args)
{
    case ["instrument", var assembly]:
        Instrumentation.Instrument(assembly);
        return 0;
    case ["report", var statements, var hits, var source, var uncovered, var goal]:
        var report = new Report(statements, hits);
        foreach (var row in report.Table()) Console.WriteLine(row);
        File.WriteAllLines(uncovered, report.Uncovered(source));
        return report.Percent >= double.Parse(goal, CultureInfo.InvariantCulture) ? 0 : 1;
    default:
        Console.Error.WriteLine("usage: see scripts/coverage.sh");
        return 2;
}
