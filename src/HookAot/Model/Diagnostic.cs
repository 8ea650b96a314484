using System.Globalization;

namespace HookAot.Model;

/// <summary>How much a finding matters.</summary>
internal enum Severity
{
    /// <summary>Works, but probably not as meant.</summary>
    Warning,

    /// <summary>The entry, or the whole file, is left out.</summary>
    Error,
}

/// <summary>One finding about a file that a person wrote.</summary>
/// <param name="Severity">How much it matters.</param>
/// <param name="File">The file, as the user would name it.</param>
/// <param name="Line">1-based; 0 if the file as a whole is meant.</param>
/// <param name="Column">1-based, in characters; 0 if the file as a whole is meant.</param>
/// <param name="JsonPath">Such as <c>$.machines.web.port_map[0]</c>; empty if the file as a whole is meant.</param>
/// <param name="Message">What was found, what is expected, what to do. One line, printable.</param>
internal sealed record Diagnostic(Severity Severity, string File, int Line, int Column, string JsonPath, string Message)
{
    /// <summary>"file:line:column: error: message (path)", the form that editors and compilers use.</summary>
    public override string ToString()
    {
        var place = Line > 0 ? string.Create(CultureInfo.InvariantCulture, $":{Line}:{Column}") : "";
        var path = JsonPath.Length > 0 ? $" (at {JsonPath})" : "";
        return $"{File}{place}: {(Severity == Severity.Error ? "error" : "warning")}: {Message}{path}";
    }
}
