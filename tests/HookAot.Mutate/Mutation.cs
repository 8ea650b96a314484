using Microsoft.CodeAnalysis;

namespace HookAot.Mutate;

/// <summary>One change of the product's code that its tests should notice.</summary>
/// <param name="Tree">The file's syntax tree.</param>
/// <param name="Node">What is replaced.</param>
/// <param name="Replacement">What stands there instead; null: nothing.</param>
/// <param name="Kind">What was done, in a word or two.</param>
internal sealed record Mutation(SyntaxTree Tree, SyntaxNode Node, SyntaxNode? Replacement, string Kind)
{
    private const int MostShown = 60;

    /// <summary>The line of the file, from 1.</summary>
    public int Line => Tree.GetLineSpan(Node.Span).StartLinePosition.Line + 1;

    /// <summary>The file with the change.</summary>
    public SyntaxNode Mutated => Replacement is null
        ? Tree.GetRoot().RemoveNode(Node, SyntaxRemoveOptions.KeepNoTrivia)!
        : Tree.GetRoot().ReplaceNode(Node, Replacement.WithTriviaFrom(Node));

    /// <summary>What stands there, and what instead, each on a line and short.</summary>
    public string Words => $"{Kind}: {Short(Node.ToString())} -> {Short(Replacement?.ToString() ?? "(nothing)")}";

    private static string Short(string code)
    {
        var line = string.Join(' ', code.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return line.Length <= MostShown ? line : line[..MostShown] + "...";
    }
}
