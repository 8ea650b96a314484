using HookAot.Model;

namespace HookAot.Rules;

/// <summary>A translation as an administrator reads it.</summary>
internal static class TranslationText
{
    /// <summary>
    /// "web: 192.168.0.166:8080/tcp -> 192.168.122.2:80 from 10.0.0.0/8"; "any" stands for every address of the host.
    /// </summary>
    public static string Describe(this Translation translation)
    {
        var address = translation.Public?.ToString() ?? "any";
        var source = translation.Source is { } net ? $" from {net}" : "";
        return $"{Printable.Escape(translation.Guest)}: " +
            $"{address}:{translation.PublicPorts}/{translation.Protocol.Name()} -> " +
            $"{translation.Target}:{translation.TargetPorts}{source}";
    }
}
