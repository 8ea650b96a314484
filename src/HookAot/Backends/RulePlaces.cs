using HookAot.Rules;

namespace HookAot.Backends;

/// <summary>Where the rules of one of our chains stand, by what needs them.</summary>
internal sealed class RulePlaces
{
    private readonly Dictionary<Translation, int> own = [];
    private readonly List<Lack> shared = [];
    private readonly List<int> sharedPlaces = [];

    /// <summary>Adds a rule of ours.</summary>
    public void Add(ScriptLine line, int place)
    {
        if (line.Translation is { } translation) own[translation] = place;
        if (line.Needed is not { } needed) return;
        shared.Add(needed);
        sharedPlaces.Add(place);
    }

    /// <summary>Whether a translation needs a rule that stands behind a place.</summary>
    public bool IsBehind(int place, Translation translation)
    {
        if (own.TryGetValue(translation, out var there)) return there > place;
        for (var i = 0; i < shared.Count; i++)
            if (sharedPlaces[i] > place && shared[i].Concerns(translation)) return true;
        return false;
    }
}
