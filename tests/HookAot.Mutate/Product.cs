using System.Text.Json;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Emit;

namespace HookAot.Mutate;

/// <summary>The product, compiled as its build compiles it: with the same arguments and generated files.</summary>
internal sealed class Product
{
    private readonly CSharpCompilation compilation;
    private readonly string source;

    /// <summary>Reads it.</summary>
    /// <param name="arguments">A file with the compiler's arguments, as msbuild prints an item.</param>
    /// <param name="generated">The folder of the files that source generators have made.</param>
    /// <param name="source">The folder of the project.</param>
    public Product(string arguments, string generated, string source)
    {
        this.source = source;
        using var json = JsonDocument.Parse(File.ReadAllText(arguments));
        var items = json.RootElement.GetProperty("Items").GetProperty("CscCommandLineArgs").EnumerateArray();
        var words = items.Select(item => item.GetProperty("Identity").GetString()!);
        var parsed = CSharpCommandLineParser.Default.Parse(words, source, sdkDirectory: null);
        var files = parsed.SourceFiles.Select(f => f.Path)
            .Concat(Directory.EnumerateFiles(generated, "*.cs", SearchOption.AllDirectories));
        var trees = files.Select(Parse).ToList();
        var references = parsed.MetadataReferences.Select(r => MetadataReference.CreateFromFile(r.Reference));
        compilation = CSharpCompilation.Create(
            "hookaot", trees, references,
            // What is left unused by a change is no error.
            parsed.CompilationOptions.WithGeneralDiagnosticOption(ReportDiagnostic.Default)
                .WithSpecificDiagnosticOptions([]).WithReportSuppressedDiagnostics(false).WithConcurrentBuild(true));

        SyntaxTree Parse(string path) =>
            CSharpSyntaxTree.ParseText(File.ReadAllText(path), parsed.ParseOptions, path, System.Text.Encoding.UTF8);
    }

    /// <summary>The path of a tree within the project.</summary>
    public string Path(SyntaxTree tree) => System.IO.Path.GetRelativePath(source, tree.FilePath);

    /// <summary>All changes of the files in some folders, in the files' order.</summary>
    public List<Mutation> Mutations(IReadOnlyList<string> folders)
    {
        var trees = compilation.SyntaxTrees.Where(t => folders.Any(f => IsIn(t, f)));
        return [.. trees.OrderBy(t => t.FilePath, StringComparer.Ordinal)
            .SelectMany(t => new Mutator(compilation.GetSemanticModel(t)).Mutations())];
    }

    /// <summary>The assembly with a change, or as it is; null where that does not compile.</summary>
    public byte[]? Compile(Mutation? mutation)
    {
        var changed = compilation;
        if (mutation is not null)
        {
            var tree = mutation.Tree.WithRootAndOptions(mutation.Mutated, mutation.Tree.Options);
            changed = compilation.ReplaceSyntaxTree(mutation.Tree, tree);
        }

        using var memory = new MemoryStream();
        var options = new EmitOptions(debugInformationFormat: DebugInformationFormat.Embedded);
        var result = changed.Emit(memory, options: options);
        if (!result.Success && mutation is null)
        {
            var errors = result.Diagnostics.Where(d => d.Severity == DiagnosticSeverity.Error).Take(5);
            throw new InvalidOperationException(string.Join('\n', errors));
        }

        return result.Success ? memory.ToArray() : null;
    }

    private bool IsIn(SyntaxTree tree, string folder) =>
        Path(tree).StartsWith(folder + System.IO.Path.DirectorySeparatorChar, StringComparison.Ordinal);
}
