using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using static Microsoft.CodeAnalysis.CSharp.SyntaxFactory;

namespace HookAot.Mutate;

/// <summary>Finds all that can be changed in a file.</summary>
/// <param name="model">What its names and types mean.</param>
internal sealed class Mutator(SemanticModel model)
{
    private static readonly Dictionary<SyntaxKind, (SyntaxKind Expression, SyntaxKind Token)[]> Operators = new()
    {
        [SyntaxKind.LogicalAndExpression] = [(SyntaxKind.LogicalOrExpression, SyntaxKind.BarBarToken)],
        [SyntaxKind.LogicalOrExpression] = [(SyntaxKind.LogicalAndExpression, SyntaxKind.AmpersandAmpersandToken)],
        [SyntaxKind.EqualsExpression] = [(SyntaxKind.NotEqualsExpression, SyntaxKind.ExclamationEqualsToken)],
        [SyntaxKind.NotEqualsExpression] = [(SyntaxKind.EqualsExpression, SyntaxKind.EqualsEqualsToken)],
        [SyntaxKind.LessThanExpression] =
        [
            (SyntaxKind.LessThanOrEqualExpression, SyntaxKind.LessThanEqualsToken),
            (SyntaxKind.GreaterThanExpression, SyntaxKind.GreaterThanToken),
        ],
        [SyntaxKind.LessThanOrEqualExpression] = [(SyntaxKind.LessThanExpression, SyntaxKind.LessThanToken)],
        [SyntaxKind.GreaterThanExpression] =
        [
            (SyntaxKind.GreaterThanOrEqualExpression, SyntaxKind.GreaterThanEqualsToken),
            (SyntaxKind.LessThanExpression, SyntaxKind.LessThanToken),
        ],
        [SyntaxKind.GreaterThanOrEqualExpression] = [(SyntaxKind.GreaterThanExpression, SyntaxKind.GreaterThanToken)],
        [SyntaxKind.AddExpression] = [(SyntaxKind.SubtractExpression, SyntaxKind.MinusToken)],
        [SyntaxKind.SubtractExpression] = [(SyntaxKind.AddExpression, SyntaxKind.PlusToken)],
        [SyntaxKind.MultiplyExpression] = [(SyntaxKind.DivideExpression, SyntaxKind.SlashToken)],
        [SyntaxKind.DivideExpression] = [(SyntaxKind.MultiplyExpression, SyntaxKind.AsteriskToken)],
        [SyntaxKind.ModuloExpression] = [(SyntaxKind.MultiplyExpression, SyntaxKind.AsteriskToken)],
        [SyntaxKind.BitwiseAndExpression] = [(SyntaxKind.BitwiseOrExpression, SyntaxKind.BarToken)],
        [SyntaxKind.BitwiseOrExpression] = [(SyntaxKind.BitwiseAndExpression, SyntaxKind.AmpersandToken)],
        [SyntaxKind.LeftShiftExpression] = [(SyntaxKind.RightShiftExpression, SyntaxKind.GreaterThanGreaterThanToken)],
        [SyntaxKind.RightShiftExpression] = [(SyntaxKind.LeftShiftExpression, SyntaxKind.LessThanLessThanToken)],
    };

    private static readonly Dictionary<string, string> Methods = new(StringComparer.Ordinal)
    {
        ["First"] = "Last",
        ["FirstOrDefault"] = "LastOrDefault",
        ["Last"] = "First",
        ["LastOrDefault"] = "FirstOrDefault",
        ["Any"] = "All",
        ["All"] = "Any",
        ["Min"] = "Max",
        ["Max"] = "Min",
        ["Skip"] = "Take",
        ["Take"] = "Skip",
        ["Append"] = "Prepend",
        ["StartsWith"] = "EndsWith",
        ["EndsWith"] = "StartsWith",
        ["IndexOf"] = "LastIndexOf",
        ["LastIndexOf"] = "IndexOf",
        ["Union"] = "Intersect",
        ["Except"] = "Intersect",
        ["TakeWhile"] = "SkipWhile",
        ["SkipWhile"] = "TakeWhile",
    };

