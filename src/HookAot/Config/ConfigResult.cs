using System.Collections.Immutable;
using HookAot.Model;

namespace HookAot.Config;

/// <summary>What came of reading a config.json.</summary>
/// <param name="Config">
/// The configuration without the entries that have mistakes; null if the file as a whole cannot be used.
/// </param>
/// <param name="LeftOutMachines">The names of machines whose entries have mistakes.</param>
/// <param name="LeftOutNetworks">The names of networks whose entries have mistakes.</param>
/// <param name="Diagnostics">Every mistake and every doubt, in the file's order.</param>
internal sealed record ConfigResult(
    HookConfig? Config,
    ImmutableArray<string> LeftOutMachines,
    ImmutableArray<string> LeftOutNetworks,
    ImmutableArray<Diagnostic> Diagnostics)
{
    /// <summary>What a file says that is not there.</summary>
    public static ConfigResult Nothing { get; } = new(HookConfig.Empty, [], [], []);

    /// <summary>The mistakes among the diagnostics.</summary>
    public IEnumerable<Diagnostic> Errors => Diagnostics.Where(d => d.Severity == Severity.Error);
}
