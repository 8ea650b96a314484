using HookAot.Model;

namespace HookAot.Config;

/// <summary>What is found while one JSON file is read, with the places.</summary>
/// <param name="utf8">The file's content, without a byte order mark.</param>
/// <param name="file">Its name, as the user would write it.</param>
internal sealed class Findings(ReadOnlyMemory<byte> utf8, string file)
{
    private readonly TextPositions positions = new(utf8);

    /// <summary>All of them, in the order in which they were found.</summary>
    public List<Diagnostic> All { get; } = [];

    /// <summary>How many of them are mistakes.</summary>
    public int Errors { get; private set; }

    /// <summary>Where a value stands.</summary>
    public Origin Origin(JsonValue value)
    {
        var (line, column) = positions.Of(value.Start);
        return new(file, line, column, value.Path);
    }

    /// <summary>A mistake: something else was expected of a value.</summary>
    public void Wrong(JsonValue value, string expected) =>
        Error(value, $"found {value.Description}; expected {expected}");

    /// <summary>A mistake in a value.</summary>
    public void Error(JsonValue value, string message) => Add(Severity.Error, value.Start, value.Path, message);

    /// <summary>A mistake that begins with a value's key.</summary>
    public void ErrorAtKey(JsonValue value, string message) => Add(Severity.Error, value.KeyStart, value.Path, message);

    /// <summary>A doubt about a value.</summary>
    public void Warning(JsonValue value, string message) => Add(Severity.Warning, value.Start, value.Path, message);

    /// <summary>A doubt about what stands at a place.</summary>
    public void Warning(Origin place, string message) =>
        Add(new Diagnostic(Severity.Warning, place.File, place.Line, place.Column, place.JsonPath, message));

    /// <summary>A doubt about a value and its key.</summary>
    public void WarningAtKey(JsonValue value, string message) =>
        Add(Severity.Warning, value.KeyStart, value.Path, message);

    /// <summary>A finding that others made.</summary>
    public void Add(Diagnostic finding)
    {
        if (finding.Severity == Severity.Error) Errors++;
        All.Add(finding);
    }

    private void Add(Severity severity, int offset, string path, string message)
    {
        var (line, column) = positions.Of(offset);
        Add(new Diagnostic(severity, file, line, column, path, message));
    }
}