    // a.Where(...) -> a
    private static readonly HashSet<string> LeftAway = new(StringComparer.Ordinal)
    {
        "Where", "Distinct", "DistinctBy", "OrderBy", "ThenBy", "Reverse", "Concat", "Append", "Trim", "TrimEnd",
        "TrimStart", "ToLowerInvariant", "OfType", "Except", "Union", "Skip", "Take",
    };

    private static LiteralExpressionSyntax False => LiteralExpression(SyntaxKind.FalseLiteralExpression);

    /// <summary>All changes.</summary>
    public IEnumerable<Mutation> Mutations()
    {
        foreach (var node in model.SyntaxTree.GetRoot().DescendantNodes(n => n is not AttributeListSyntax))
        {
            foreach (var (replacement, kind) in Of(node)) yield return new(model.SyntaxTree, node, replacement, kind);
        }
    }

    private IEnumerable<(SyntaxNode? Replacement, string Kind)> Of(SyntaxNode node) => node switch
    {
        BinaryExpressionSyntax binary => Binary(binary),
        PrefixUnaryExpressionSyntax { RawKind: (int)SyntaxKind.LogicalNotExpression } negation =>
            [(negation.Operand, "without !")],
        PostfixUnaryExpressionSyntax step => Step(step),
        AssignmentExpressionSyntax assignment => Assignment(assignment),
        LiteralExpressionSyntax literal => Literal(literal),
        InterpolatedStringTextSyntax text when text.TextToken.ValueText.Trim().Length > 0 => [(null, "text left away")],
        IsPatternExpressionSyntax pattern => IsPattern(pattern),
        IfStatementSyntax branch => [(branch.WithCondition(Not(branch.Condition)), "if negated")],
        WhileStatementSyntax loop => [(loop.WithCondition(False), "no loop")],
        ConditionalExpressionSyntax either =>
            [(either.WithWhenTrue(either.WhenFalse).WithWhenFalse(either.WhenTrue), "?: swapped")],
        WhenClauseSyntax guard => [(guard.WithCondition(Not(guard.Condition)), "when negated")],
        InvocationExpressionSyntax call => Call(call),
        CollectionExpressionSyntax { Elements.Count: > 0 } => [(CollectionExpression(), "empty collection")],
        ExpressionStatementSyntax or YieldStatementSyntax => Statement((StatementSyntax)node),
        ReturnStatementSyntax or ContinueStatementSyntax or BreakStatementSyntax => Jump((StatementSyntax)node),
        ArrowExpressionClauseSyntax arrow when IsBool(arrow.Expression) =>
            [(arrow.WithExpression(Not(arrow.Expression)), "result negated")],
        _ => [],
    };

    private static IEnumerable<(SyntaxNode?, string)> Binary(BinaryExpressionSyntax binary)
    {
        if (binary.IsKind(SyntaxKind.CoalesceExpression)) yield return (binary.Right, "?? always");
        foreach (var (kind, token) in Operators.GetValueOrDefault(binary.Kind()) ?? [])
        {
            var operation = Token(token).WithTriviaFrom(binary.OperatorToken);
            yield return (BinaryExpression(kind, binary.Left, operation, binary.Right), "operator");
        }
    }

    private static IEnumerable<(SyntaxNode?, string)> Step(PostfixUnaryExpressionSyntax step)
    {
        if (step.IsKind(SyntaxKind.PostIncrementExpression))
            yield return (PostfixUnaryExpression(SyntaxKind.PostDecrementExpression, step.Operand), "operator");
        if (step.IsKind(SyntaxKind.PostDecrementExpression))
            yield return (PostfixUnaryExpression(SyntaxKind.PostIncrementExpression, step.Operand), "operator");
    }

