using HookAot.Rules;

namespace HookAot.Backends;

/// <summary>What a line of a script is for, so that a refusal of the kernel can be traced to its cause.</summary>
internal enum LineKind
{
    /// <summary>"*nat" or "COMMIT".</summary>
    Frame,

    /// <summary>Makes or empties a chain of ours.</summary>
    Chain,

    /// <summary>Deletes a chain of ours.</summary>
    ChainRemoval,

    /// <summary>Takes a jump out of a chain of the kernel's.</summary>
    JumpRemoval,

    /// <summary>Puts a jump at the head of a chain of the kernel's.</summary>
    JumpInsertion,

    /// <summary>Takes a rule out of a chain of ours.</summary>
    RuleRemoval,

    /// <summary>A rule in a chain of ours.</summary>
    Rule,
}

/// <summary>One line of a script.</summary>
/// <param name="Text">The line without its end.</param>
/// <param name="Table">The table that it belongs to.</param>
/// <param name="Kind">What it is for.</param>
/// <param name="Subject">The chain or the jump that it is about; the chain of a rule.</param>
/// <param name="Guest">The guest that needs it; null where it is needed by all.</param>
/// <param name="Translation">What the rule translates; null where it does not.</param>
internal sealed record ScriptLine(
    string Text, string Table, LineKind Kind, string Subject, string? Guest = null, Translation? Translation = null)
{
    /// <summary>The name of the part of the script that the line is in.</summary>
    public string Part { get; init; } = "";

    /// <summary>Which translations need it; null: all of the guest, or the one that it is.</summary>
    public Lack? Needed { get; init; }
}
