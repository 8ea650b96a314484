using System.Collections.Immutable;
using HookAot.Model;

namespace HookAot.Config;

/// <summary>What hooks.json of saschpe's libvirt-hook-qemu means here.</summary>
/// <param name="Edits">The machines to add; empty if the file has mistakes.</param>
/// <param name="Mistakes">What is wrong in the file, so that nothing is taken over.</param>
/// <param name="Notes">What has no equal here, or another meaning: nothing is dropped silently.</param>
internal sealed record HooksJson(
    ImmutableArray<ConfigEdit.AddMachine> Edits,
    ImmutableArray<Diagnostic> Mistakes,
    ImmutableArray<Diagnostic> Notes)
{
    /// <summary>Reads the file: guests by name, each an object or a list of objects, with comments.</summary>
    /// <param name="utf8">Its content.</param>
    /// <param name="file">Its name, for the messages.</param>
    /// <param name="known">Guests that the config has already; they stay as they are.</param>
    public static HooksJson Read(ReadOnlyMemory<byte> utf8, string file, IReadOnlySet<string> known)
    {
        utf8 = JsonFile.WithoutMark(utf8);
        if (JsonFile.Parse(utf8, file, "guests by name", out var mistake) is not { } root)
            return new([], [mistake!], []);

        var findings = new Findings(utf8, file);
        var edits = new HooksJsonReader(findings).Guests(root, known);
        var mistakes = findings.All.Where(f => f.Severity == Severity.Error).ToImmutableArray();
        var notes = findings.All.Where(f => f.Severity == Severity.Warning).ToImmutableArray();
        return new(mistakes.IsEmpty ? edits : [], mistakes, notes);
    }
}
