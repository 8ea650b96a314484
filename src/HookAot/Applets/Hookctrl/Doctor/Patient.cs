using HookAot.Config;
using HookAot.Host;
using HookAot.Model;
using HookAot.Rules;

namespace HookAot.Applets.Hookctrl;

/// <summary>The guest whose forwards doctor looks into.</summary>
/// <param name="Paths">Where things are.</param>
/// <param name="Desired">What should be in force.</param>
/// <param name="Name">The guest's name.</param>
/// <param name="Port">The public port that was named, with its protocol perhaps; null: all of them.</param>
internal sealed record Patient(HostPaths Paths, Desired Desired, string Name, string? Port)
{
    /// <summary>Reads "NAME" or "NAME:PORT"; a guest's name may have colons of its own.</summary>
    public static Patient Of(Session session, Desired desired, string target)
    {
        var isName = desired.Config.Config?.Machines.Any(m => m.Name == target) ?? false;
        var colon = isName ? -1 : target.LastIndexOf(':');
        return colon < 0
            ? new(session.Paths, desired, target, null)
            : new(session.Paths, desired, target[..colon], target[(colon + 1)..]);
    }

    /// <summary>The name as a word of a command.</summary>
    public string Word => ShellWord.Quote(Name);

    /// <summary>Its entry in the config; null if it has none.</summary>
    public Machine? Machine => Desired.Config.Config?.Machines.FirstOrDefault(m => m.Name == Name);

    /// <summary>Its forwards, as far as they were asked for.</summary>
    public IReadOnlyList<Forward> Forwards => [.. (Machine?.Forwards ?? []).Where(IsAskedFor)];

    /// <summary>One of its forwards that are kept in the file only; null where none was asked for.</summary>
    public Forward? Idle => Machine?.Idle.FirstOrDefault(IsAskedFor);

    /// <summary>What it is while it runs; null if it does not.</summary>
    public ObservedGuest? Active => Desired.Seen.Guests.FirstOrDefault(g => g.Name == Name);

    /// <summary>What its forwards become.</summary>
    public IReadOnlyList<Translation> Translations
    {
        get
        {
            var translations = new List<Translation>();
            foreach (var forward in Forwards)
                translations.AddRange(Desired.Ruleset.Translations.Where(t => t.Serves(Name, forward)));
            return translations;
        }
    }

    /// <summary>The guest's port that the named one leads to; the first of a range where none was named.</summary>
    public ushort TargetPort(Translation translation)
    {
        if (Named is not { } named || translation.TargetPorts.Count != translation.PublicPorts.Count)
            return translation.TargetPorts.First;
        return (ushort)(translation.TargetPorts.First + (named.First - translation.PublicPorts.First));
    }

    /// <summary>"; did you mean "web"?"; empty where no name is near.</summary>
    public string NearestOf(IEnumerable<string> names) => Suggestion.Phrase(Name, names);

    private PortRange? Named =>
        Port is not null && PortRange.TryParse(Port.Split('/')[0], out var range) ? range : null;

    private bool IsAskedFor(Forward forward) => Port is null
        || (Named is { } named && forward.Public.First <= named.First && named.Last <= forward.Public.Last);
}