    private static IEnumerable<(SyntaxNode?, string)> Assignment(AssignmentExpressionSyntax assignment)
    {
        if (assignment.IsKind(SyntaxKind.AddAssignmentExpression))
        {
            yield return (AssignmentExpression(
                SyntaxKind.SubtractAssignmentExpression, assignment.Left, assignment.Right), "operator");
        }

        if (assignment.IsKind(SyntaxKind.OrAssignmentExpression))
        {
            yield return (AssignmentExpression(
                SyntaxKind.AndAssignmentExpression, assignment.Left, assignment.Right), "operator");
        }
    }

    private static IEnumerable<(SyntaxNode?, string)> Literal(LiteralExpressionSyntax literal)
    {
        switch (literal.Kind())
        {
            case SyntaxKind.TrueLiteralExpression:
                yield return (LiteralExpression(SyntaxKind.FalseLiteralExpression), "constant");
                break;
            case SyntaxKind.FalseLiteralExpression:
                yield return (LiteralExpression(SyntaxKind.TrueLiteralExpression), "constant");
                break;
            case SyntaxKind.StringLiteralExpression:
                var text = literal.Token.ValueText.Length == 0 ? "mutated" : "";
                yield return (
                    LiteralExpression(SyntaxKind.StringLiteralExpression, SyntaxFactory.Literal(text)), "string");
                break;
            case SyntaxKind.NumericLiteralExpression when literal.Token.Value is int number:
                var other = SyntaxFactory.Literal((number + 1).ToString(CultureInfo.InvariantCulture), number + 1);
                yield return (LiteralExpression(SyntaxKind.NumericLiteralExpression, other), "constant");
                break;
            case SyntaxKind.CharacterLiteralExpression:
                yield return (LiteralExpression(
                    SyntaxKind.CharacterLiteralExpression, SyntaxFactory.Literal('~')), "constant");
                break;
            default:
                break;
        }
    }

    private static IEnumerable<(SyntaxNode?, string)> IsPattern(IsPatternExpressionSyntax pattern)
    {
        var opposite = pattern.Pattern is UnaryPatternSyntax not
            ? not.Pattern
            : UnaryPattern(
                Token(SyntaxKind.NotKeyword).WithTrailingTrivia(Space), ParenthesizedPattern(pattern.Pattern));
        yield return (pattern.WithPattern(opposite), "pattern negated");
    }

    private static IEnumerable<(SyntaxNode?, string)> Call(InvocationExpressionSyntax call)
    {
        if (call.Expression is not MemberAccessExpressionSyntax member) yield break;
        var name = member.Name.Identifier.Text;
        if (Methods.TryGetValue(name, out var other))
            yield return (call.WithExpression(member.WithName(IdentifierName(other))), "method");
        if (LeftAway.Contains(name)) yield return (member.Expression, "method left away");
    }

    private static IEnumerable<(SyntaxNode?, string)> Statement(StatementSyntax statement)
    {
        yield return (EmptyStatement(), "statement left away");
    }

    private IEnumerable<(SyntaxNode?, string)> Jump(StatementSyntax statement)
    {
        if (statement is ReturnStatementSyntax { Expression: { } result })
        {
            if (IsBool(result) && result is not LiteralExpressionSyntax)
                yield return (ReturnStatement(Not(result).WithLeadingTrivia(Space)), "result negated");
            yield break;
        }

        // A "break" that ends a case cannot be left away.
        if (statement.Parent is not SwitchSectionSyntax) yield return (EmptyStatement(), "statement left away");
    }

    private bool IsBool(ExpressionSyntax expression) =>
        model.GetTypeInfo(expression).ConvertedType?.SpecialType == SpecialType.System_Boolean;

    private static PrefixUnaryExpressionSyntax Not(ExpressionSyntax expression) =>
        PrefixUnaryExpression(SyntaxKind.LogicalNotExpression, ParenthesizedExpression(expression.WithoutTrivia()));
}
