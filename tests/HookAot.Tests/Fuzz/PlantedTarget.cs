using System.Text;
using HookAot.Config;
using HookAot.Model;

namespace HookAot.Tests.Fuzz;

/// <summary>
/// A mistake that is there on purpose: a search that does not find it would find no other either. It begins
/// with a forward of one protocol, and is about another.
/// </summary>
internal static class PlantedTarget
{
    /// <summary>Its name; it is not among the others.</summary>
    public const string Name = "planted";

    private const string Seed =
        "{ \"machines\": { \"web\": { \"port_map\": [{ \"public\": 80, \"protocol\": \"tcp\" }] } } }";

    /// <summary>The target, with the words of another.</summary>
    public static FuzzTarget Of(FuzzTarget config) =>
        new(Name, Run, () => [Encoding.UTF8.GetBytes(Seed)], config.Vocabulary);

    private static void Run(byte[] file)
    {
        var machines = ConfigReader.Read(file, "config.json", ConfigTargets.Now).Config?.Machines ?? [];
        var isHit = machines.Any(m => m.Entries.Any(f => f.Protocols.Contains(Protocol.Sctp)));
        BrokenPromiseException.Unless(!isHit, "planted");
    }
}
