using HookAot.Model;

namespace HookAot.Config;

/// <summary>The text of /etc/services: "ssh 22/tcp secure-shell # comment" (services(5)).</summary>
internal sealed class ServiceNames(string text)
{
    private readonly string[] lines = text.Split('\n');

    /// <summary>The port of a service, with its protocols, as it would be typed; null where there is none.</summary>
    /// <param name="name">Its name or another name of it.</param>
    /// <param name="protocols">Receives "tcp", "udp", "tcp+udp" ...</param>
    public string? Port(string name, out string protocols)
    {
        string? port = null;
        var known = new List<string>();
        foreach (var words in Entries())
        {
            if (Array.IndexOf(words, name) is < 0 or 1) continue;
            if (words[1].Split('/') is not [var number, var protocol]) continue;
            port ??= number;
            // A second port of one name is another service's.
            if (number == port && ProtocolNames.TryParse(protocol, out _)) known.Add(protocol);
        }

        protocols = string.Join('+', known);
        return known.Count > 0 ? port : null;
    }

    /// <summary>The names that a mistyped one may have meant.</summary>
    public IEnumerable<string> Names => Entries().Select(words => words[0]);

    private IEnumerable<string[]> Entries()
    {
        foreach (var line in lines)
        {
            var words = line.Split('#')[0].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            if (words.Length >= 2 && words[1].Contains('/', StringComparison.Ordinal)) yield return words;
        }
    }
}
