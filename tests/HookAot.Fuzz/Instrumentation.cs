namespace HookAot.Fuzz;

/// <summary>Puts counting of branches into an assembly. It must not be loaded meanwhile.</summary>
internal static class Instrumentation
{
    /// <summary>Does so, in place.</summary>
    public static void Instrument(string assembly)
    {
        var types = SharpFuzz.Fuzzer.Instrument(assembly, IsInstrumented, SharpFuzz.Options.Value).Count();
        Console.WriteLine($"{Path.GetFileName(assembly)}: {types} types count their branches");
    }

    // Nothing of the runtime's, and none of what the compiler generates for records would say anything.
    private static bool IsInstrumented(string type) => type.StartsWith("HookAot.", StringComparison.Ordinal);
}
