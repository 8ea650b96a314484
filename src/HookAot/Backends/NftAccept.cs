using System.Collections.Immutable;
using HookAot.Rules;

namespace HookAot.Backends;

/// <summary>A rule of our chain in libvirt's table.</summary>
/// <param name="text">The rule.</param>
/// <param name="needed">Which forwards of which guests need it; empty: no guest's.</param>
internal sealed class NftAccept(string text, ImmutableArray<GuestLack> needed)
{
    /// <summary>The rule.</summary>
    public string Text => text;

    /// <summary>Which forwards of which guests need it; empty: no guest's.</summary>
    public ImmutableArray<GuestLack> Needed => needed;
}

/// <summary>Which forwards of a guest need something.</summary>
internal sealed class GuestLack(string guest, Lack lack)
{
    /// <summary>The guest's name.</summary>
    public string Guest => guest;

    /// <summary>Its forwards that need it.</summary>
    public Lack Lack => lack;
}
