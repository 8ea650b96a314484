using System.Collections.Immutable;

namespace HookAot.Host;

/// <summary>What became of one attempt to put a ruleset into the kernel.</summary>
internal enum Verdict
{
    /// <summary>It is in place.</summary>
    InPlace,

    /// <summary>A guest's rule was refused, and the tool said which.</summary>
    RuleRefused,

    /// <summary>A table was refused, and the tool did not say for which rule.</summary>
    TableRefused,

    /// <summary>
    /// The tool failed for no rule's sake: it could not wait, was killed, took too long, or did not start.
    /// </summary>
    ToolFailed,
}

/// <summary>One attempt to put a ruleset into the kernel.</summary>
/// <param name="Verdict">How it went.</param>
/// <param name="Guest">The guest whose rule was refused.</param>
/// <param name="Message">The tool's words.</param>
internal readonly record struct Attempt(Verdict Verdict, string? Guest = null, string Message = "");

/// <summary>
/// Leaves out the guests whose rules the kernel refuses, so that the others are served. It never takes out rules of a
/// guest that is not at fault: a tool that fails for no rule's sake ends it, and a search tries without applying.
/// </summary>
/// <param name="apply">Puts the rules of some guests into the kernel: all of a table or nothing.</param>
/// <param name="test">Whether the tool would take the rules of some guests, without applying them.</param>
internal sealed class GuestSelection(
    Func<IReadOnlySet<string>, Attempt> apply, Func<IReadOnlySet<string>, bool> test)
{
    /// <summary>Applies the rules, without the guests that have to be left out.</summary>
    /// <param name="guests">The guests that have rules.</param>
    /// <param name="served">The guests whose rules the kernel took at the last converge.</param>
    /// <returns>Why the rules are not in place, null if they are; and who is left out.</returns>
    public (string? Error, ImmutableArray<RefusedGuest> Refused) Apply(
        ImmutableArray<string> guests, IReadOnlySet<string> served)
    {
        var refused = ImmutableArray.CreateBuilder<RefusedGuest>();
        var names = guests.ToHashSet(StringComparer.Ordinal);
        while (true)
        {
            var attempt = apply(names);
            switch (attempt.Verdict)
            {
                case Verdict.InPlace:
                    return (null, refused.ToImmutable());
                case Verdict.RuleRefused when names.Remove(attempt.Guest!):
                    refused.Add(new(attempt.Guest!, attempt.Message));
                    break;
                case Verdict.TableRefused when Narrower(names, served) is { } narrower:
                    refused.AddRange(names.Except(narrower).Select(n => new RefusedGuest(n, attempt.Message)));
                    names = narrower;
                    break;
                case Verdict.RuleRefused or Verdict.TableRefused or Verdict.ToolFailed:
                    return (attempt.Message, refused.ToImmutable());
                default:
                    throw new InvalidOperationException($"unknown verdict {attempt.Verdict}");
            }
        }
    }

    /// <summary>
    /// Fewer guests, whose rules may be taken: those that the tool takes one by one, else those that it took before.
    /// Never none: that would take everything out.
    /// </summary>
    private HashSet<string>? Narrower(HashSet<string> names, IReadOnlySet<string> served)
    {
        var accepted = Accepted([.. names]);
        if (accepted.Count > 0 && accepted.Count < names.Count) return accepted;

        var before = names.Where(served.Contains).ToHashSet(StringComparer.Ordinal);
        return before.Count > 0 && before.Count < names.Count ? before : null;
    }

    /// <summary>The guests whose rules the tool takes, found by halving the list.</summary>
    private HashSet<string> Accepted(ImmutableArray<string> names)
    {
        if (test(names.ToHashSet(StringComparer.Ordinal))) return [.. names];
        if (names.Length <= 1) return [];

        var half = names.Length / 2;
        return [.. Accepted(names[..half]), .. Accepted(names[half..])];
    }
}
