using System.Globalization;
using dnlib.DotNet.Pdb;

namespace HookAot.Coverage;

/// <summary>Where a statement begins.</summary>
/// <param name="File">The file, below src/HookAot.</param>
/// <param name="Line">The line, from 1.</param>
internal sealed record Statement(string File, int Line)
{
    // Directory.Build.props calls the repository so.
    private const string Source = "/_/src/HookAot/";

    // What the compiler says of code that is in no line.
    private const int Hidden = 0xfeefee;

    /// <summary>Whether it is in a file of the product that is not generated.</summary>
    public static bool IsInSource(SequencePoint point) =>
        point.StartLine != Hidden
        && point.Document.Url.StartsWith(Source, StringComparison.Ordinal)
        && !point.Document.Url.StartsWith(Source + "obj/", StringComparison.Ordinal)
        && !point.Document.Url.EndsWith(".g.cs", StringComparison.Ordinal);

    /// <summary>The one of a sequence point.</summary>
    public static Statement At(SequencePoint point) => new(point.Document.Url[Source.Length..], point.StartLine);

    /// <summary>Reads what <see cref="ToString"/> has written.</summary>
    public static Statement Parse(string text)
    {
        var colon = text.LastIndexOf(':');
        return new(text[..colon], int.Parse(text[(colon + 1)..], CultureInfo.InvariantCulture));
    }

    /// <summary>FILE:LINE.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{File}:{Line}");
}
