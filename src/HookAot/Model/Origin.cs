namespace HookAot.Model;

/// <summary>Where a part of the configuration was written.</summary>
/// <param name="File">The file, as the user would name it; empty: it comes from no file.</param>
/// <param name="Line">1-based; 0: nowhere in particular.</param>
/// <param name="Column">1-based, in characters; 0: nowhere in particular.</param>
/// <param name="JsonPath">Such as <c>$.machines.web.port_map[0]</c>; empty: none.</param>
internal sealed record Origin(string File, int Line, int Column, string JsonPath)
{
    /// <summary>The origin of what was not read from a file.</summary>
    public static Origin Unknown { get; } = new("", 0, 0, "");
}
