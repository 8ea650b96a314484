using System.Globalization;
using HookAot.Fuzz;
using HookAot.Tests;
using HookAot.Tests.Fuzz;

// Called by scripts/fuzz.sh; see there.
switch (args)
{
    case ["instrument", var assembly]:
        Instrumentation.Instrument(assembly);
        return 0;
    case ["list"]:
        foreach (var target in FuzzTargets.All) Console.WriteLine(target.Name);
        return 0;
    case ["run", var name, var folder, var seconds, var seed]:
        var start = ulong.Parse(seed, CultureInfo.InvariantCulture);
        using (var loop = new FuzzLoop(FuzzTargets.Named(name), folder, start))
        {
            var crashes = loop.Run(int.Parse(seconds, CultureInfo.InvariantCulture));
            File.AppendAllText(Path.Combine(folder, "executions"), $"{name} {loop.Executions}\n");
            return crashes == 0 ? 0 : 1;
        }

    case ["minimise", var name, var folder]:
        using (var loop = new FuzzLoop(FuzzTargets.Named(name), folder, 0))
        {
            var inputs = loop.Minimal();
            Corpus.Write(name, inputs);
            Console.WriteLine($"{name}: {inputs.Count} inputs, {inputs.Sum(i => i.Length)} bytes");
        }

        return 0;
    case ["left", var file]:
        using (var output = Console.OpenStandardOutput()) output.Write(CurrentInput.Left(file));
        return 0;
    case ["one", var name, var file]:
        // The code counts its branches in any case.
        using (new CoverageMap()) FuzzTargets.Named(name).Run(File.ReadAllBytes(file));
        Console.WriteLine("no crash");
        return 0;
    default:
        Console.Error.WriteLine("usage: see scripts/fuzz.sh");
        return 2;
}
