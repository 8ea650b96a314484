using dnlib.DotNet;
using dnlib.DotNet.Emit;

namespace HookAot.Coverage;

/// <summary>Puts counting of statements into an assembly, as the C# compiler has left it.</summary>
internal static class Instrumentation
{
    /// <summary>How many statements there may be: the size of the file that they are counted in.</summary>
    public const int MostStatements = 1 << 20;

    /// <summary>Does so, in place, and leaves the statements' places beside it, in ASSEMBLY.statements.</summary>
    public static void Instrument(string assembly)
    {
        // From memory, since the file is written anew.
        var lines = new ModuleCreationOptions { PdbFileOrData = Path.ChangeExtension(assembly, "pdb") };
        using var module = ModuleDefMD.Load(File.ReadAllBytes(assembly), lines);
        var hits = module.Find("HookAot.Coverage.Hits", isReflectionName: false);
        var statements = new List<Statement>();
        foreach (var type in module.GetTypes().Where(type => type != hits))
        {
            foreach (var method in type.Methods.Where(IsCounted))
                CountIn(method.Body, hits.FindField("Bytes"), statements);
        }

        if (statements.Count > MostStatements) throw new InvalidOperationException($"{statements.Count} statements");
        File.WriteAllLines(assembly + ".statements", statements.Select(statement => statement.ToString()));
        module.Write(assembly);
    }

    // A property without code, or what the compiler adds to a record, is no statement of anyone. A lambda or a local
    // function is, and has "<" in front of its name.
    private static bool IsCounted(MethodDef method) =>
        method.HasBody
        && (method.Name.StartsWith("<")
            || !method.CustomAttributes.IsDefined("System.Runtime.CompilerServices.CompilerGeneratedAttribute"));

    private static void CountIn(CilBody body, FieldDef bytes, List<Statement> statements)
    {
        var instructions = body.Instructions;
        for (var i = 0; i < instructions.Count; i++)
        {
            var first = instructions[i];
            if (first.SequencePoint is not { } point || !Statement.IsInSource(point)) continue;

            // Jumps to the statement, and blocks that begin or end with it, keep its first instruction: the counting
            // takes that over, and the statement begins with a copy.
            var copy = new Instruction(first.OpCode, first.Operand);
            (first.OpCode, first.Operand) = (OpCodes.Ldsfld, bytes);
            instructions.Insert(i + 1, Instruction.CreateLdcI4(statements.Count));
            instructions.Insert(i + 2, OpCodes.Add.ToInstruction());
            instructions.Insert(i + 3, OpCodes.Ldc_I4_1.ToInstruction());
            instructions.Insert(i + 4, OpCodes.Stind_I1.ToInstruction());
            instructions.Insert(i + 5, copy);
            i += 5;
            statements.Add(Statement.At(point));
        }

        // What was a short jump may be a long one now.
        body.SimplifyBranches();
        body.OptimizeBranches();
    }
}
