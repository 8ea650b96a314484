using HookAot.Model;

namespace HookAot.Rules;

/// <summary>An active guest, or a forward of one, that cannot be served.</summary>
/// <param name="Guest">The guest's name.</param>
/// <param name="Forward">The forward; null: all of them.</param>
/// <param name="Reason">Why, and what to do.</param>
internal sealed record LeftOut(string Guest, Forward? Forward, string Reason)
{
    /// <summary>Whether the rest of it is served.</summary>
    public bool Partly { get; init; }

    /// <summary>"guest: reason".</summary>
    public override string ToString() => $"{Printable.Escape(Guest)}: {Reason}";
}
